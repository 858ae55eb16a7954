"""What the tables hold of the made subscriptions: trees, change records, notes, metadata, descriptions."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bench.seeding.drafts import SeededSubscription
from bench.seeding.plan import CUSTOMER_SHARES
from domain.json import JsonValue, encode
from domain.model.lifecycle import TERMINATED
from domain.model.trees.change_form import ChangeSide, Columns, encode_columns, encode_side
from domain.model.trees.tree import BlockRecord, RelationRecord

ACTOR = "import"
"""Who made everything."""

SITES = (
    "Amsterdam", "Berlin", "Copenhagen", "Dublin", "Gent", "Hamburg", "Leiden", "Lisboa", "Örebro", "Oslo",
    "Paris", "Praha", "Rīga", "Wien", "Zürich", "århus", "eindhoven", "utrecht",
)  # fmt: skip
_LONG = "A name that goes on for longer than lists are sorted by, as those of projects do now and then, " * 2

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "subscription": (
        "id", "product_id", "customer_id", "status", "description", "in_sync", "version", "note",
        "note_version", "start_at", "end_at", "created_at", "modified_at",
    ),
    "block": ("id", "subscription_id", "block", "label", "values"),
    "block_relation": ("subscription_id", "parent_id", "attribute", "position", "child_id", "owner_id"),
    "subscription_change": ("subscription_id", "version", "actor", "at", "after"),
    "subscription_metadata": ("subscription_id", "metadata", "version", "modified_at", "modified_by"),
    "customer_description": (
        "subscription_id", "customer_id", "description", "version", "modified_at", "modified_by",
    ),
}  # fmt: skip
"""The tables that are filled, each after those it refers to, with the columns that get values."""

Row = tuple[UUID | str | int | bool | datetime | None, ...]


class RowWriter:
    """Turns subscriptions into rows, table by table."""

    def __init__(self, random: Random, product_ids: Mapping[str, UUID]) -> None:
        self._random = random
        self._product_ids = product_ids
        self._customers = tuple(CUSTOMER_SHARES)

    def write(self, subscription: SeededSubscription, tables: Mapping[str, list[Row]]) -> None:
        """Append a subscription's rows to those of each table."""
        plan, random = subscription.plan, self._random
        columns = self._columns(subscription)
        noted = self._chance(0.02)
        tables["subscription"].append(
            (
                subscription.id,
                self._product_ids[plan.product.name],
                plan.customer_id,
                str(plan.status),
                columns.description,
                plan.in_sync,
                1,
                f"Ask team {random.randrange(1, 9)} before any change" if noted else None,
                int(noted),
                columns.start_at,
                columns.end_at,
                plan.created_at,
                plan.created_at,
            )
        )
        tables["block"].extend(_block_row(block) for block in subscription.blocks)
        tables["block_relation"].extend(
            _relation_row(subscription, relation) for relation in subscription.relations
        )
        after = encode(_change(subscription, columns))
        tables["subscription_change"].append((subscription.id, 1, ACTOR, plan.created_at, after))
        tables["subscription_metadata"].extend(self._metadata(subscription))
        tables["customer_description"].extend(self._customer_descriptions(subscription))

    def _columns(self, subscription: SeededSubscription) -> Columns:
        plan = subscription.plan
        start_at, end_at = self._times(subscription)
        return Columns(
            product=plan.product.name,
            customer_id=plan.customer_id,
            status=plan.status,
            description=self._description(subscription),
            start_at=start_at,
            end_at=end_at,
        )

    def _description(self, subscription: SeededSubscription) -> str:
        plan, random = subscription.plan, self._random
        if self._chance(0.002):
            return f"{_LONG}{plan.number}"
        if self._chance(0.05):
            return f"{plan.product.name} of {plan.customer_id}"
        return f"{plan.product.name} {random.choice(SITES)} {random.randrange(400):03}"

    def _times(self, subscription: SeededSubscription) -> tuple[datetime | None, datetime | None]:
        """Start and end: at midnight some days later, so that many are the same; most have no end."""
        plan, random = subscription.plan, self._random
        start_at = end_at = None
        midnight = plan.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
        if subscription.complete and self._chance(0.95):
            start_at = midnight + timedelta(days=random.randrange(1, 30))
        if plan.status is TERMINATED or (subscription.complete and self._chance(0.03)):
            end_at = midnight + timedelta(days=30 * random.randrange(1, 36))
        return start_at, end_at

    def _metadata(self, subscription: SeededSubscription) -> Iterator[Row]:
        random = self._random
        if self._chance(0.05):
            metadata = {"tier": random.choice(("gold", "silver")), "ticket": f"T{random.randrange(10**5):05}"}
            yield subscription.id, encode(metadata), 1, subscription.plan.created_at, ACTOR

    def _customer_descriptions(self, subscription: SeededSubscription) -> Iterator[Row]:
        plan, random = subscription.plan, self._random
        if self._chance(0.03):
            described = {plan.customer_id, random.choice(self._customers)}
            for customer in sorted(described):
                text = f"{plan.product.tag.lower()} {random.choice(SITES)}"
                yield subscription.id, customer, text, 1, plan.created_at, ACTOR

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _block_row(block: BlockRecord) -> Row:
    return block.id, block.subscription_id, block.block, block.label, encode(dict(block.values))


def _relation_row(subscription: SeededSubscription, relation: RelationRecord) -> Row:
    return (
        subscription.id,
        relation.parent_id,
        relation.attribute,
        relation.position,
        relation.child_id,
        relation.owner_id,
    )


def _change(subscription: SeededSubscription, columns: Columns) -> dict[str, JsonValue]:
    """What the save of a new subscription records."""
    return encode_side(
        ChangeSide(
            columns=encode_columns(columns),
            blocks={block.id: block for block in subscription.blocks},
            relations=tuple(subscription.relations),
        )
    )
