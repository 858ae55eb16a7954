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
        owner_id: the subscription that owns the child, if that is another one: the place is a reference.
    """

    parent_id: BlockId | None
    attribute: str
    position: int
    child_id: BlockId
    owner_id: SubscriptionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStub:
    """A block that a tree refers to and whose owner is out of scope: that it is there, and nothing of it."""

    id: BlockId
    block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A subscription with its blocks, and with the blocks of others that it refers to, at any depth.

    Attributes:
        blocks: those of the subscription, and those it reaches through references.
        relations: of all of these blocks; ordered by parent, attribute and position.
        stubs: the blocks that are reached but out of scope; nothing below them is in the tree.
    """

    subscription: SubscriptionRecord
    blocks: tuple[BlockRecord, ...]
    relations: tuple[RelationRecord, ...]
    stubs: tuple[BlockStub, ...] = ()
