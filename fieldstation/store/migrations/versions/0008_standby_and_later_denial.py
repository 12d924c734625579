"""A standby that stands in for the primary destination, and what becomes of an image after it was proved."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Whom a job stands in for, when its proof is asked for once more, and when it was denied."""
    op.add_column("job", sa.Column("instead_of", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("verify_at", sa.String(27), nullable=True))
    op.add_column("job", sa.Column("gone_at", sa.String(27), nullable=True))
    op.create_index(
        "ix_job_verify",
        "job",
        ["destination", "verify_at"],
        unique=False,
        sqlite_where=sa.text("verify_at IS NOT NULL"),
    )
