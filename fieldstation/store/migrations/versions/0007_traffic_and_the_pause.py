"""What went to each destination in each minute, and a person's pause of sending."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "traffic",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("minute", sa.String(27), nullable=False),
        sa.Column("bytes_moved", sa.Integer(), nullable=False),
        sa.Column("bytes_new", sa.Integer(), nullable=False),
        sa.Column("busy_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "minute", name=op.f("pk_traffic")),
    )
    op.create_table(
        "sending_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_pause")),
    )
