"""Series say what they hold, for those of presentation states."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; the series there are hold images."""
    op.add_column("series", sa.Column("modality", sa.String(16), nullable=False, server_default="CR"))
