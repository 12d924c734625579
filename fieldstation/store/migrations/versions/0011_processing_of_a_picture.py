"""The processing that a technologist chose for a picture in place of its view's."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; the pictures there are have that of their views."""
    op.add_column("image", sa.Column("look", sa.Text(), nullable=True))
