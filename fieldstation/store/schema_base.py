"""What the tables share: their metadata, and the columns of a scan and of a technique."""

from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Text

from fieldstation.domain.exams import ScanState
from fieldstation.domain.signal import ResponseKind
from fieldstation.store.columns import UtcDateTime, word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def technique_columns() -> list[Column[Any]]:
    """What is known of how an exposure was made."""
    return [Column("kvp", Float), Column("mas", Float), Column("sid_mm", Integer), Column("grid", Text)]


def scan_columns() -> list[Column[Any]]:
    """What every scan has, whether or not it belongs to a view."""
    return [
        Column("manufacturer", Text, nullable=False),
        Column("model", Text, nullable=False),
        Column("serial", Text, nullable=False),
        Column("software", Text, nullable=False),
        Column("simulated", Boolean, nullable=False),
        Column("rows", Integer, nullable=False),
        Column("columns", Integer, nullable=False),
        Column("pitch_mm", Float, nullable=False),
        Column("bits", Integer, nullable=False),
        Column("plate_size", Text, nullable=False),
        Column("kind", word(ResponseKind), nullable=False),
        Column("gain", Float, nullable=False),
        Column("offset", Float, nullable=False),
        Column("file_id", String(36), nullable=False, unique=True),
        Column("state", word(ScanState), nullable=False),
        Column("lines", Integer, nullable=False),
        Column("sha256", String(64)),
        Column("started_at", UtcDateTime, nullable=False),
        Column("finished_at", UtcDateTime),
    ]
