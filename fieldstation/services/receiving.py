"""Takes plates out of the reader: every line is durable before anything is done with it."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from fieldstation.domain.errors import Failed, FieldstationError, Refused
from fieldstation.domain.ports import Clock
from fieldstation.domain.reader import PlateArrivals, PlateHeader, Reader, XrayRoom
from fieldstation.domain.store import GrowingFile, Store
from fieldstation.domain.words import Message
from fieldstation.imaging.preview import Preview
from fieldstation.services.boards import ReadProgress

OnProgress = Callable[[ReadProgress], None]

_PREVIEW_WIDTH = 1024
_DISK_RESERVE_BYTES = 512 * 1024 * 1024
"""Kept free, so that the queue and the database can still be written when no further plate is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The reader, the world in front of it where that is simulated, and the lock that one process holds on it.

    ``arrivals`` is there where plates come by themselves.
    """

    reader: Reader
    room: XrayRoom | None
    arrivals: PlateArrivals | None
    lock: Callable[[], AbstractContextManager[object]]

    def identify(self, plate_id: str) -> bool:
        """Get the reader ready for a cassette; whether it could tell by itself that this is the one in it.

        Raises:
            Refused: ``scan.other_cassette``.
            Failed: the reader's own fault.
        """
        self.reader.connect()
        seen = self.reader.identify()
        if seen not in (None, plate_id):
            raise Refused("scan.other_cassette", expected=plate_id, seen=seen)
        return seen is not None


class Receiving:
    """Receives plates, for whatever they turn out to be. Its caller holds the reader's lock."""

    def __init__(self, *, store: Store, clock: Clock, bench: Bench, folder: Path, person: str) -> None:
        self._store = store
        self._clock = clock
        self._bench = bench
        self._folder = folder
        self._person = person

    def take(
        self,
        header: PlateHeader,
        begin: Callable[[str], str],
        target_ei: float = 0.0,
        on_progress: OnProgress | None = None,
    ) -> Failed | None:
        """Receive the plate that ``begin_read`` has drawn in; what is wrong if it could not be erased then.

        ``begin`` is given the id of the file of lines and writes the row that comes before the first byte; it returns
        the scan's id. ``on_progress`` is called after each block, with a preview around ``target_ei``.

        Raises:
            Failed: the reader or the disk failed; the lines that had come are kept as a partial scan.
            Refused: ``reader.cancelled``.
        """
        try:
            self._check_disk(header)
            with self._store.adopting():
                growing = self._store.files.begin()
                scan_id = begin(growing.id)
        except FieldstationError:
            self.eject()
            raise
        self._lines(scan_id, growing, header, target_ei, on_progress)
        try:
            self._bench.reader.finish_read()
        except Failed as error:
            self.eject()
            return error
        if header.plate_id:
            with self._store.writing(self._person) as deeds:
                deeds.mark_erased(header.plate_id, self._clock.now())
        return None

    def eject(self) -> None:
        """Give the plate back if the reader still can; why the read ended matters more than that it cannot."""
        with suppress(FieldstationError):
            self._bench.reader.eject()

    def end_interrupted(self) -> None:
        """Reads that a crash cut off become partial scans, or whole ones where every line had come."""
        with self._store.reading() as questions:
            unfinished = questions.unfinished_scans()
        for scan in unfinished:
            stored = self._store.files.seal(scan.file_id)
            lines = stored.size // scan.geometry.line_bytes
            with self._store.writing(self._person) as deeds:
                if lines == scan.geometry.rows:
                    deeds.finish_scan(scan.id, stored.sha256, lines, self._clock.now())
                else:
                    deeds.end_scan_partial(scan.id, lines, Message("scan.interrupted"), self._clock.now())

    def _check_disk(self, header: PlateHeader) -> None:
        """A plate is not discharged unless there is room for it, and for its frozen picture."""
        needed = 2 * header.geometry.total_bytes + _DISK_RESERVE_BYTES
        if shutil.disk_usage(self._folder).free < needed:
            raise Failed("disk.too_low_to_read", needed_mb=needed // 1_000_000)

    def _lines(
        self,
        scan_id: str,
        growing: GrowingFile,
        header: PlateHeader,
        target_ei: float,
        on_progress: OnProgress | None,
    ) -> None:
        preview = Preview(header.geometry, header.response, target_ei, _PREVIEW_WIDTH) if on_progress else None
        started = self._clock.monotonic()
        received = 0
        try:
            for block in self._bench.reader.lines():
                growing.append(block.data)
                received = block.first_line + len(block.data) // header.geometry.line_bytes
                if preview and on_progress:
                    first_row, rows = preview.add(block.first_line, block.data)
                    elapsed = self._clock.monotonic() - started
                    on_progress(
                        ReadProgress(
                            plate_id=header.plate_id,
                            lines=received,
                            lines_total=header.geometry.rows,
                            seconds_left=elapsed * (header.geometry.rows / received - 1),
                            preview=rows,
                            first_row=first_row,
                            preview_rows=preview.rows,
                        )
                    )
            stored = growing.finish()
        except BaseException as error:
            growing.close()
            self._end_partial(scan_id, received, error)
            raise
        with self._store.writing(self._person) as deeds:
            deeds.finish_scan(scan_id, stored.sha256, received, self._clock.now())

    def _end_partial(self, scan_id: str, lines: int, error: BaseException) -> None:
        why = Message(error.code, error.params) if isinstance(error, FieldstationError) else Message("scan.interrupted")
        with self._store.writing(self._person) as deeds:
            deeds.end_scan_partial(scan_id, lines, why, self._clock.now())
        self.eject()
