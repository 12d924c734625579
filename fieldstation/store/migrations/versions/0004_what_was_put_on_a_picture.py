"""What a technologist puts on a picture: why it is flipped, crop, shutter, side markers and annotations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; the pictures there are have none of it."""
    op.add_column("image", sa.Column("flipped", sa.String(16), nullable=True))
    op.add_column("image", sa.Column("crop", sa.Text(), nullable=True))
    op.add_column("image", sa.Column("shutter", sa.Text(), nullable=True))
    op.add_column("image", sa.Column("markers", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("image", sa.Column("annotations", sa.Text(), nullable=False, server_default="[]"))
