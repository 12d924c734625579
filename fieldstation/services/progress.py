"""How far a study is, told from its rows: one fact has one number, the same on every screen."""

from collections.abc import Iterable
from datetime import date

from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Image, Instance, Scan, ScanState, StudyFile, StudyView, Verdict
from fieldstation.domain.jobs import Job, JobState, safe_instances
from fieldstation.services.boards import Stage, ViewState


def latest_image(file: StudyFile, view_id: str) -> Image | None:
    """The last picture that was made for a view."""
    return next((image for image in reversed(file.images) if image.view_id == view_id), None)


def is_open_part(file: StudyFile, image: Image) -> bool:
    """Whether the image is of a read that broke off, and nobody has decided about it: the view may be read again."""
    scan = next(scan for scan in file.scans if scan.id == image.scan_id)
    return image.verdict is Verdict.UNDECIDED and scan.state is ScanState.PARTIAL


def check_awaits_image(file: StudyFile, view: StudyView) -> None:
    """Another picture of a view is made only when its last one was rejected, or came in part and is not decided.

    Raises:
        Refused: ``scan.view_has_image``.
    """
    latest = latest_image(file, view.id)
    if latest and latest.verdict is not Verdict.REJECTED and not is_open_part(file, latest):
        raise Refused("scan.view_has_image", view=view.view)


def undeveloped(file: StudyFile) -> list[Scan]:
    """The scans that have no picture yet although there are lines of them."""
    developed = {image.scan_id for image in file.images}
    ended = (scan for scan in file.scans if scan.state is not ScanState.RECEIVING)
    return [scan for scan in ended if scan.lines and scan.id not in developed]


def accepted_images(file: StudyFile) -> list[Image]:
    """The accepted image of each view that has one."""
    latest = (latest_image(file, view.id) for view in needed_views(file))
    return [image for image in latest if image and image.verdict is Verdict.ACCEPTED]


def needed_views(file: StudyFile) -> list[StudyView]:
    """The views that this station has to make a picture of: those that are not read elsewhere."""
    return [view for view in file.views if not view.read_elsewhere]


def binding_is_open(file: StudyFile, view: StudyView) -> bool:
    """Whether the cassette noted for the view, packed or exposed, has not been read."""
    if view.plate_id is None:
        return False
    noted = (view.id, view.plate_id, view.exposed_at)
    return all((one.view_id, one.plate_id, one.exposed_at) != noted for one in file.exposures)


def view_state(file: StudyFile, view: StudyView) -> ViewState:
    """How far a view is."""
    if view.read_elsewhere:
        return ViewState.READ_ELSEWHERE
    image = latest_image(file, view.id)
    if image and image.verdict is Verdict.ACCEPTED:
        return ViewState.ACCEPTED
    if image and image.verdict is Verdict.UNDECIDED and not is_open_part(file, image):
        return ViewState.UNDECIDED
    if view.exposed_at and binding_is_open(file, view):
        return ViewState.EXPOSED
    return _unpictured_state(file, view, image)


def _unpictured_state(file: StudyFile, view: StudyView, image: Image | None) -> ViewState:
    """How far a view is that has no whole picture, or a rejected one, and no plate that waits."""
    if image and is_open_part(file, image):
        return ViewState.PARTIAL
    exposures = {exposure.id for exposure in file.exposures if exposure.view_id == view.id}
    scans = [scan for scan in file.scans if scan.exposure_id in exposures]
    if scans and scans[-1].state is ScanState.PARTIAL and not (image and image.scan_id == scans[-1].id):
        return ViewState.PARTIAL
    if image:
        return ViewState.REJECTED
    return ViewState.EXPOSED if view.exposed_at else ViewState.TO_EXPOSE


def is_unread(file: StudyFile, view: StudyView) -> bool:
    """Whether the view's cassette was exposed and has not been read."""
    return view_state(file, view) is ViewState.EXPOSED


def live_jobs(file: StudyFile, primary: str | None) -> list[Job]:
    """The jobs that decide whether the study is safe: to the primary destination or in its place, and not cancelled."""
    return [job for job in file.jobs if job.counts_for(primary) and job.state is not JobState.CANCELLED]


def stage(file: StudyFile, primary: str | None) -> Stage:
    """How far a study is."""
    jobs = live_jobs(file, primary)
    safe = safe_instances(jobs, primary)
    if any(job.needs_person and job.sop_instance_uid not in safe for job in jobs):
        return Stage.NEEDS_YOU
    accepted, needed = accepted_images(file), len(needed_views(file))
    if jobs:
        whole = len(accepted) == needed and all(image.uid in safe for image in accepted)
        whole = whole and all(job.sop_instance_uid in safe for job in jobs)
        return Stage.SAFE if whole else Stage.SENDING
    if not needed:
        return Stage.ELSEWHERE
    if len(accepted) == needed:
        return Stage.ACCEPTED
    if file.images:
        return Stage.READ
    return Stage.EXPOSED if any(view.exposed_at for view in file.views) else Stage.ARRIVED


def age_in_years(birth_date: date | None, on: date) -> int | None:
    """Completed years of life on a day; None where the birth date is not known."""
    if birth_date is None:
        return None
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def count_undecided(files: Iterable[StudyFile]) -> int:
    """Views that wait for a verdict, those whose read broke off among them."""
    waiting = (ViewState.UNDECIDED, ViewState.PARTIAL)
    return sum(view_state(file, view) in waiting for file in files for view in file.views)


def count_unread(files: Iterable[StudyFile]) -> int:
    """Cassettes that were exposed and not read."""
    return sum(is_unread(file, view) for file in files for view in file.views)


def count_unsent(files: Iterable[StudyFile]) -> int:
    """Accepted images that are not on their way to anybody."""
    return sum(instance.is_image for file in files for instance in unsent_instances(file))


def unsent_instances(file: StudyFile) -> list[Instance]:
    """Frozen instances of a study that have no job, or only cancelled ones."""
    under_way = {job.sop_instance_uid for job in file.jobs if job.state is not JobState.CANCELLED}
    return [instance for instance in file.instances if instance.sop_instance_uid not in under_way]
