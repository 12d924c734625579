"""The sender: couriers for each destination, each in a thread of its own, woken by whatever any process commits."""

import logging
from collections.abc import Callable, Collection, Sequence
from random import Random
from threading import Event, Thread

from fieldstation.domain.destination import Destination
from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.ports import Clock
from fieldstation.domain.store import Queue
from fieldstation.upload.courier import Courier
from fieldstation.upload.network import NetworkWatch
from fieldstation.upload.pace import Pace
from fieldstation.upload.standing import WHEN_WOKEN, Standing

_LOG = logging.getLogger(__name__)
_JOIN_S = 30.0


class Sender:
    """Carries on until it is told to stop; started afresh, it goes on where the last one was killed.

    Destinations of the same name are lanes to one place: as many images may be on their way there at once.
    ``version`` is the store's: it changes when any process commits, and looking at it costs next to nothing.
    Only one sender may run on a data folder; its caller holds the lock.
    """

    def __init__(
        self,
        queue: Queue,
        destinations: Sequence[Destination],
        *,
        clock: Clock,
        version: Callable[[], int],
        random: Random,
        pace: Pace | None = None,
    ) -> None:
        self._queue = queue
        self._destinations = destinations
        self._version = version
        self._pace = pace or Pace()
        names = dict.fromkeys(destination.name for destination in destinations)
        self._standings = {name: Standing(name, queue, clock, random, self._pace) for name in names}
        self._couriers = [
            Courier(destination, queue, clock, self._standings[destination.name]) for destination in destinations
        ]
        self._bug: BaseException | None = None

    def run(self, stop: Event) -> None:
        """Send until ``stop`` is set; a transfer under way is then broken off and its job queued again.

        Raises:
            Exception: a bug in a courier; all couriers have ended by then.
        """
        self._queue.recover()
        for name in self._standings:
            self._queue.resume(name)
        threads = [
            Thread(target=self._work, args=(courier, stop), name=f"courier-{destination.name}", daemon=True)
            for courier, destination in zip(self._couriers, self._destinations, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch(stop)
        finally:
            stop.set()
            for destination in self._destinations:
                destination.end()
            self.wake()
            for thread in threads:
                thread.join(_JOIN_S)
        if self._bug is not None:
            raise self._bug

    def wake(self) -> None:
        """There may be something new to do; look now, not when ``version`` is next looked at. From any thread."""
        for courier in self._couriers:
            courier.wake.set()

    def _watch(self, stop: Event) -> None:
        """Wake the couriers when anything was committed or the network changed, until ``stop``."""
        seen: int | None = None
        with NetworkWatch() as network:
            while not stop.wait(self._pace.poll_s):
                addresses = network.take()
                if addresses is not None:
                    self._network_changed(addresses)
                seen = self._wake_if_committed(seen)

    def _network_changed(self, addresses: Collection[str]) -> None:
        for destination in self._destinations:
            destination.keep_only(addresses)
        for standing in self._standings.values():
            standing.link_changed()

    def _wake_if_committed(self, seen: int | None) -> int | None:
        try:
            version = self._version()
        except FieldstationError as error:
            _LOG.warning("The queue cannot be looked at: %s", error.code)
            return seen
        if version != seen:
            self.wake()
        return version

    def _work(self, courier: Courier, stop: Event) -> None:
        try:
            while not stop.is_set():
                wait = _step(courier, self._pace.backoff_first_s)
                if wait > 0 and not stop.is_set():
                    courier.wake.wait(None if wait == WHEN_WOKEN else wait)
                    courier.wake.clear()
            courier.rest()
        except BaseException as bug:
            self._bug = bug
            stop.set()


def _step(courier: Courier, wait_s: float) -> float:
    try:
        return courier.step()
    except FieldstationError as error:
        # The disk is full, say: what is queued stays queued, and the next step may work again.
        _LOG.warning("The queue cannot be worked on: %s", error.code)
        return wait_s
