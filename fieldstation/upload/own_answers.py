"""What is answered on this side, whatever the kind of destination, before or instead of asking the peer."""

from fieldstation.domain.destination import Answer, Destination, Disposition
from fieldstation.domain.errors import FieldstationError, Refused
from fieldstation.domain.store import Parcel
from fieldstation.domain.words import Message

STOPPED = Answer(Disposition.LATER, Message("sender.stopped"))
"""We ended it ourselves; that is no fault of the link."""

PUT_ASIDE = Answer(Disposition.PUT_ASIDE, Message("sender.put_aside"))
"""A STAT image goes first."""


def simulated_refusal(destination: Destination, parcel: Parcel) -> Answer | None:
    """The refusal of a simulated image by a destination that is no test; None where it may go there."""
    if parcel.instance.simulated and not destination.test:
        return Answer(Disposition.REFUSED, Message("pacs.simulated_refused", {"destination": destination.name}))
    return None


def error_answer(error: FieldstationError) -> Answer:
    """What an error of ours means for the job: what is refused stays refused, what failed may do later."""
    disposition = Disposition.REFUSED if isinstance(error, Refused) else Disposition.LATER
    return Answer(disposition, Message(error.code, error.params))
