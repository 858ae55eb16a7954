"""What is to be written of a changed subscription."""

from dataclasses import dataclass
from datetime import datetime

from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.json import JsonValue
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.tree import BlockRecord, RelationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPatch:
    """The difference between a subscription and the stored tree that it was loaded from.

    Attributes:
        base_version: the version the difference is against; 0 for a new subscription.
        product: the product's name.
        blocks_written: blocks that are new or whose values or labels changed, whole.
        blocks_removed: blocks that are no longer in the tree.
        relations: all of the tree's relations if any changed; None if none did.
        status_changed: whether the status is another one than the stored; not for a new subscription.
        references: the other subscriptions whose blocks the resulting tree refers to.
        references_added: those of them that the stored tree does not refer to.
        described: whether the description is what the model makes of its values, not what somebody wrote.
        override: why a change of status shall be written although it is unsafe; recorded with the change.
        before: what ``after`` replaces, in the same form, so that the change can be undone; None for a new
            subscription.
        after: the parts that changed: ``subscription`` holds columns, ``blocks`` whole blocks by id (null for
            a block that is not there), ``relations`` all relations.
    """

    subscription_id: SubscriptionId
    base_version: int
    product: str
    customer_id: CustomerId
    status: SubscriptionStatus
    description: str
    start_at: datetime | None
    end_at: datetime | None
    blocks_written: tuple[BlockRecord, ...]
    blocks_removed: tuple[BlockId, ...]
    relations: tuple[RelationRecord, ...] | None
    before: JsonValue
    after: JsonValue
    status_changed: bool = False
    references: tuple[SubscriptionId, ...] = ()
    references_added: tuple[SubscriptionId, ...] = ()
    described: bool = False
    override: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return self.after == {}
