"""Until when the certificates last that destinations showed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "peer_certificate",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ends", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("destination", "name", name=op.f("pk_peer_certificate")),
    )
