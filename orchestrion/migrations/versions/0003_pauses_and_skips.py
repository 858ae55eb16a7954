"""What pausing the engine and skipping a step need."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("engine", sa.Column("pause_no", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "worker", sa.Column("pause_seen", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "worker",
        sa.Column("live_until", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("process_step", sa.Column("skipped_by", sa.String(collation="C"), nullable=True))
    op.add_column("process_step", sa.Column("skip_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("process_step", "skip_reason")
    op.drop_column("process_step", "skipped_by")
    op.drop_column("worker", "live_until")
    op.drop_column("worker", "pause_seen")
    op.drop_column("engine", "pause_no")
