"""From the first byte to a whole, checked object: what is held durably, and when it counts as received."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from pydicom import dcmread

from fieldstation.domain.ports import Clock
from fieldstation.domain.words import Message
from fieldstation.gateway.ledger import Ledger, Upload
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.spool import Spool, SpoolFile
from fieldstation.gateway.wire import CHECKSUM_MISMATCH, Declared, WireFault

_LOG = logging.getLogger(__name__)


class Intake:
    """Takes uploads in. Its calls block on the disk; for one upload they come one at a time."""

    def __init__(self, ledger: Ledger, spool: Spool, clock: Clock, limits: Limits) -> None:
        self._ledger = ledger
        self._spool = spool
        self._clock = clock
        self._limits = limits

    def begin(self, declared: Declared) -> Upload:
        """The upload of that instance: the one that was begun before, finished or not, else a new one.

        Raises:
            WireFault: 409 the same instance came with other bytes; 429 the station has too many unfinished uploads;
                507 the disk is too full.
        """
        known = self._ledger.find(declared)
        if known is not None:
            return self._taken_up(known)
        if self._is_here_otherwise(declared):
            raise WireFault(409, "other-content")
        if self._ledger.unfinished(declared.station) >= self._limits.most_unfinished:
            raise WireFault(429, "too-many")
        if self._spool.free_bytes() - declared.size < self._limits.spare_bytes:
            raise WireFault(507, "disk-full")
        self._ledger.create(uuid4().hex, declared, self._clock.now())
        made = self._ledger.find(declared)
        assert made is not None  # noqa: S101 - it was committed just now
        return made

    @contextmanager
    def writing(self, upload: Upload) -> Iterator["Growth"]:
        """Go on with an upload at its offset.

        Raises:
            Failed: ``disk.…``.
        """
        with self._spool.open_at(upload.name, upload.offset) as file:
            yield Growth(upload, file, self._ledger, self._clock)

    def finish(self, upload: Upload) -> None:
        """Check a complete object; from now on it is on its way to the PACS, or refused for good.

        Raises:
            WireFault: 460 the bytes are not those that were declared; the upload is gone and has to be begun again;
                409 the same instance has been received with other bytes meanwhile; the upload is gone.
        """
        if self._spool.sha256(upload.name) != upload.declared.sha256:
            _LOG.warning("Upload %d does not have the declared SHA-256 and was dropped.", upload.id)
            self._drop(upload)
            raise WireFault(CHECKSUM_MISMATCH, "checksum")
        if self._is_here_otherwise(upload.declared):
            self._drop(upload)
            raise WireFault(409, "other-content")
        wrong = self._what_is_wrong(upload)
        if wrong is None:
            self._ledger.receive(upload.id, self._clock.now())
        else:
            self._ledger.refuse(upload.id, wrong, self._clock.now())

    def drop(self, upload: Upload) -> None:
        """Forget an unfinished upload.

        Raises:
            WireFault: 403: it was received, and is the PACS's now.
        """
        if upload.received_at is not None:
            raise WireFault(403, "received")
        self._drop(upload)

    def sweep(self) -> int:
        """Drop what has waited for its rest too long, and bytes that the PACS has proved to hold; how many uploads."""
        before = self._clock.now() - timedelta(days=self._limits.keep_days)
        stale = [one for one in self._ledger.select("received_at IS NULL") if one.touched_at < before]
        for upload in stale:
            self._drop(upload)
        for upload in self._ledger.select("state = 'proved'"):
            self._spool.remove(upload.name)
        return len(stale)

    def _is_here_otherwise(self, declared: Declared) -> bool:
        """Whether the same instance came whole with other bytes: a PACS that got both would keep either."""
        same = self._ledger.latest_of(declared.station, declared.sop_instance_uid)
        return same is not None and same.received_at is not None and same.declared.sha256 != declared.sha256

    def _taken_up(self, upload: Upload) -> Upload:
        if upload.gone_at is not None:
            self._ledger.begin_again(upload.id)
            return self._ledger.select("id = ?", upload.id)[0]
        self._ledger.send_again(upload.id)
        return upload

    def _drop(self, upload: Upload) -> None:
        self._ledger.forget(upload.id)
        self._spool.remove(upload.name)

    def _what_is_wrong(self, upload: Upload) -> Message | None:
        """The object's own header has to say what the station said of it (PS3.10 7.1)."""
        try:
            header = dcmread(self._spool.path(upload.name), specific_tags=["SOPInstanceUID"], stop_before_pixels=True)
            said = (
                header.file_meta.MediaStorageSOPInstanceUID,
                header.file_meta.MediaStorageSOPClassUID,
                header.file_meta.TransferSyntaxUID,
                header.SOPInstanceUID,
            )
        except Exception:
            return Message("gateway.not_dicom")
        declared = upload.declared
        uid = declared.sop_instance_uid
        if said != (uid, declared.sop_class_uid, declared.transfer_syntax_uid, uid):
            return Message("gateway.not_as_declared")
        return None


class Growth:
    """An upload that grows: each `add` is on the disk, and noted, when it returns."""

    def __init__(self, upload: Upload, file: SpoolFile, ledger: Ledger, clock: Clock) -> None:
        self._upload = upload
        self._file = file
        self._ledger = ledger
        self._clock = clock
        self.offset = upload.offset

    @property
    def missing(self) -> int:
        """How many bytes are to come."""
        return self._upload.declared.size - self.offset

    def add(self, data: bytes | bytearray) -> None:
        """The next bytes: first the file, then the offset.

        Raises:
            Failed: ``disk.…``.
        """
        self._file.append(data)
        self._ledger.hold(self._upload.id, self.offset + len(data), self._clock.now())
        self.offset += len(data)
