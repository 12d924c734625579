"""Send, undo, and what support staff do to single jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fieldstation.domain.errors import Refused
from fieldstation.domain.exams import Instance, StudyFile
from fieldstation.domain.jobs import Job, NewJob, stuck_at
from fieldstation.domain.link import SendingPause
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Deeds, Questions, Store
from fieldstation.services.progress import accepted_images, needed_views, unsent_instances

UNDO = timedelta(seconds=5)
"""How long Send can be taken back: nothing goes out before."""
PAUSE = timedelta(minutes=30)
"""How long a pause lasts at most: nobody has to remember to end it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A destination as Send sees it: its name, and whether it may receive simulated images."""

    name: str
    test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """All destinations: those that Send makes jobs for, the standbys, and the name of the primary one, if any."""

    sent_to: Sequence[Target]
    standbys: Sequence[Target] = ()
    primary: str | None = None


def stand_in(jobs: Sequence[Job], targets: Targets, troubled: Collection[str]) -> str | None:
    """The standby that a person may have stand in now; None where nothing is gained by it.

    That is: the primary destination is among those in trouble, that standby is not, and no standby has been asked yet
    for something that is stuck.
    """
    primary = targets.primary
    if primary is None or primary not in troubled:
        return None
    asked = {job.sop_instance_uid for job in jobs if job.instead_of == primary}
    if all(job.sop_instance_uid in asked for job in stuck_at(jobs, primary)):
        return None
    return next((one.name for one in targets.standbys if one.name not in troubled), None)


class Sending:
    """Puts accepted images on their way. Calling it twice makes one job for each image and destination."""

    def __init__(self, store: Store, clock: Clock, targets: Targets, person: str) -> None:
        self._store = store
        self._clock = clock
        self.targets = targets
        self._person = person

    def send(self, study_uid: str) -> int:
        """Send a study of which every view is accepted; how many jobs were made.

        Raises:
            Refused: ``send.incomplete``, ``send.nothing_accepted``, ``send.no_destination`` or ``send.simulated``.
        """
        with self._store.reading() as questions:
            file = questions.study_file(study_uid)
        accepted, needed = len(accepted_images(file)), len(needed_views(file))
        if accepted < needed:
            raise Refused("send.incomplete", accepted=accepted, needed=needed)
        return self.send_accepted(study_uid)

    def send_accepted(self, study_uid: str) -> int:
        """Send what is accepted of a study, whatever is missing; how many jobs were made.

        Raises:
            Refused: ``send.nothing_accepted``, ``send.no_destination`` or ``send.simulated``.
        """
        with self._store.writing(self._person) as deeds:
            return self._send(deeds, deeds.study_file(study_uid))

    def send_stop(self, stop_id: str) -> int:
        """Send what is accepted and not on its way of all studies of a stop; how many jobs were made. All or none.

        Raises:
            Refused: as `send_accepted`.
        """
        with self._store.writing(self._person) as deeds:
            waiting = [file for file in studies_at(deeds, stop_id) if unsent_instances(file)]
            if not waiting:
                raise Refused("send.nothing_accepted")
            return sum(self._send(deeds, file) for file in waiting)

    def undo_stop(self, stop_id: str) -> int:
        """Call back what has not left yet of all studies of a stop; how many."""
        with self._store.writing(self._person) as deeds:
            uids = [file.study.uid for file in studies_at(deeds, stop_id)]
            return sum(deeds.undo_send(uid, self._clock.now()) for uid in uids)

    def _send(self, deeds: Deeds, file: StudyFile) -> int:
        now = self._clock.now()
        if not file.instances:
            raise Refused("send.nothing_accepted")
        if not self.targets.sent_to:
            raise Refused("send.no_destination")
        for target in self.targets.sent_to:
            _check_simulated(file.instances, target)
        jobs = [
            NewJob(
                sop_instance_uid=instance.sop_instance_uid,
                destination=target.name,
                priority=file.study.priority,
                not_before=now + UNDO,
            )
            for instance in file.instances
            for target in self.targets.sent_to
        ]
        return deeds.send(file.study.uid, jobs, now)

    def undo(self, study_uid: str) -> int:
        """Call back what has not left yet; how many."""
        with self._store.writing(self._person) as deeds:
            return deeds.undo_send(study_uid, self._clock.now())

    def reroute(self, study_uid: str, standby: str) -> int:
        """Have a standby stand in for the primary destination for what is not proved of a study; how many images.

        Proof at the standby makes them safe from now on. The primary's jobs go on by themselves.

        Raises:
            Refused: ``study.unknown``, ``send.no_primary``, ``send.no_standby`` or ``send.simulated``.
        """
        with self._store.writing(self._person) as deeds:
            return self._reroute(deeds, study_uid, [deeds.study_file(study_uid)], standby)

    def reroute_all(self, standby: str) -> int:
        """The same for whatever is on its way to the primary destination."""
        with self._store.writing(self._person) as deeds:
            return self._reroute(deeds, None, deeds.study_files(), standby)

    def _reroute(self, deeds: Deeds, study_uid: str | None, files: Sequence[StudyFile], standby: str) -> int:
        target = next((one for one in self.targets.standbys if one.name == standby), None)
        if target is None:
            raise Refused("send.no_standby", destination=standby)
        if self.targets.primary is None:
            raise Refused("send.no_primary")
        for file in files:
            _check_simulated([] if not file.jobs else file.instances, target)
        return deeds.reroute(study_uid, self.targets.primary, standby, self._clock.now())

    def verify(self, job_id: int) -> None:
        """Have the sender ask once more whether the PACS holds what it had proved to hold."""
        with self._store.writing(self._person) as deeds:
            deeds.verify(job_id)

    def retry(self, job_id: int) -> None:
        """Try a waiting, refused or cancelled job again now, or one that the PACS no longer holds."""
        with self._store.writing(self._person) as deeds:
            deeds.retry(job_id)

    def hold(self, job_id: int) -> None:
        """Hold a job until it is released."""
        with self._store.writing(self._person) as deeds:
            deeds.hold(job_id)

    def release(self, job_id: int) -> None:
        """Release a held job."""
        with self._store.writing(self._person) as deeds:
            deeds.release(job_id)

    def pause(self) -> None:
        """Let nothing but STAT begin to leave; the pause ends by itself."""
        now = self._clock.now()
        with self._store.writing(self._person) as deeds:
            deeds.pause_sending(SendingPause(since=now, until=now + PAUSE))

    def resume(self) -> None:
        """End the pause before its time."""
        with self._store.writing(self._person) as deeds:
            deeds.resume_sending()

    def cancel(self, job_id: int) -> None:
        """Cancel a job that is not under way; the image stays here."""
        with self._store.writing(self._person) as deeds:
            deeds.cancel(job_id)


def studies_at(questions: Questions, stop_id: str) -> list[StudyFile]:
    """The studies that perform an order of that stop."""
    orders = {order.id for order in questions.orders() if order.stop_id == stop_id}
    return [file for file in questions.study_files() if orders & set(file.study.order_ids)]


def _check_simulated(instances: Sequence[Instance], target: Target) -> None:
    if not target.test and any(instance.simulated for instance in instances):
        raise Refused("send.simulated", destination=target.name)
