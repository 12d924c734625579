"""The tables of cassettes, of scans that belong to no view, and of plates taken over from another station."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from fieldstation.store.columns import MESSAGE, OptionalSide, UtcDateTime
from fieldstation.store.schema_base import metadata, scan_columns, technique_columns

cassette = Table(
    "cassette",
    metadata,
    Column("plate_id", Text, primary_key=True),
    Column("size", Text, nullable=False),
    Column("cycles", Integer, nullable=False),
    Column("last_erased_at", UtcDateTime),
    Column("in_service_at", UtcDateTime),
    Column("last_cleaned_at", UtcDateTime),
)

unassigned_scan = Table(
    "unassigned_scan",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("plate_id", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("why", MESSAGE, nullable=False),
    *scan_columns(),
    *technique_columns(),
    Column("assigned_to", ForeignKey("view.id")),
    Column("set_aside", Text),
    Column("ended_at", UtcDateTime),
)

handed_plate = Table(
    "handed_plate",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("plate_id", Text, nullable=False, unique=True),
    Column("size", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("side", OptionalSide, nullable=False),
    Column("exposed_at", UtcDateTime, nullable=False),
    Column("station", Text, nullable=False),
)
