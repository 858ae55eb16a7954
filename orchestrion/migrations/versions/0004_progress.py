"""What telling how far a step is needs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_step", sa.Column("progress_percent", sa.Double(), nullable=True))
    op.add_column("process_step", sa.Column("progress_message", sa.Text(), nullable=True))
    op.add_column("process_step", sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("process_step", "progress_at")
    op.drop_column("process_step", "progress_message")
    op.drop_column("process_step", "progress_percent")
