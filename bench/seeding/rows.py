"""What the tables hold of the made subscriptions: trees, change records, notes, metadata, descriptions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bench.seeding.copies import MARK, FilledTable, Row, marked
from bench.seeding.drafts import SeededSubscription
from bench.seeding.plan import CUSTOMER_SHARES
from bench.seeding.processes import MadeProcess, Part
from domain.json import encode
from domain.model.lifecycle import TERMINATED
from domain.model.trees.change_form import ChangeSide, Columns, encode_columns, encode_side
from domain.model.trees.tree import BlockRecord, RelationRecord

ACTOR = "import"
"""Who made everything."""

SITES = (
    "Amsterdam", "Berlin", "Copenhagen", "Dublin", "Gent", "Hamburg", "Leiden", "Lisboa", "Örebro", "Oslo",
    "Paris", "Praha", "Rīga", "Wien", "Zürich", "århus", "eindhoven", "utrecht",
)  # fmt: skip
_UNTIL_START = (32, 62)
"""So many days after it was made a subscription becomes active; no copy of it is made later than that."""
_LONG = "A name that goes on for longer than lists are sorted by, as those of projects do now and then, " * 2

TABLES = (
    FilledTable(
        name="subscription",
        columns=(
            "id", "product_id", "customer_id", "status", "description", "in_sync", "held_by", "version",
            "note", "note_version", "start_at", "end_at", "created_at", "modified_at",
        ),
        fixed=frozenset({"start_at", "end_at"}),
    ),
    FilledTable(name="block", columns=("id", "subscription_id", "block", "label", "values")),
    FilledTable(
        name="block_relation",
        columns=("subscription_id", "parent_id", "attribute", "position", "child_id", "owner_id"),
    ),
    FilledTable(
        name="subscription_change",
        columns=("subscription_id", "version", "process_id", "step_key", "actor", "at", "before", "after"),
    ),
    FilledTable(
        name="subscription_metadata",
        columns=("subscription_id", "metadata", "version", "modified_at", "modified_by"),
    ),
    FilledTable(
        name="customer_description",
        columns=("subscription_id", "customer_id", "description", "version", "modified_at", "modified_by"),
    ),
)  # fmt: skip
"""The tables of subscriptions, each after those it refers to."""


class RowWriter:
    """Turns subscriptions into rows, table by table."""

    def __init__(self, random: Random, product_ids: Mapping[str, UUID]) -> None:
        self._random = random
        self._product_ids = product_ids
        self._customers = tuple(CUSTOMER_SHARES)

    def write(
        self, subscription: SeededSubscription, process: MadeProcess, tables: Mapping[str, list[Row]]
    ) -> None:
        """Append a subscription's rows to those of each table; the process was made with it."""
        plan, random = subscription.plan, self._random
        columns = self._columns(subscription)
        noted = self._chance(0.02)
        changes = list(_changes(subscription, columns, process))
        tables["subscription"].append(
            (
                marked(subscription.id),
                str(self._product_ids[plan.product.name]),
                plan.customer_id,
                str(plan.status),
                columns.description,
                plan.in_sync,
                marked(process.id) if process.part is Part.HOLDS else None,
                len(changes),
                f"Ask team {random.randrange(1, 9)} before any change" if noted else None,
                int(noted),
                columns.start_at,
                columns.end_at,
                plan.created_at,
                process.ended_at if process.part is Part.CHANGED else plan.created_at,
            )
        )
        tables["block"].extend(_block_row(block) for block in subscription.blocks)
        tables["block_relation"].extend(
            _relation_row(subscription, relation) for relation in subscription.relations
        )
        tables["subscription_change"].extend(changes)
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
            start_at = midnight + timedelta(days=random.randrange(*_UNTIL_START))
        if plan.status is TERMINATED or (subscription.complete and self._chance(0.03)):
            end_at = midnight + timedelta(days=30 * random.randrange(3, 38))
        return start_at, end_at

    def _metadata(self, subscription: SeededSubscription) -> Iterator[Row]:
        random = self._random
        if self._chance(0.05):
            metadata = {"tier": random.choice(("gold", "silver")), "ticket": f"T{random.randrange(10**5):05}"}
            yield marked(subscription.id), encode(metadata), 1, subscription.plan.created_at, ACTOR

    def _customer_descriptions(self, subscription: SeededSubscription) -> Iterator[Row]:
        plan, random = subscription.plan, self._random
        if self._chance(0.03):
            described = {plan.customer_id, random.choice(self._customers)}
            for customer in sorted(described):
                text = f"{plan.product.tag.lower()} {random.choice(SITES)}"
                yield marked(subscription.id), customer, text, 1, plan.created_at, ACTOR

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _block_row(block: BlockRecord) -> Row:
    values = encode(dict(block.values))
    return marked(block.id), marked(block.subscription_id), block.block, block.label, values


def _relation_row(subscription: SeededSubscription, relation: RelationRecord) -> Row:
    return (
        marked(subscription.id),
        None if relation.parent_id is None else marked(relation.parent_id),
        relation.attribute,
        relation.position,
        marked(relation.child_id),
        None if relation.owner_id is None else marked(relation.owner_id),
    )


def _changes(subscription: SeededSubscription, columns: Columns, process: MadeProcess) -> Iterator[Row]:
    """The first version, and where a process has changed the description the one before and the one after."""
    identifier, at = marked(subscription.id), subscription.plan.created_at
    if process.part is Part.MADE:
        after = _first(subscription, columns)
        yield identifier, 1, marked(process.id), process.first_step, process.actor, at, None, after
        return
    if process.part is not Part.CHANGED:
        yield identifier, 1, None, None, ACTOR, at, None, _first(subscription, columns)
        return
    before = replace(columns, description=f"New: {columns.description}")
    yield identifier, 1, None, None, ACTOR, at, None, _first(subscription, before)
    yield (
        *(identifier, 2, marked(process.id), process.first_step, process.actor, process.ended_at),
        encode({"subscription": {"description": before.description}}),
        encode({"subscription": {"description": columns.description}}),
    )


def _first(subscription: SeededSubscription, columns: Columns) -> str:
    """What the save of a new subscription records."""
    side = ChangeSide(
        columns=encode_columns(columns),
        blocks={block.id: block for block in subscription.blocks},
        relations=tuple(subscription.relations),
    )
    return _IDENTIFIER.sub(rf"\g<1>{MARK}\g<2>", encode(encode_side(side)))


_IDENTIFIER = re.compile(r'(?<=")([0-9a-f]{4})0([0-9a-f]{3}-[0-9a-f]{4}-7[0-9a-f-]{21})(?=")')
