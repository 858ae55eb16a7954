"""The patches of one save, seen together with what is stored around their subscriptions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.ids import BlockId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.tree import RelationRecord
from domain.storage.saving.facts import SaveFacts, new_references
from domain.storage.saving.outcomes import AuthoredPatch, SaveRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """A reason against writing a patch.

    Attributes:
        unless: the subscription whose patch takes the reason away when it is written; None if none does.
    """

    against: SubscriptionId
    refusal: SaveRefusal
    unless: SubscriptionId | None = None


class SaveBatch:
    """What was before a save and what is after it, if all of its patches are written.

    Attributes:
        changes: the patches, by subscription.
        references: the places in each patch's tree of blocks of others that were in none before.
        stored: the subscriptions that are changed or newly referred to, if they exist.
        owners: of the blocks that are newly referred to, if they exist.
    """

    def __init__(self, changes: Sequence[AuthoredPatch], facts: SaveFacts) -> None:
        self.changes = {change.id: change for change in changes}
        self.references = {change.id: new_references(change.patch) for change in changes}
        self.stored = {each.id: each for each in facts.subscriptions}
        self.owners = {each.block_id: each.subscription_id for each in facts.owned}
        self.referred = facts.referred
        self.nested = facts.nested
        self._order = {change.id: number for number, change in enumerate(changes)}
        self._uses = {(each.used, each.user) for each in facts.uses}
        self._statuses: Mapping[SubscriptionId, SubscriptionStatus] = {
            **{each.used: each.used_status for each in facts.uses},
            **{each.user: each.user_status for each in facts.uses},
            **{each.id: each.status for each in facts.subscriptions},
        }

    def related(self) -> Iterable[tuple[SubscriptionId, SubscriptionId]]:
        """Who uses whom, before or after, as far as statuses may clash: the used one first."""
        after = {
            (relation.owner_id, user)
            for user in self.changes
            for relation in self.relations(user) or ()
            if relation.owner_id is not None
        }
        return sorted(self._uses | after)

    def relations(self, subscription_id: SubscriptionId) -> tuple[RelationRecord, ...] | None:
        """The relations that a patch writes; None if it writes none."""
        change = self.changes.get(subscription_id)
        return None if change is None else change.patch.relations

    def uses_before(self, used: SubscriptionId, user: SubscriptionId) -> bool:
        """Whether one subscription uses another one, as stored."""
        return (used, user) in self._uses

    def uses_after(self, used: SubscriptionId, user: SubscriptionId) -> bool:
        """Whether one subscription uses another one once its patch is written."""
        relations = self.relations(user)
        if relations is None:
            return self.uses_before(used, user)
        return any(relation.owner_id == used for relation in relations)

    def status_before(self, subscription_id: SubscriptionId) -> SubscriptionStatus | None:
        """The stored status; None if the subscription is new."""
        return self._statuses.get(subscription_id)

    def status_after(self, subscription_id: SubscriptionId) -> SubscriptionStatus | None:
        """The status once the patch is written; None if there is no such subscription."""
        change = self.changes.get(subscription_id)
        return self.status_before(subscription_id) if change is None else change.patch.status

    def is_later(self, one: SubscriptionId, other: SubscriptionId) -> bool:
        """Whether the patch of one subscription comes after that of another one."""
        return self._order[one] > self._order[other]

    def writes(self, owner: SubscriptionId, block_id: BlockId) -> bool:
        """Whether a block is new, and there once the owner's patch is written."""
        change = self.changes.get(owner)
        return (
            change is not None
            and block_id not in self.owners
            and any(block.id == block_id for block in change.patch.blocks_written)
        )

    def lets_go(self, user: SubscriptionId, block_id: BlockId) -> bool:
        """Whether a patch writes relations of a subscription without a block."""
        relations = self.relations(user)
        return relations is not None and all(relation.child_id != block_id for relation in relations)
