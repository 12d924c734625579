"""The sizes of cassettes."""

import re
from dataclasses import dataclass

from fieldstation.domain.errors import WrongUse

_TERM = re.compile(r"([1-9]\d{0,2})(CM|IN)X([1-9]\d{0,2})\2")
_MM = {"CM": 10.0, "IN": 25.4}


@dataclass(frozen=True, slots=True)
class CassetteSize:
    """Width and height of the plate in mm, as the cassette lies: the shorter side across."""

    width_mm: float
    height_mm: float

    @classmethod
    def parse(cls, term: str) -> "CassetteSize":
        """What a Cassette Size (0018,1403) such as ``35CMX43CM`` or ``10INX12IN`` means.

        Raises:
            WrongUse: ``plate.size_unknown``.
        """
        match = _TERM.fullmatch(term)
        if not match:
            raise WrongUse("plate.size_unknown", size=term)
        return cls(int(match[1]) * _MM[match[2]], int(match[3]) * _MM[match[2]])
