"""The tables of the domain floor. Keys compare by bytes, so that no locale changes their order."""

from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Boolean

from domain.model.lifecycle import ProductStatus, SubscriptionStatus

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
"""Every table of the application, those of higher floors included: they add theirs to this object."""

Key = String(collation="C")
"""The type of text that is compared, sorted or joined."""

Instant = DateTime(timezone=True)

GREATEST_VERSION: Final = 2**31 - 1
"""What the columns of versions hold."""


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A check that a column holds a member of an enum."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


product = Table(
    "product",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Key, nullable=False),
    Column("tag", Key, nullable=False),
    Column("product_type", Key, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("fixed_inputs", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    Column("synced_at", Instant, nullable=False, server_default=func.now()),
    UniqueConstraint("name"),
    one_of("status", ProductStatus),
)

product_block = Table(
    "product_block",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Key, nullable=False),
    Column("tag", Key),
    Column("description", Text, nullable=False),
    Column("status", Key, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    UniqueConstraint("name"),
    one_of("status", ProductStatus),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("product_id", Uuid, ForeignKey("product.id"), nullable=False),
    Column("customer_id", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("description", Text, nullable=False),
    Column("in_sync", Boolean, nullable=False),
    Column("held_by", Uuid),
    Column("version", Integer, nullable=False),
    Column("note", Text),
    Column("note_version", Integer, nullable=False, server_default=text("0")),
    Column("start_at", Instant),
    Column("end_at", Instant),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("modified_at", Instant, nullable=False, server_default=func.now()),
    Index(None, "product_id", "id"),
    # Whatever is counted by customer, product or status is counted in it alone. The product is not the first:
    # PostgreSQL 18 would then look holders up in it, product by product.
    Index(None, "customer_id", "product_id", "status"),
    one_of("status", SubscriptionStatus),
    CheckConstraint("held_by IS NULL OR NOT in_sync", name="held_by"),
    CheckConstraint("char_length(description) <= 2000", name="description"),
    CheckConstraint("char_length(note) BETWEEN 1 AND 5000", name="note"),
    # Most updates touch no indexed column; with room on the page they touch no index either.
    postgresql_with={"fillfactor": 80},
)

DESCRIPTION_ORDER = func.left(subscription.c.description, literal_column("100")).collate("C")
"""Descriptions as lists are sorted by them; the rest of a long one does not count."""

NEVER = literal_column("'infinity'::timestamptz", Instant)
"""Later than all times."""

START_ORDER = func.coalesce(subscription.c.start_at, NEVER)
"""Starts as lists are sorted by them: what has none comes after all."""

END_ORDER = func.coalesce(subscription.c.end_at, NEVER)
"""Ends as lists are sorted by them: what has none comes after all."""

_customer, _status, _id = subscription.c.customer_id, subscription.c.status, subscription.c.id

# One for each order of a list, and for each with the customer or the status fixed before it.
Index("subscription_customer_id_id_index", _customer, _id)
Index("subscription_customer_id_status_id_index", _customer, _status, _id)
Index("subscription_customer_id_description_index", _customer, DESCRIPTION_ORDER, _id)
Index("subscription_customer_id_start_index", _customer, START_ORDER, _id)
Index("subscription_customer_id_end_index", _customer, END_ORDER, _id)
Index("subscription_status_id_index", _status, _id)
Index("subscription_status_customer_id_index", _status, _customer, _id)
Index("subscription_status_description_index", _status, DESCRIPTION_ORDER, _id)
Index("subscription_status_start_index", _status, START_ORDER, _id)
Index("subscription_status_end_index", _status, END_ORDER, _id)
Index("subscription_description_index", DESCRIPTION_ORDER, _id)
Index("subscription_start_index", START_ORDER, _id)
Index("subscription_end_index", END_ORDER, _id)

block = Table(
    "block",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), nullable=False),
    Column("block", Key, nullable=False),
    Column("label", Text),
    Column("values", JSONB, nullable=False),
    Index(None, "subscription_id"),
)

block_relation = Table(
    "block_relation",
    metadata,
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), nullable=False),
    Column("parent_id", Uuid),
    Column("attribute", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("child_id", Uuid, ForeignKey("block.id"), nullable=False),
    Column("owner_id", Uuid, ForeignKey("subscription.id")),
    UniqueConstraint(
        "subscription_id", "parent_id", "attribute", "position", postgresql_nulls_not_distinct=True
    ),
    Index(None, "child_id"),
    Index(None, "owner_id", "subscription_id", postgresql_where=text("owner_id IS NOT NULL")),
    Index(None, "subscription_id", "owner_id", postgresql_where=text("owner_id IS NOT NULL")),
)

subscription_change = Table(
    "subscription_change",
    metadata,
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("process_id", Uuid),
    Column("step_key", Key),
    Column("actor", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("override", Text),
    Index(None, "process_id", "subscription_id", "version", postgresql_where=text("process_id IS NOT NULL")),
)

subscription_metadata = Table(
    "subscription_metadata",
    metadata,
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), primary_key=True),
    Column("metadata", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("modified_at", Instant, nullable=False, server_default=func.now()),
    Column("modified_by", Key, nullable=False),
    Index(None, "metadata", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}),
)

customer_description = Table(
    "customer_description",
    metadata,
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), primary_key=True),
    Column("customer_id", Key, primary_key=True),
    Column("description", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("modified_at", Instant, nullable=False, server_default=func.now()),
    Column("modified_by", Key, nullable=False),
    Index(None, "customer_id", "subscription_id"),
    CheckConstraint("char_length(description) BETWEEN 1 AND 2000", name="description"),
)
