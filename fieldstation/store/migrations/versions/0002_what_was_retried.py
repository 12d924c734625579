"""What people asked to be tried again is found at once, however long the history is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Index those events alone."""
    op.create_index("ix_event_retried", "event", ["seq"], unique=False, sqlite_where=sa.text("what = 'job.retried'"))
