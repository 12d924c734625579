"""Rows to values and back. A column has the name of the field that it holds."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from fieldstation.domain.exams import (
    Exposure,
    Image,
    Instance,
    Presentation,
    ReaderIdentity,
    Scan,
    Study,
    Technique,
)
from fieldstation.domain.patients import Order, Patient
from fieldstation.domain.plates import HandedPlate, PlateLabels, UnassignedScan
from fieldstation.domain.signal import PlateGeometry, SignalResponse
from fieldstation.domain.views import OrderedView


def values_of(value: Any, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass as column values."""
    return {field.name: getattr(value, field.name) for field in fields(value) if field.name not in without}


def own(kind: type[Any], row: RowMapping) -> dict[str, Any]:
    """The fields of a ``kind`` that the row has columns for."""
    return {field.name: row[field.name] for field in fields(kind) if field.name in row}


def study(row: RowMapping, order_ids: Sequence[str]) -> Study:
    """A study and the orders that it performs."""
    return Study(**row, order_ids=tuple(order_ids))


def order(row: RowMapping, patient: Patient, views: Sequence[OrderedView]) -> Order:
    """An order with its patient and views."""
    return Order(**own(Order, row) | {"patient": patient, "views": tuple(views)})


def exposure(row: RowMapping) -> Exposure:
    """An exposure with its technique."""
    return Exposure(**own(Exposure, row), technique=Technique(**own(Technique, row)))


def scan(row: RowMapping) -> Scan:
    """A scan with its reader, geometry and response."""
    return Scan(
        **own(Scan, row),
        reader=ReaderIdentity(**own(ReaderIdentity, row)),
        geometry=PlateGeometry(**own(PlateGeometry, row)),
        response=SignalResponse(**own(SignalResponse, row)),
    )


def unassigned_scan(row: RowMapping) -> UnassignedScan:
    """An unassigned scan with its labels, technique, reader, geometry and response."""
    return UnassignedScan(
        **own(UnassignedScan, row),
        labels=PlateLabels(**own(PlateLabels, row)),
        technique=Technique(**own(Technique, row)),
        reader=ReaderIdentity(**own(ReaderIdentity, row)),
        geometry=PlateGeometry(**own(PlateGeometry, row)),
        response=SignalResponse(**own(SignalResponse, row)),
    )


def handed_plate(row: RowMapping) -> HandedPlate:
    """A plate that was taken over, with its view."""
    return HandedPlate(**own(HandedPlate, row) | {"view": OrderedView(row["view"], row["side"])})


def image(row: RowMapping) -> Image:
    """An image with its presentation."""
    return Image(**own(Image, row), presentation=Presentation(**own(Presentation, row)))


def instance(row: RowMapping) -> Instance:
    """A frozen instance."""
    return Instance(**own(Instance, row))


def exposure_values(value: Exposure) -> dict[str, Any]:
    """The columns of an exposure."""
    return values_of(value, without=["technique"]) | values_of(value.technique)


def scan_values(value: Scan) -> dict[str, Any]:
    """The columns of a scan."""
    nested = values_of(value.reader) | values_of(value.geometry) | values_of(value.response)
    return values_of(value, without=["reader", "geometry", "response"]) | nested


def unassigned_values(value: UnassignedScan) -> dict[str, Any]:
    """The columns of an unassigned scan."""
    parts = ("labels", "technique", "reader", "geometry", "response")
    values = values_of(value, without=parts)
    for part in parts:
        values |= values_of(getattr(value, part))
    return values


def image_values(value: Image) -> dict[str, Any]:
    """The columns of an image."""
    return values_of(value, without=["presentation"]) | values_of(value.presentation)
