"""The script of the day: two patients, one STAT, five plates, one picture rejected and retaken, a link that fails."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fieldstation.demo.route import HERE, ROUTINE_ORDER, STAT_ORDER
from fieldstation.demo.stage import Stage
from fieldstation.dicom.encode import decode
from fieldstation.domain.exams import Verdict
from fieldstation.domain.jobs import Job, JobState
from fieldstation.services.boards import ViewState
from fieldstation.services.desk import Desk

_MOTION_BLUR = "111210"
_PATIENCE_SECONDS = 120.0
_PICTURE_SECONDS = 8.0
"""How long the pictures wait for something to be seen on Sending."""
_POLL_SECONDS = 0.2


class Camera(Protocol):
    """What makes pictures of the app; handed in, since nothing here knows windows."""

    def __call__(self, desk: Desk, study_uid: str, plate_id: str, folder: Path) -> list[Path]:
        """Read the study's next plate in the app's own window; pictures of all pages, that reading included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What came of the day. ``bytes_on_wire`` counts what left the vehicle, re-sent parts included."""

    images_accepted: int
    images_rejected: int
    images_proved: int
    link_cuts: int
    bytes_payload: int
    bytes_on_wire: int
    pixels_identical: bool
    seconds: float
    screenshots: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether the day ended as it should: everything accepted is proved, and every pixel is the same."""
        return self.images_accepted == self.images_proved and self.pixels_identical


def run_day(stage: Stage, camera: Camera, pictures: Path, tell: Callable[[str], None]) -> DayReport:
    """Play the day on a stage. ``tell`` is told each step; ``pictures`` is the folder for the camera."""
    started = time.monotonic()
    desk = stage.station.desk
    desk.arrive(HERE)

    tell("STAT patient: three plates, the first picture shows motion and is retaken")
    anna = desk.open_order(STAT_ORDER)
    for position, plate_id in enumerate(("C-0142", "C-0139", "C-0151")):
        image = _read(desk, anna, position, plate_id)
        if position == 0:
            desk.reject(image, _MOTION_BLUR)
            image = _read(desk, anna, position, plate_id)
        desk.accept(image)
    desk.send(anna)

    tell("Second patient: two plates, the last one read in the app's window")
    jean = desk.open_order(ROUTINE_ORDER)
    desk.accept(_read(desk, jean, 0, "C-0147"))
    _wait(stage, _PICTURE_SECONDS, lambda jobs: any(job.state is JobState.PROVED for job in jobs))
    screenshots = camera(desk, jean, "C-0133", pictures)
    for view in desk.study(jean).views:
        if view.state is ViewState.UNDECIDED and view.image_uid:
            desk.accept(view.image_uid)
    desk.send(jean)

    tell("Driving off: the sender carries on by itself while the link fails")
    _wait(stage, _PATIENCE_SECONDS, lambda jobs: all(job.state in (JobState.PROVED, JobState.REFUSED) for job in jobs))
    return _report(stage, time.monotonic() - started, screenshots)


def _read(desk: Desk, study_uid: str, position: int, plate_id: str) -> str:
    view = desk.study(study_uid).views[position]
    return desk.scan(study_uid, view.view_id, plate_id, view.usual, lambda _progress: None)


def _wait(stage: Stage, seconds: float, enough: Callable[[Sequence[Job]], bool]) -> None:
    """Wait for what the sender does, so long at most; the day goes on and is reported as it is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with stage.station.store.reading() as questions:
            jobs = questions.jobs()
        if enough(jobs):
            return
        time.sleep(_POLL_SECONDS)


def _report(stage: Stage, seconds: float, screenshots: list[Path]) -> DayReport:
    store = stage.station.store
    with store.reading() as questions:
        files = questions.study_files()
        jobs = questions.jobs()
    images = [image for file in files for image in file.images]
    instances = [instance for file in files for instance in file.instances]
    held = stage.pacs.instances()
    identical = len(held) == len(instances) and all(
        instance.sop_instance_uid in held
        and _same_pixels(store.files.get(instance.file_id), held[instance.sop_instance_uid].read_bytes())
        for instance in instances
    )
    return DayReport(
        images_accepted=sum(image.verdict is Verdict.ACCEPTED for image in images),
        images_rejected=sum(image.verdict is Verdict.REJECTED for image in images),
        images_proved=sum(job.state is JobState.PROVED for job in jobs),
        link_cuts=stage.link.cuts,
        bytes_payload=sum(instance.size for instance in instances),
        bytes_on_wire=stage.link.bytes_up,
        pixels_identical=identical,
        seconds=round(seconds, 1),
        screenshots=tuple(str(path) for path in screenshots),
    )


def _same_pixels(accepted: bytes, arrived: bytes) -> bool:
    mine, theirs = decode(accepted), decode(arrived)
    return mine.shape == theirs.shape and bool((mine == theirs).all())
