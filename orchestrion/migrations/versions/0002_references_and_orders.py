"""References between subscriptions, the orders of lists, and what people add to a subscription."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DESCRIPTION = sa.text('"left"(description, 100) COLLATE "C"')
_START = sa.text("coalesce(start_at, 'infinity'::timestamptz)")
_END = sa.text("coalesce(end_at, 'infinity'::timestamptz)")
_ORDERS = {
    "subscription_customer_id_status_id_index": ["customer_id", "status", "id"],
    "subscription_customer_id_description_index": ["customer_id", _DESCRIPTION, "id"],
    "subscription_customer_id_start_index": ["customer_id", _START, "id"],
    "subscription_customer_id_end_index": ["customer_id", _END, "id"],
    "subscription_status_customer_id_index": ["status", "customer_id", "id"],
    "subscription_status_description_index": ["status", _DESCRIPTION, "id"],
    "subscription_status_start_index": ["status", _START, "id"],
    "subscription_status_end_index": ["status", _END, "id"],
    "subscription_description_index": [_DESCRIPTION, "id"],
    "subscription_start_index": [_START, "id"],
    "subscription_end_index": [_END, "id"],
}


def upgrade() -> None:
    op.add_column("block_relation", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("block_relation_owner_id_fkey"), "block_relation", "subscription", ["owner_id"], ["id"]
    )
    op.create_index(
        op.f("block_relation_owner_id_subscription_id_index"),
        "block_relation",
        ["owner_id", "subscription_id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        op.f("block_relation_subscription_id_owner_id_index"),
        "block_relation",
        ["subscription_id", "owner_id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.add_column("subscription_change", sa.Column("override", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("subscription_description_check"), "subscription", "char_length(description) <= 2000"
    )
    op.create_check_constraint(
        op.f("subscription_note_check"), "subscription", "char_length(note) BETWEEN 1 AND 5000"
    )
    op.execute("ALTER TABLE subscription SET (fillfactor = 80)")
    for name, columns in _ORDERS.items():
        op.create_index(name, "subscription", columns)
    op.create_table(
        "subscription_metadata",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("modified_by", sa.String(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("subscription_metadata_subscription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("subscription_metadata_pkey")),
    )
    op.create_table(
        "customer_description",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.String(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("modified_by", sa.String(collation="C"), nullable=False),
        sa.CheckConstraint(
            "char_length(description) BETWEEN 1 AND 2000", name=op.f("customer_description_description_check")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("customer_description_subscription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "customer_id", name=op.f("customer_description_pkey")),
    )
    op.create_index(
        op.f("customer_description_customer_id_subscription_id_index"),
        "customer_description",
        ["customer_id", "subscription_id"],
    )


def downgrade() -> None:
    op.drop_table("customer_description")
    op.drop_table("subscription_metadata")
    for name in _ORDERS:
        op.drop_index(name, "subscription")
    op.execute("ALTER TABLE subscription RESET (fillfactor)")
    op.drop_constraint("subscription_note_check", "subscription")
    op.drop_constraint("subscription_description_check", "subscription")
    op.drop_column("subscription_change", "override")
    op.drop_column("block_relation", "owner_id")
