"""C-STORE to a PACS that breaks the rules on the wire: nothing is ever taken for success."""

import threading

import pytest

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.upload.association import PacsAddress
from fieldstation.upload.dimse import DimseDestination, DimseSettings
from tests.support.gateways import SHORT
from tests.support.hostile_pacs import (
    aborts_in_the_image,
    answers_another_request,
    answers_nonsense,
    answers_without_a_status,
    breaks_off_in_a_pdu,
    hostile,
    rejects,
    takes_and_then,
)
from tests.support.parcels import frozen, parcel_of
from tests.support.strangers import Stranger


def send(address: tuple[str, int]) -> Answer:
    pacs = PacsAddress(host=address[0], port=address[1], ae_title="HOSTILE")
    destination = DimseDestination(DimseSettings(name="office", pacs=pacs, calling_ae_title="VAN7", limits=SHORT))
    instance, content = frozen(1)
    try:
        return destination.store(parcel_of(instance), content, lambda _bytes: None)
    finally:
        destination.rest()


@pytest.mark.parametrize(
    ("stranger", "disposition", "code"),
    [
        (rejects(2, 3, 2), Disposition.LATER, "pacs.busy"),
        (rejects(2, 1, 1), Disposition.LATER, "pacs.busy"),
        (rejects(1, 1, 3), Disposition.PAUSE, "pacs.calling_unknown"),
        (rejects(1, 1, 7), Disposition.PAUSE, "pacs.called_unknown"),
        (rejects(1, 2, 2), Disposition.PAUSE, "pacs.rejected"),
        (takes_and_then(answers_without_a_status), Disposition.UNKNOWN, "link.answer_lost"),
        (takes_and_then(answers_another_request), Disposition.UNKNOWN, "link.answer_lost"),
        (takes_and_then(breaks_off_in_a_pdu), Disposition.UNKNOWN, "link.answer_lost"),
        (takes_and_then(answers_nonsense), Disposition.UNKNOWN, "link.answer_lost"),
    ],
    ids=["busy", "not now", "calling", "called", "no", "no status", "another", "half an answer", "nonsense"],
)
def test_what_it_says_is_never_success(stranger: Stranger, disposition: Disposition, code: str) -> None:
    threads = threading.active_count()
    with hostile(stranger) as address:
        answer = send(address)
    assert (answer.disposition, answer.message.code) == (disposition, code)
    assert threading.active_count() <= threads


def test_an_abort_in_the_image_is_for_later_or_asked_about() -> None:
    with hostile(takes_and_then(aborts_in_the_image)) as address:
        answer = send(address)
    # Whether its reason still comes through, and how much had left by then, is up to the kernel.
    assert answer.disposition in {Disposition.LATER, Disposition.UNKNOWN}
