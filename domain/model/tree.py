"""Stored rows as records: a subscription, its blocks, and how they hang together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.ids import BlockId, CustomerId, ProcessId, ProductId, SubscriptionId
from domain.json import JsonValue
from domain.model.lifecycle import SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRecord:
    """One subscription without its blocks.

    Attributes:
        held_by: the process that holds the lock; None while the subscription is in sync.
        version: raised by one with every committed change of tree, status or product.
        note_version: raised by one with every change of the note.
    """

    id: SubscriptionId
    product_id: ProductId
    product_name: str
    customer_id: CustomerId
    status: SubscriptionStatus
    description: str
    in_sync: bool
    held_by: ProcessId | None
    version: int
    note: str | None
    note_version: int
    start_at: datetime | None
    end_at: datetime | None
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRecord:
    """One block instance.

    Attributes:
        subscription_id: the owner.
        block: the name of the block's family.
        values: stored forms of the scalar fields; a field that is None has no key.
    """

    id: BlockId
    subscription_id: SubscriptionId
    block: str
    label: str | None
    values: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRecord:
    """One block's place under its parent.

    Attributes:
        parent_id: None means that the child is a field of the subscription itself.
        attribute: the field that holds the child.
        position: the index in a list; 0 in a single field.
    """

    parent_id: BlockId | None
    attribute: str
    position: int
    child_id: BlockId


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A subscription with all of its blocks; relations are ordered by parent, attribute and position."""

    subscription: SubscriptionRecord
    blocks: tuple[BlockRecord, ...]
    relations: tuple[RelationRecord, ...]
