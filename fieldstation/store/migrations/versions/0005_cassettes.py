"""The cassette's register, what is read elsewhere, unassigned scans, and plates taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("cassette", sa.Column("in_service_at", sa.String(27), nullable=True))
    op.add_column("cassette", sa.Column("last_cleaned_at", sa.String(27), nullable=True))
    op.add_column("view", sa.Column("read_elsewhere", sa.Text(), nullable=True))
    op.create_table(
        "unassigned_scan",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("plate_id", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("pitch_mm", sa.Float(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("plate_size", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("gain", sa.Float(), nullable=False),
        sa.Column("offset", sa.Float(), nullable=False),
        sa.Column("file_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=True),
        sa.Column("assigned_to", sa.String(36), nullable=True),
        sa.Column("set_aside", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["assigned_to"], ["view.id"], name=op.f("fk_unassigned_scan_assigned_to")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_unassigned_scan")),
        sa.UniqueConstraint("id", name=op.f("uq_unassigned_scan_id")),
        sa.UniqueConstraint("file_id", name=op.f("uq_unassigned_scan_file_id")),
    )
    op.create_table(
        "handed_plate",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("plate_id", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.Column("exposed_at", sa.String(27), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_handed_plate")),
        sa.UniqueConstraint("plate_id", name=op.f("uq_handed_plate_plate_id")),
    )
