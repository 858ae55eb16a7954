"""Subscriptions while their trees are made, and the blocks that later ones may refer to."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from bench.seeding.plan import PlannedSubscription
from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.json import JsonValue
from domain.model.lifecycle import ACTIVE, SAFE_USER_STATUSES, SubscriptionStatus
from domain.model.trees.tree import BlockRecord, RelationRecord

_ACTIVE_SHARE = 0.5
_SAME_CUSTOMER_SHARE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededSubscription:
    """One subscription with its tree."""

    id: SubscriptionId
    plan: PlannedSubscription
    blocks: list[BlockRecord] = field(default_factory=list[BlockRecord])
    relations: list[RelationRecord] = field(default_factory=list[RelationRecord])

    @property
    def complete(self) -> bool:
        """Whether every value is known, as from ACTIVE on."""
        return self.plan.status not in {SubscriptionStatus.INITIAL, SubscriptionStatus.PROVISIONING}

    @property
    def begun(self) -> bool:
        """Whether the values are known that provisioning needs."""
        return self.plan.status is not SubscriptionStatus.INITIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a block goes: below a parent, or below the subscription itself."""

    attribute: str
    parent_id: BlockId | None = None
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedBlock:
    """A block that other subscriptions may refer to.

    Attributes:
        depth: how many blocks of its kind are above it.
    """

    id: BlockId
    owner_id: SubscriptionId
    depth: int = 0


class Ids:
    """Identifiers of version 7, the same ones for the same random numbers."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def next(self, plan: PlannedSubscription) -> UUID:
        """An identifier made when the subscription was."""
        milliseconds = int(plan.created_at.timestamp() * 1000)
        noise = self._random.getrandbits(74)
        return UUID(
            int=(milliseconds << 80)
            | (0x7 << 76)
            | ((noise >> 62) << 64)
            | (0b10 << 62)
            | (noise & (1 << 62) - 1)
        )


class Offers:
    """Blocks of one kind by status and customer; whoever refers to one keeps to the safe statuses."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._by_status: defaultdict[SubscriptionStatus, list[OfferedBlock]] = defaultdict(list)
        self._by_customer: defaultdict[tuple[SubscriptionStatus, CustomerId], list[OfferedBlock]] = (
            defaultdict(list)
        )

    def add(self, plan: PlannedSubscription, offered: OfferedBlock) -> None:
        """Let later subscriptions refer to a block."""
        self._by_status[plan.status].append(offered)
        self._by_customer[plan.status, plan.customer_id].append(offered)

    def find(self, plan: PlannedSubscription) -> OfferedBlock | None:
        """A block that a subscription may refer to; mostly an ACTIVE one of the same customer."""
        status = ACTIVE
        if self._random.random() >= _ACTIVE_SHARE:
            status = self._random.choice(USABLE_STATUSES[plan.status])
        found = self._by_status.get(status) or self._by_status.get(ACTIVE)
        own = self._by_customer.get((status, plan.customer_id))
        if own and self._random.random() < _SAME_CUSTOMER_SHARE:
            found = own
        return self._random.choice(found) if found else None


def add_block(
    subscription: SeededSubscription,
    ids: Ids,
    place: Place,
    *,
    family: str,
    label: str | None = None,
    values: Mapping[str, JsonValue],
) -> BlockId:
    """Put a new block into the tree; values that are None have no key."""
    block_id = BlockId(ids.next(subscription.plan))
    subscription.blocks.append(
        BlockRecord(
            id=block_id,
            subscription_id=subscription.id,
            block=family,
            label=label,
            values={name: value for name, value in values.items() if value is not None},
        )
    )
    subscription.relations.append(
        RelationRecord(
            parent_id=place.parent_id, attribute=place.attribute, position=place.position, child_id=block_id
        )
    )
    return block_id


def refer(subscription: SeededSubscription, place: Place, offered: OfferedBlock | None) -> None:
    """Refer to a block of another subscription, if there is one to refer to."""
    if offered is not None:
        subscription.relations.append(
            RelationRecord(
                parent_id=place.parent_id,
                attribute=place.attribute,
                position=place.position,
                child_id=offered.id,
                owner_id=offered.owner_id,
            )
        )


def _usable_statuses(user: SubscriptionStatus) -> tuple[SubscriptionStatus, ...]:
    # An ACTIVE user's class wants values that a subscription in PROVISIONING does not have yet.
    if user is ACTIVE:
        return (ACTIVE,)
    return tuple(used for used in SubscriptionStatus if user in SAFE_USER_STATUSES[used])


USABLE_STATUSES: Final[Mapping[SubscriptionStatus, tuple[SubscriptionStatus, ...]]] = {
    user: _usable_statuses(user) for user in SubscriptionStatus
}
"""For each status the statuses of subscriptions that one with it refers to."""
