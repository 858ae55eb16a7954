"""The orders of lists of processes, what each process changed, and what metadata has in it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ORDERS = {
    "process_started_at_id_index": ["started_at", "id"],
    "process_modified_at_id_index": ["modified_at", "id"],
    "process_end_index": [sa.text("coalesce(ended_at, 'infinity'::timestamptz)"), "id"],
    "process_created_by_id_index": ["created_by", "id"],
    "process_is_task_workflow_id_index": ["is_task", "workflow", "id"],
}


def upgrade() -> None:
    for name, columns in _ORDERS.items():
        op.create_index(name, "process", columns)
    op.create_index(
        op.f("subscription_change_process_id_subscription_id_version_index"),
        "subscription_change",
        ["process_id", "subscription_id", "version"],
        postgresql_where=sa.text("process_id IS NOT NULL"),
    )
    op.create_index(
        op.f("subscription_metadata_metadata_index"),
        "subscription_metadata",
        ["metadata"],
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_index(op.f("subscription_metadata_metadata_index"), "subscription_metadata")
    op.drop_index(op.f("subscription_change_process_id_subscription_id_version_index"), "subscription_change")
    for name in _ORDERS:
        op.drop_index(name, "process")
