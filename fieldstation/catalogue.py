"""The view catalogue: reads what comes with the program, or a site's own files of the same form, alone or beside it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fieldstation.assets import asset
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.views import Catalogue, Code, DeviationLimits, Look, LookWindow, Procedure, View

_DefinedTerm = Annotated[str, Field(pattern=r"^[A-Z0-9_ ]{1,16}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _CodeEntry(_Strict):
    value: Annotated[str, Field(pattern=r"^[0-9]{6,16}$")]
    scheme: Literal["SCT"]
    meaning: Annotated[str, Field(min_length=1, max_length=64)]

    def code(self) -> Code:
        return Code(self.value, self.scheme, self.meaning)


_Gain = Annotated[float, Field(ge=0.2, le=6, strict=False)]
_Part = Annotated[float, Field(ge=0, le=1, strict=False)]
_Mas = Annotated[float, Field(gt=0, le=1_000, strict=False)]


class _WindowEntry(_Strict):
    shift: Annotated[float, Field(ge=-1, le=1, strict=False)]
    width: Annotated[float, Field(ge=0.1, le=3, strict=False)]


class _LookEntry(_Strict):
    base: Annotated[float, Field(ge=0.2, le=1, strict=False)]
    detail: _Gain
    bands: Annotated[list[_Gain], Field(min_length=5, max_length=5)]
    fine: _Gain
    smoothing: _Part
    median_grey: Annotated[float, Field(ge=0.3, le=0.8, strict=False)]
    contrast: _Part
    windows: dict[Literal["soft", "bone", "lung", "mediastinum"], _WindowEntry]

    def look(self, name: str) -> Look:
        return Look(
            name=name,
            base=self.base,
            detail=self.detail,
            bands=tuple(self.bands),
            fine=self.fine,
            smoothing=self.smoothing,
            median_grey=self.median_grey,
            contrast=self.contrast,
            windows=tuple(LookWindow(key, entry.shift, entry.width) for key, entry in self.windows.items()),
        )


class _ProcedureEntry(_Strict):
    name: Annotated[str, Field(min_length=1, max_length=64)]
    views: Annotated[list[str], Field(min_length=1)]


_DeviationIndex = Annotated[float, Field(gt=0, le=20, strict=False)]


class _LimitsEntry(_Strict):
    under: _DeviationIndex | None = None
    far_under: _DeviationIndex | None = None
    over: _DeviationIndex | None = None
    far_over: _DeviationIndex | None = None


class _ViewEntry(_Strict):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    body_part: _DefinedTerm
    view_position: _DefinedTerm
    paired: bool
    anatomic_region: _CodeEntry
    view_code: _CodeEntry
    plate: _DefinedTerm
    target_ei: Annotated[float, Field(gt=0, le=10_000, strict=False)]
    kvp: Annotated[float, Field(ge=20, le=200, strict=False)]
    mas: _Mas
    mas_small: _Mas | None = None
    mas_large: _Mas | None = None
    sid_mm: Annotated[int, Field(ge=300, le=4_000)]
    grid: Literal["none", "focused", "parallel"]
    looks_like: Literal["chest", "leg"]
    orientation: Literal["portrait", "landscape"] = "portrait"
    look: str = "general"
    di_limits: _LimitsEntry = _LimitsEntry()

    def view(self, view_id: str, looks: Mapping[str, Look]) -> View:
        return View(
            id=view_id,
            name=self.name,
            body_part=self.body_part,
            view_position=self.view_position,
            paired=self.paired,
            anatomic_region=self.anatomic_region.code(),
            view_code=self.view_code.code(),
            plate=self.plate,
            target_ei=self.target_ei,
            kvp=self.kvp,
            mas=self.mas,
            sid_mm=self.sid_mm,
            grid=self.grid,
            looks_like=self.looks_like,
            orientation=self.orientation,
            mas_small=self.mas_small,
            mas_large=self.mas_large,
            look=looks[self.look],
            di_limits=DeviationLimits(**self.di_limits.model_dump()),
        )


_Entry = TypeVar("_Entry", bound=_Strict)
_Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
_Views = TypeAdapter(dict[_Id, _ViewEntry])
_Looks = TypeAdapter(dict[_Id, _LookEntry])
_Procedures = TypeAdapter(dict[_Id, _ProcedureEntry])


def load_catalogue(
    path: Path | None = None, *, beside: Path | None = None, looks_beside: Path | None = None
) -> Catalogue:
    """Read a catalogue; None reads the one that comes with the program.

    ``beside`` is a site's own: its views are added, and take the place of those of the same id; so do the processing
    parameters of ``looks_beside``.

    Raises:
        WrongUse: ``view.catalogue_bad``: a file cannot be read, is not TOML, lacks a key, has one too many or a value
            that cannot be; names the file, the key and what is wrong.
    """
    looks = {**load_looks(), **(load_looks(looks_beside) if looks_beside else {})}
    views = _views(asset("views.toml") if path is None else path, looks)
    return Catalogue({**views, **(_views(beside, looks) if beside else {})}.values(), looks.values())


def load_looks(path: Path | None = None) -> Mapping[str, Look]:
    """Read the processing parameters by name; raises as `load_catalogue`."""
    source = asset("looks.toml") if path is None else path
    return {name: entry.look(name) for name, entry in _validated(_Looks, source).items()}


def load_procedures(catalogue: Catalogue, path: Path | None = None) -> tuple[Procedure, ...]:
    """Read the procedures; raises as `load_catalogue`, and ``view.unknown`` for a view that the catalogue lacks."""
    source = asset("procedures.toml") if path is None else path
    entries = _validated(_Procedures, source)
    for entry in entries.values():
        for view in entry.views:
            catalogue.get(view)
    return tuple(Procedure(key, entry.name, tuple(entry.views)) for key, entry in entries.items())


def _views(source: Path, looks: Mapping[str, Look]) -> dict[str, View]:
    entries = _validated(_Views, source)
    for view_id, entry in entries.items():
        if entry.look not in looks:
            problem = f"one of {', '.join(sorted(looks))} is expected"
            raise WrongUse("view.catalogue_bad", file=source.name, key=f"{view_id}.look", problem=problem)
    return {view_id: entry.view(view_id, looks) for view_id, entry in entries.items()}


def _validated(adapter: TypeAdapter[dict[str, _Entry]], source: Path) -> dict[str, _Entry]:
    try:
        return adapter.validate_python(_tables(source))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise WrongUse("view.catalogue_bad", file=source.name, key=key, problem=first["msg"]) from None


def _tables(source: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(source.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = (error.strerror or "") if isinstance(error, OSError) else str(error)
        raise WrongUse("view.catalogue_bad", file=source.name, key="-", problem=problem) from None
