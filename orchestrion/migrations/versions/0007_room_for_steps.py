"""Room on the pages of steps and attempts, and an index in which subscriptions are counted."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UPDATED_AT_EVERY_STEP = ("process_step", "step_attempt")


def upgrade() -> None:
    for table in _UPDATED_AT_EVERY_STEP:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")
    op.create_index(
        op.f("subscription_customer_id_product_id_status_index"),
        "subscription",
        ["customer_id", "product_id", "status"],
    )


def downgrade() -> None:
    op.drop_index(op.f("subscription_customer_id_product_id_status_index"), "subscription")
    for table in _UPDATED_AT_EVERY_STEP:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
