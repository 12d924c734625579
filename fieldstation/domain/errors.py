"""Everything that can go wrong in a way that a person can be told.

::

    FieldstationError
    ├── Failed      the link, a device or the disk failed; the same call may work later      exit 1
    └── Refused     a peer or a rule of ours said no; somebody has to do something else      exit 1
        └── WrongUse    what was asked for cannot be: a word, a date, a side                 exit 2

Any other exception is a bug of ours. An error carries a code and parameters, never a sentence: the one catalogue of
sentences (``resources/words``) turns it into words. Parameters never hold patient data.
"""

from collections.abc import Mapping


class FieldstationError(Exception):
    """A fault that has a plain sentence for the person who meets it."""

    def __init__(self, code: str, **params: str | int | float) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, str | int | float] = params


class Failed(FieldstationError):
    """The link, a device or the disk failed; nothing is wrong with the request."""


class Refused(FieldstationError):
    """A peer or one of our own rules said no; repeating the request changes nothing."""


class WrongUse(Refused):
    """The request itself cannot be: an unknown word, an impossible date, a missing side."""
