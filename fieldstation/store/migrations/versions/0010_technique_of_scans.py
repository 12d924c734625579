"""The technique that a scan says of itself, until it is known which exposure it is of."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("kvp", sa.Float(), nullable=True),
        sa.Column("mas", sa.Float(), nullable=True),
        sa.Column("sid_mm", sa.Integer(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
    ):
        op.add_column("unassigned_scan", column)
