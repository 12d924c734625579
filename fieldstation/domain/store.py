"""The store port: deeds and questions. Every deed writes its event in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from fieldstation.domain.certificates import Certificate
from fieldstation.domain.exams import (
    Exposure,
    Image,
    Instance,
    Presentation,
    Scan,
    Series,
    Study,
    StudyFile,
    StudyView,
    Verdict,
)
from fieldstation.domain.jobs import Job, NewJob, PausedDestination, ProofKind
from fieldstation.domain.link import Outage, SendingPause, Traffic
from fieldstation.domain.patients import Order, Patient, Stop
from fieldstation.domain.plate_store import PlateDeeds, PlateQuestions
from fieldstation.domain.plates import UnassignedScan
from fieldstation.domain.words import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the append-only history: who, when, what, on what, and why."""

    seq: int
    at: datetime
    person: str
    process: str
    what: str
    subject: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable: its id, and size and SHA-256 (hex) of the plain bytes."""

    id: str
    size: int
    sha256: str


class GrowingFile(Protocol):
    """A file that grows durably, block by block."""

    @property
    def id(self) -> str:
        """The file's id, known before the first byte."""

    def append(self, data: bytes) -> None:
        """Add ``data``; it is durable when this returns.

        Raises:
            Failed: ``disk.full``, ``disk.failed``; what was appended before stays.
        """

    def finish(self) -> StoredFile:
        """Seal the file: from now on a missing end would be noticed."""

    def close(self) -> None:
        """Leave the file as it is, unsealed. Idempotent."""


class Files(Protocol):
    """Encrypted files of bytes, named by UUID."""

    def begin(self) -> GrowingFile:
        """A new file that grows."""

    def put(self, data: bytes) -> StoredFile:
        """Write a whole file, complete or not at all (temporary file, flush, fsync, rename, fsync of the folder)."""

    def seal(self, file_id: str) -> StoredFile:
        """Seal a file that a crash left growing, after its last whole block; a sealed one stays as it is.

        Raises:
            Failed: ``file.missing``, ``disk.full``, ``disk.failed``.
        """

    def get(self, file_id: str) -> bytes:
        """All bytes of a sealed file.

        Raises:
            Failed: ``file.missing``, ``file.damaged`` (changed, cut, swapped or spliced).
        """

    def get_partial(self, file_id: str) -> bytes:
        """What is whole of a file that may be unsealed or cut, up to the first block that is not."""


class Questions(PlateQuestions, Protocol):
    """What can be asked of the store; all answers of one transaction agree with each other."""

    def stops(self) -> Sequence[Stop]:
        """The stops of this shift, in the order of the route."""

    def orders(self) -> Sequence[Order]:
        """All orders of this shift."""

    def order(self, order_id: str) -> Order:
        """One order. Raises `Refused` ``order.unknown``."""

    def studies(self) -> Sequence[Study]:
        """All studies, oldest first."""

    def study_files(self) -> Sequence[StudyFile]:
        """All studies with everything about them, oldest first; a fixed number of queries however many there are."""

    def study(self, study_uid: str) -> Study:
        """One study, by UID or accession. Raises `Refused` ``study.unknown``."""

    def study_file(self, study_uid: str) -> StudyFile:
        """Everything about one study. Raises `Refused` ``study.unknown``."""

    def study_of_order(self, order_id: str) -> Study | None:
        """The study that performs the order, if one was begun."""

    def image(self, image_uid: str) -> Image:
        """One image. Raises `Refused` ``image.unknown``."""

    def scan(self, scan_id: str) -> Scan:
        """One scan."""

    def exposure(self, exposure_id: str) -> Exposure:
        """One exposure."""

    def exposure_count(self) -> int:
        """How many exposures there have been."""

    def instance(self, sop_instance_uid: str) -> Instance:
        """One frozen instance. Raises `Refused` ``instance.unknown``."""

    def jobs(self) -> Sequence[Job]:
        """All jobs: STAT before routine, then in the order of arrival."""

    def job(self, job_id: int) -> Job:
        """One job. Raises `Refused` ``job.unknown``."""

    def paused(self) -> Sequence[PausedDestination]:
        """The destinations that are paused."""

    def sending_pause(self) -> SendingPause | None:
        """The pause that a person asked for last, over or not."""

    def outages(self, since: datetime) -> Sequence[Outage]:
        """The outages that reach beyond that time, oldest first."""

    def traffic(self, since: datetime) -> Sequence[Traffic]:
        """What went out in each minute from that one on, oldest first."""

    def peer_certificates(self) -> Mapping[str, Sequence[Certificate]]:
        """The certificates that peers showed last, by the destination's name."""

    def events(self, after: int = 0, *, subject: str | None = None) -> Sequence[Event]:
        """Events after that number, all or those of one subject, oldest first."""

    def unfinished_scans(self) -> Sequence[Scan | UnassignedScan]:
        """Scans in state ``receiving``."""


class Deeds(Questions, PlateDeeds, Protocol):
    """What can be done. A deed that is not allowed raises and leaves nothing behind."""

    def add_patient(self, patient: Patient) -> None:
        """Add or update a patient by its ``id``. Raises `Refused` ``patient.taken``: another has that patient ID."""

    def add_stop(self, stop: Stop) -> None:
        """Add a stop of the route."""

    def arrive(self, stop_id: str, at: datetime) -> None:
        """Note the arrival; a second one changes nothing."""

    def add_order(self, order: Order) -> None:
        """Add an order; its patient is added with it if it is new. Raises `Refused` ``order.taken``.

        A patient whose issuer and patient ID are known is that patient, whatever ``id`` it comes with.
        """

    def add_study(self, study: Study, views: Sequence[StudyView]) -> None:
        """Begin a study. Its ``number`` is given by the store.

        Raises:
            Refused: ``study.accession_taken``, ``study.taken`` (its UID).
        """

    def add_view(self, view: StudyView) -> None:
        """Add a view to a study."""

    def begin_scan(self, exposure: Exposure, scan: Scan) -> None:
        """The row that comes before the first byte; ``scan.file_id`` was begun. A known exposure stays as it is."""

    def finish_scan(self, scan_id: str, sha256: str, lines: int, at: datetime) -> None:
        """The scan is durable; its cassette has been through one more cycle.

        The file is sealed if it is not, and read back: the plate is erased on the strength of this row.

        Raises:
            Refused: ``scan.ended``.
            Failed: ``file.damaged``: what the disk gives back is not what was read.
        """

    def end_scan_partial(self, scan_id: str, lines: int, why: Message, at: datetime) -> None:
        """The read broke off; what came stays."""

    def series_for(self, candidate: Series) -> Series:
        """The study's series with that body part, view position and side: ``candidate`` (added) if there is none.

        ``number`` is given by the store: it counts the series of the study from 1.
        """

    def add_image(self, image: Image) -> None:
        """Add a picture of a scan. ``number`` is given by the store: it counts the images of its series from 1."""

    def set_presentation(self, image_uid: str, presentation: Presentation) -> None:
        """Note how an undecided picture is to be seen. Raises `Refused` ``image.decided``."""

    def decide(self, image_uid: str, verdict: Verdict, reason: str | None, at: datetime) -> None:
        """Accept, reject, or take a verdict back. Raises `Refused` ``image.decided`` or, once sent, ``image.sent``."""

    def freeze(self, instance: Instance) -> None:
        """Note the frozen instance of an image; the file is durable already."""

    def drop_instance(self, sop_instance_uid: str) -> None:
        """Forget a frozen instance that is not on its way (its verdict was taken back).

        Jobs of it that were called back before their first attempt are forgotten with it.

        Raises:
            Refused: ``instance.unknown``, ``image.sent``.
        """

    def send(self, study_uid: str, jobs: Sequence[NewJob], at: datetime) -> int:
        """Make the jobs that do not exist yet; how many were made. Cancelled ones of the same pair start again."""

    def undo_send(self, study_uid: str, now: datetime) -> int:
        """Cancel the study's jobs whose ``not_before`` has not come; how many. A study with none left is unsent."""

    def retry(self, job_id: int) -> None:
        """A refused, cancelled or waiting job is due now; a destination that waits tries again at once as well.

        So is a proved one that the PACS has denied to hold since.

        Raises:
            Refused: ``job.unknown``, ``job.not_waiting``: it is under way or proved.
        """

    def hold(self, job_id: int) -> None:
        """Hold a job until a person releases it."""

    def release(self, job_id: int) -> None:
        """Release a held job, or one that is gone after it was proved: it is sent again."""

    def cancel(self, job_id: int) -> None:
        """Cancel a job that is not under way. Raises `Refused` ``job.not_waiting``."""

    def verify(self, job_id: int) -> None:
        """Have the peer asked again soon whether it holds a proved instance. Raises `Refused` ``job.not_proved``."""

    def reroute(self, study_uid: str | None, primary: str, standby: str, at: datetime) -> int:
        """Have ``standby`` stand in for ``primary`` for what is not proved there; how many instances that concerns.

        All studies where ``study_uid`` is None. Held and cancelled jobs are left alone; the primary's jobs go on.
        """

    def pause_sending(self, pause: SendingPause) -> None:
        """Nothing but STAT begins to leave while the pause holds; what is under way is finished."""

    def resume_sending(self) -> None:
        """End the pause. Does nothing if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A claimed job with what a destination needs to send and to prove it."""

    job: Job
    instance: Instance
    study: Study


class Queue(Protocol):
    """The sender's side of the store. Each call is one short transaction; moves are conditional updates."""

    def recover(self) -> int:
        """Put jobs found in ``sending`` back to ``queued``; how many. Called once by a fresh sender, under its lock.

        An outage that the last sender saw begin and not end is taken to have lasted until the last thing that is in the
        history: what nobody saw is not claimed.
        """

    def claim(self, destination: str, now: datetime) -> Parcel | None:
        """Take the first due, unheld, queued job of the destination (STAT first, then by arrival) to ``sending``.

        The job in the parcel counts this attempt already: ``attempts`` is 1 when it has never been tried before.
        """

    def urgent(self, destination: str, now: datetime) -> bool:
        """Whether a STAT job of the destination waits to be claimed now."""

    def awaiting_proof(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """The first ``sent`` job that is due to be asked about, none of these ids; its state does not change."""

    def progress(self, job_id: int, bytes_sent: int) -> None:
        """Bytes handed to the link; the caller calls at most twice a second."""

    def sent(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer answered success (or holds it already): ``sending → sent``, due for proof at once."""

    def proved(self, job_id: int, kind: ProofKind, at: datetime, verify_at: datetime | None = None) -> None:
        """``sent → proved``; with `ProofKind.NONE` it stays ``sent``, unconfirmed, and is never asked about again.

        ``verify_at``: when the peer is asked once more whether it still holds the instance.
        """

    def to_verify(self, destination: str, now: datetime, besides: Collection[int] = ()) -> Parcel | None:
        """A proved job of the destination that is due to be asked about once more; its state does not change."""

    def verify_later(self, job_id: int, at: datetime) -> None:
        """The question had no final answer: it is asked again ``at`` that time."""

    def verified(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer still holds the instance; it is not asked again by itself."""

    def gone(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer denies to hold what it had proved to hold: it stays ``proved``, and needs a person."""

    def denied(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer says that it does not hold the instance: ``sent → queued``."""

    def later(self, job_id: int, why: Message, at: datetime, wait: timedelta) -> None:
        """Nothing wrong with the job: ``sending → queued`` (a ``sent`` one stays), next try after ``wait``."""

    def refused(self, job_id: int, why: Message, at: datetime) -> None:
        """The peer said no for good: it needs a person."""

    def pause(self, paused: PausedDestination) -> None:
        """Pause a destination (or note its new reason and probe time)."""

    def resume(self, destination: str) -> None:
        """End a pause; does nothing if there is none."""

    def showed(self, destination: str, certificates: Collection[Certificate]) -> None:
        """These are the certificates that the peers of a destination showed last."""

    def wake(self, destination: str) -> None:
        """The link is back: waiting jobs of the destination are due now."""

    def last_retry(self, destination: str) -> int:
        """The number of the last event by which a person had a job of the destination tried again; 0 without one."""

    def next_due(self, destination: str) -> datetime | None:
        """When the next unheld job, or question about a proved one, is due, a pause minded; None if there is none."""

    def lost(self, outage: Outage) -> None:
        """The destination cannot be reached since then; does nothing while an outage of it lasts already."""

    def reached(self, destination: str, at: datetime) -> None:
        """The destination answers: its outage, if one lasts, is over."""

    def carried(self, traffic: Traffic) -> None:
        """Add to what went to the destination in that minute; what is older than `KEPT` is forgotten."""

    def owed(self) -> int:
        """Jobs that are neither proved nor held, refused or cancelled, nor sent to a destination without proof."""

    def content(self, parcel: Parcel) -> bytes:
        """The frozen Part 10 bytes. Raises `Failed` ``file.missing`` or ``file.damaged``."""


class Store(Protocol):
    """The database and the files of one data folder."""

    @property
    def files(self) -> Files:
        """The files."""

    def reading(self) -> AbstractContextManager[Questions]:
        """One read transaction."""

    def writing(self, person: str = "") -> AbstractContextManager[Deeds]:
        """One write transaction (BEGIN IMMEDIATE), committed at the end, rolled back if anything raises."""

    def version(self) -> int:
        """Changes whenever any process commits; costs microseconds."""

    def adopting(self) -> AbstractContextManager[None]:
        """Held from a new file's first byte until a row knows it, so that nobody takes it for a stray one."""

    def quarantine_unknown(self) -> Sequence[str]:
        """Move files that no row knows to quarantine; their names. Nothing is ever deleted."""
