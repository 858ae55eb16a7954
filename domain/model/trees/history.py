"""What a subscription was at an earlier version, and what became of it since, from its change records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.json import JsonValue
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.change_form import ChangeSide, decode_columns, decode_side, in_order
from domain.model.trees.tree import BlockRecord, RelationRecord


class ChangeLike(Protocol):
    """What is needed of a change record."""

    @property
    def subscription_id(self) -> SubscriptionId:
        """Whose change it is."""
        ...

    @property
    def version(self) -> int:
        """The version that it made."""
        ...

    @property
    def at(self) -> datetime:
        """When it was made."""
        ...

    @property
    def after(self) -> JsonValue:
        """What it put there."""
        ...


class WholeChangeLike(ChangeLike, Protocol):
    """What is needed of a change record that tells both sides."""

    @property
    def before(self) -> JsonValue:
        """What it replaced; None for the first version."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeVersion:
    """A subscription as it was at one version.

    Attributes:
        at: when the version was made.
        blocks: the subscription's own, by id.
        relations: of the subscription and its own blocks, by parent, attribute and position.
    """

    subscription_id: SubscriptionId
    version: int
    at: datetime
    product: str
    customer_id: CustomerId
    status: SubscriptionStatus
    description: str
    start_at: datetime | None
    end_at: datetime | None
    blocks: tuple[BlockRecord, ...]
    relations: tuple[RelationRecord, ...]


def replay(changes: Iterable[ChangeLike]) -> TreeVersion:
    """The subscription as the last of these changes made it.

    Args:
        changes: all of a subscription's from the first on, in the order of their versions.

    Raises:
        ValueError: if there are none, the first or one between is missing, or they are of two subscriptions.
    """
    columns: dict[str, JsonValue] = {}
    blocks: dict[BlockId, BlockRecord] = {}
    relations: tuple[RelationRecord, ...] = ()
    last: ChangeLike | None = None
    for change in changes:
        check_follows(
            change,
            subscription_id=change.subscription_id if last is None else last.subscription_id,
            version=0 if last is None else last.version,
        )
        after = decode_side(change.after, change.subscription_id)
        columns |= after.columns
        for block_id, block in after.blocks.items():
            if block is None:
                blocks.pop(block_id, None)
            else:
                blocks[block_id] = block
        relations = after.relations if after.relations is not None else relations
        last = change
    if last is None:
        raise ValueError("found no change, expected at least that of version 1")
    stored = decode_columns(columns)
    return TreeVersion(
        subscription_id=last.subscription_id,
        version=last.version,
        at=last.at,
        product=stored.product,
        customer_id=stored.customer_id,
        status=stored.status,
        description=stored.description,
        start_at=stored.start_at,
        end_at=stored.end_at,
        blocks=tuple(sorted(blocks.values(), key=lambda block: block.id)),
        relations=tuple(in_order(relations)),
    )


def sides_of(changes: Sequence[WholeChangeLike]) -> tuple[ChangeSide, ChangeSide]:
    """What a subscription was before the first of these changes and after the last, where they touched it.

    Args:
        changes: of one subscription, at least one, in the order of their versions; some may be missing.
    """
    after = _last_of(decode_side(change.after, change.subscription_id) for change in changes)
    if changes[0].before is None:
        # It was not there: what later ones replaced is what the first one made.
        return ChangeSide(columns={}, blocks={}, relations=None), after
    return _last_of(decode_side(change.before, change.subscription_id) for change in changes[::-1]), after


def _last_of(sides: Iterable[ChangeSide]) -> ChangeSide:
    columns: dict[str, JsonValue] = {}
    blocks: dict[BlockId, BlockRecord | None] = {}
    relations: tuple[RelationRecord, ...] | None = None
    for side in sides:
        columns |= side.columns
        blocks |= side.blocks
        relations = relations if side.relations is None else side.relations
    return ChangeSide(columns=columns, blocks=blocks, relations=relations)


def check_follows(change: ChangeLike, *, subscription_id: SubscriptionId, version: int) -> None:
    """Check that a change is the one that made the next version of a subscription.

    Args:
        change: the next change.
        subscription_id: whose it must be.
        version: the version that it must have been made upon; 0 for the first.

    Raises:
        ValueError: if it is not.
    """
    if (change.subscription_id, change.version) != (subscription_id, version + 1):
        raise ValueError(
            f"found the change to version {change.version} of subscription {change.subscription_id},"
            f" expected that to version {version + 1} of {subscription_id}"
        )
