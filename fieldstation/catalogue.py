"""The view catalogue: reads ``resources/views.toml``, or a site's own file of the same form."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fieldstation.assets import asset
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.views import Catalogue, Code, View

_DefinedTerm = Annotated[str, Field(pattern=r"^[A-Z0-9_ ]{1,16}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _CodeEntry(_Strict):
    value: Annotated[str, Field(pattern=r"^[0-9]{6,16}$")]
    scheme: Literal["SCT"]
    meaning: Annotated[str, Field(min_length=1, max_length=64)]

    def code(self) -> Code:
        return Code(self.value, self.scheme, self.meaning)


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
    mas: Annotated[float, Field(gt=0, le=1_000, strict=False)]
    sid_mm: Annotated[int, Field(ge=300, le=4_000)]
    grid: Literal["none", "focused", "parallel"]
    looks_like: Literal["chest", "leg"]

    def view(self, view_id: str) -> View:
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
        )


_Views = TypeAdapter(dict[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")], _ViewEntry])


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read a catalogue; None reads the one that comes with the program.

    Raises:
        WrongUse: ``view.catalogue_bad``: the file cannot be read, is not TOML, lacks a key, has one too many or a
            value that cannot be; names the file, the key and what is wrong.
    """
    source = asset("views.toml") if path is None else path
    try:
        entries = _Views.validate_python(_tables(source))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise WrongUse("view.catalogue_bad", file=source.name, key=key, problem=first["msg"]) from None
    return Catalogue(entry.view(view_id) for view_id, entry in entries.items())


def _tables(source: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(source.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = (error.strerror or "") if isinstance(error, OSError) else str(error)
        raise WrongUse("view.catalogue_bad", file=source.name, key="-", problem=problem) from None
