"""The projections that a study can need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from fieldstation.domain.errors import WrongUse


class Side(StrEnum):
    """Image Laterality (0020,0062)."""

    RIGHT = "R"
    LEFT = "L"
    BOTH = "B"


class PatientSize(StrEnum):
    """How thick a patient is, for the technique."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Code:
    """A coded term: value, scheme designator and meaning (PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class LookWindow:
    """A window that shows one tissue best, measured from the automatic one.

    The centre lies ``shift`` automatic widths above the automatic centre (brighter, denser tissue) or below it, the
    width is ``width`` automatic ones.
    """

    name: str
    shift: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the picture of a view is made from its signal.

    ``base`` (0 to 1) is how much of the differences between broad densities is kept and ``detail`` how much of what
    lies on top of them. ``bands`` are the gains of detail that is hardly seen, from about 0.8 mm on, twice as coarse
    each; ``fine`` is the gain of clear detail below that, and ``smoothing`` (0 to 1) how much of the noise goes there.
    ``median_grey`` (0 to 1) is how bright the anatomy's median becomes, ``contrast`` (0 to 1) how much steeper the
    curve is around the middle than at its ends. ``windows`` are offered beside the automatic one.
    """

    name: str = "general"
    base: float = 0.7
    detail: float = 1.15
    bands: tuple[float, ...] = (1.7, 2.2, 2.4, 2.2, 1.7)
    fine: float = 1.15
    smoothing: float = 0.6
    median_grey: float = 0.52
    contrast: float = 0.25
    windows: tuple[LookWindow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationLimits:
    """From which deviation index on (its sign apart, 0 and up) exposure is said to be off; None: as everywhere."""

    under: float | None = None
    far_under: float | None = None
    over: float | None = None
    far_over: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One projection: body part, view position, and how it is usually taken and shown.

    ``target_ei`` is the target exposure index (IEC 62494-1). ``plate`` is the usual Cassette Size (0018,1403).
    ``orientation`` is how it usually lies, portrait or landscape. ``kvp``, ``mas``, ``sid_mm`` and ``grid`` are the
    usual technique. ``looks_like`` names the real radiograph that
    the simulated reader exposes the plate to, ``look`` the processing. ``di_limits`` are its own, where it has some.
    """

    id: str
    name: str
    body_part: str
    view_position: str
    paired: bool
    anatomic_region: Code
    view_code: Code
    plate: str
    target_ei: float
    kvp: float
    mas: float
    sid_mm: int
    grid: str
    looks_like: str
    orientation: str = "portrait"
    mas_small: float | None = None
    mas_large: float | None = None
    look: Look = Look()
    di_limits: DeviationLimits = DeviationLimits()

    def mas_for(self, size: PatientSize) -> float:
        """The usual mAs for a patient of that size; a third less or half more where the catalogue says nothing."""
        match size:
            case PatientSize.SMALL:
                return self.mas_small or round(self.mas * 2 / 3, 2)
            case PatientSize.LARGE:
                return self.mas_large or round(self.mas * 1.5, 2)
            case _:
                return self.mas


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is ordered as one, and the ids of the views that it is usually made of."""

    id: str
    name: str
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderedView:
    """A view of the catalogue and, for a paired part, the side. A side is entered, never defaulted."""

    view: str
    side: Side | None = None


class Catalogue:
    """The views that exist, by id. ``looks`` are those that any of them can be processed by, by name."""

    def __init__(self, views: Iterable[View], looks: Iterable[Look] = ()) -> None:
        self._views: Mapping[str, View] = {view.id: view for view in views}
        self.looks: Mapping[str, Look] = {look.name: look for look in looks}

    def __iter__(self) -> Iterator[View]:
        return iter(self._views.values())

    def get(self, view_id: str) -> View:
        """The view of that id.

        Raises:
            WrongUse: ``view.unknown``.
        """
        try:
            return self._views[view_id]
        except KeyError:
            raise WrongUse("view.unknown", view=view_id) from None

    def processed(self, view_id: str, look: str | None) -> View:
        """The view of that id with the processing of that name; None: with its own.

        Raises:
            WrongUse: ``view.unknown``; ``view.look_unknown``: there is no such processing.
        """
        view = self.get(view_id)
        if look is None:
            return view
        if look not in self.looks:
            raise WrongUse("view.look_unknown", look=look, known=", ".join(sorted(self.looks)))
        return replace(view, look=self.looks[look])

    def parse(self, text: str) -> OrderedView:
        """What ``ID[:L|R|B]`` means.

        Raises:
            WrongUse: ``view.unknown``, ``view.side_unknown``, ``view.side_missing`` (a paired part without a side) or
                ``view.side_unwanted`` (a side on a part that has none).
        """
        view_id, colon, side = text.partition(":")
        view = self.get(view_id)
        if colon and side not in set(Side):
            raise WrongUse("view.side_unknown", side=side)
        if view.paired and not side:
            raise WrongUse("view.side_missing", view=view_id)
        if side and not view.paired:
            raise WrongUse("view.side_unwanted", view=view_id)
        return OrderedView(view_id, Side(side) if side else None)
