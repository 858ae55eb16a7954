"""The first schema: catalogue, subscriptions, processes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


class TransactionId(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "engine",
        sa.Column("singleton", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("status", sa.String(collation="C"), server_default="RUNNING", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.String(collation="C"), server_default="system", nullable=False),
        sa.CheckConstraint("status IN ('RUNNING', 'PAUSING', 'PAUSED')", name=op.f("engine_status_check")),
        sa.CheckConstraint("singleton", name=op.f("engine_singleton_check")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("engine_pkey")),
    )
    op.create_table(
        "event",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("kind", sa.String(collation="C"), nullable=False),
        sa.Column("payload", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("process_id", "version", "ordinal", name=op.f("event_pkey")),
    )
    op.create_index(op.f("event_xid_index"), "event", ["xid"], unique=False)
    op.create_table(
        "process",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workflow", sa.String(collation="C"), nullable=False),
        sa.Column("target", sa.String(collation="C"), nullable=False),
        sa.Column("is_task", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(collation="C"), nullable=False),
        sa.Column("steps", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("customers", sa.ARRAY(sa.String(collation="C")), nullable=False),
        sa.Column("created_by", sa.String(collation="C"), nullable=False),
        sa.Column("run_by", sa.String(collation="C"), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("run_no", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("checkpoint_no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("inbox_no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_step", sa.String(collation="C"), nullable=True),
        sa.Column("state", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee", sa.String(collation="C"), nullable=True),
        sa.Column("failure_kind", sa.String(collation="C"), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.String(collation="C"), nullable=True),
        sa.Column("start_digest", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'SUSPENDED', 'WAITING', 'AWAITING_CALLBACK', 'ABORTING', 'ABORTED', 'COMPENSATING', 'FAILED', 'COMPLETED')",
            name=op.f("process_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("process_pkey")),
        sa.UniqueConstraint("idempotency_key", name=op.f("process_idempotency_key_key")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        op.f("process_customers_index"), "process", ["customers"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("process_status_id_index"), "process", ["status", "id"], unique=False)
    op.create_index(
        op.f("process_wake_at_index"),
        "process",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(op.f("process_workflow_id_index"), "process", ["workflow", "id"], unique=False)
    op.create_table(
        "process_step",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(collation="C"), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("parked_as", sa.String(collation="C"), nullable=True),
        sa.Column("assignee", sa.String(collation="C"), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delta", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "status IN ('PENDING', 'RUNNING', 'SUCCESS', 'SKIPPED', 'SUSPENDED', 'WAITING', 'AWAITING_CALLBACK', 'FAILED', 'ABORTED')",
            name=op.f("process_step_status_check"),
        ),
        sa.PrimaryKeyConstraint("process_id", "key", name=op.f("process_step_pkey")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(collation="C"), nullable=False),
        sa.Column("tag", sa.String(collation="C"), nullable=False),
        sa.Column("product_type", sa.String(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("model", sa.String(collation="C"), nullable=False),
        sa.Column(
            "fixed_inputs",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'PRE_PRODUCTION', 'PHASE_OUT', 'END_OF_LIFE')",
            name=op.f("product_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("product_pkey")),
        sa.UniqueConstraint("name", name=op.f("product_name_key")),
    )
    op.create_table(
        "product_block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(collation="C"), nullable=False),
        sa.Column("tag", sa.String(collation="C"), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'PRE_PRODUCTION', 'PHASE_OUT', 'END_OF_LIFE')",
            name=op.f("product_block_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("product_block_pkey")),
        sa.UniqueConstraint("name", name=op.f("product_block_name_key")),
    )
    op.create_table(
        "step_attempt",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("actor", sa.String(collation="C"), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_kind", sa.String(collation="C"), nullable=True),
        sa.Column("traceback", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('PENDING', 'RUNNING', 'SUCCESS', 'SKIPPED', 'SUSPENDED', 'WAITING', 'AWAITING_CALLBACK', 'FAILED', 'ABORTED')",
            name=op.f("step_attempt_status_check"),
        ),
        sa.PrimaryKeyConstraint("process_id", "step_key", "number", name=op.f("step_attempt_pkey")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_pkey")),
    )
    op.create_table(
        "callback",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(collation="C"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["process_id"], ["process.id"], name=op.f("callback_process_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("callback_pkey")),
    )
    op.create_index(
        op.f("callback_process_id_step_key_index"), "callback", ["process_id", "step_key"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(collation="C"), nullable=False),
        sa.Column("step_key", sa.String(collation="C"), nullable=False),
        sa.Column("payload", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.String(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["process_id"], ["process.id"], name=op.f("inbox_process_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("process_id", "number", name=op.f("inbox_pkey")),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.String(collation="C"), nullable=False),
        sa.Column("status", sa.String(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("in_sync", sa.Boolean(), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("note_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('INITIAL', 'PROVISIONING', 'ACTIVE', 'MIGRATING', 'DISABLED', 'TERMINATED')",
            name=op.f("subscription_status_check"),
        ),
        sa.CheckConstraint("held_by IS NULL OR NOT in_sync", name=op.f("subscription_held_by_check")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("subscription_product_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("subscription_pkey")),
    )
    op.create_index(
        op.f("subscription_customer_id_id_index"), "subscription", ["customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("subscription_product_id_id_index"), "subscription", ["product_id", "id"], unique=False
    )
    op.create_index(op.f("subscription_status_id_index"), "subscription", ["status", "id"], unique=False)
    op.create_table(
        "block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("block", sa.String(collation="C"), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("block_subscription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("block_pkey")),
    )
    op.create_index(op.f("block_subscription_id_index"), "block", ["subscription_id"], unique=False)
    op.create_table(
        "process_subscription",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_id"],
            ["process.id"],
            name=op.f("process_subscription_process_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("process_subscription_subscription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("process_id", "subscription_id", name=op.f("process_subscription_pkey")),
    )
    op.create_index(
        op.f("process_subscription_subscription_id_process_id_index"),
        "process_subscription",
        ["subscription_id", "process_id"],
        unique=False,
    )
    op.create_table(
        "subscription_change",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("step_key", sa.String(collation="C"), nullable=True),
        sa.Column("actor", sa.String(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("subscription_change_subscription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "version", name=op.f("subscription_change_pkey")),
    )
    op.create_table(
        "block_relation",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("attribute", sa.String(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["block.id"], name=op.f("block_relation_child_id_fkey")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("block_relation_subscription_id_fkey")
        ),
        sa.UniqueConstraint(
            "subscription_id",
            "parent_id",
            "attribute",
            "position",
            name=op.f("block_relation_subscription_id_parent_id_attribute_position_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("block_relation_child_id_index"), "block_relation", ["child_id"], unique=False)


def downgrade() -> None:
    op.drop_table("block_relation")
    op.drop_table("subscription_change")
    op.drop_table("process_subscription")
    op.drop_table("block")
    op.drop_table("subscription")
    op.drop_table("inbox")
    op.drop_table("callback")
    op.drop_table("worker")
    op.drop_table("step_attempt")
    op.drop_table("product_block")
    op.drop_table("product")
    op.drop_table("process_step")
    op.drop_table("process")
    op.drop_table("event")
    op.drop_table("engine")
