"""A whole sender in a thread, between a store and a PACS, and what has to be true when it is done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from fieldstation.bootstrap.station import SystemClock
from fieldstation.demo.link import Link
from fieldstation.demo.pacs import DemoPacs
from fieldstation.dicom.encode import decode
from fieldstation.domain.destination import Destination
from fieldstation.domain.jobs import ProofKind
from fieldstation.domain.store import Queue
from fieldstation.store.sql_store import SqlStore
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from fieldstation.upload.pace import Pace
from fieldstation.upload.sender import Sender
from tests.support.parcels import frozen
from tests.support.sender_process import QUICK


@contextmanager
def running(store: SqlStore, *destinations: Destination, pace: Pace = QUICK) -> Iterator[threading.Thread]:
    """A sender in a thread; destinations of one name are lanes."""
    with sending(store.queue, *destinations, version=store.version, pace=pace) as thread:
        yield thread


@contextmanager
def sending(
    queue: Queue, *destinations: Destination, version: Callable[[], int], pace: Pace = QUICK
) -> Iterator[threading.Thread]:
    """The same over any queue."""
    stop = threading.Event()
    sender = Sender(queue, destinations, clock=SystemClock(), version=version, random=Random(1), pace=pace)
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def office_at(pacs: DemoPacs | Link, proof: ProofKind = ProofKind.QUERY) -> DimseDestination:
    """The destination ``office``, at a PACS or at the near end of a link to it."""
    address = PacsAddress(host=pacs.host, port=pacs.port, ae_title="OFFICE")
    return DimseDestination(DimseSettings(name="office", pacs=address, calling_ae_title="VAN7", proof=proof))


def assert_each_is_there_once(pacs: DemoPacs, count: int, rows: int) -> None:
    """Every instance was stored exactly once, with every pixel."""
    uids = [frozen(number, rows)[0].sop_instance_uid for number in range(1, count + 1)]
    assert sorted(line.sop_instance_uid for line in pacs.stores()) == sorted(uids)
    kept = pacs.instances()
    for number in range(1, count + 1):
        instance, content = frozen(number, rows)
        assert (decode(kept[instance.sop_instance_uid].read_bytes()) == decode(content)).all()
