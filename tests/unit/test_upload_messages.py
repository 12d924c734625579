"""An answer is never taken by the association's own thread while a caller waits for it."""

import threading

from pynetdicom.dimse_primitives import C_FIND

from fieldstation.upload.association import BoundedAssociation, PacsAddress
from fieldstation.upload.limits import Limits


def an_association() -> BoundedAssociation:
    return BoundedAssociation(PacsAddress(host="127.0.0.1", port=104, ae_title="OFFICE"), "VAN7", Limits(answer_s=1.0))


def test_the_own_thread_takes_nothing_while_a_caller_waits() -> None:
    association, answer = an_association(), C_FIND()
    association.dimse.msg_queue.put((1, answer))
    association._reactor_checkpoint.clear()
    assert association.dimse.get_msg(block=False) == (None, None)
    assert association.dimse.get_msg(block=True) == (1, answer)


def test_the_own_thread_takes_what_nobody_waits_for() -> None:
    association, request = an_association(), C_FIND()
    association.dimse.msg_queue.put((1, request))
    assert association.dimse.get_msg(block=False) == (1, request)
    assert association.dimse.get_msg(block=False) == (None, None)


def test_a_caller_waits_until_a_message_that_is_being_taken_is_gone() -> None:
    checkpoint = an_association()._reactor_checkpoint
    clearing = threading.Thread(target=checkpoint.clear)
    with checkpoint.taking:  # type: ignore[attr-defined]
        clearing.start()
        assert checkpoint.is_set()
    clearing.join()
    assert not checkpoint.is_set()
