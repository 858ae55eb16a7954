"""Which patches of a batch may be written, given what is stored around their subscriptions.

Patches of one batch see each other as written: a process that terminates a circuit and its port in one
checkpoint is no danger to itself. A patch that may only be written because another one is, falls with it. Of
two that stand in each other's way the later one is refused, as if they had come one by one.
"""

from collections.abc import Iterator, Mapping, Sequence

from domain.errors import BlockInUse, ReferencedBlockNotFound, SubscriptionLocked, UnsafeTransition
from domain.ids import BlockId, SubscriptionId
from domain.model.errors import ForeignBlock
from domain.storage.saving.batch import Objection, SaveBatch
from domain.storage.saving.circles import find_circle
from domain.storage.saving.facts import SaveFacts
from domain.storage.saving.outcomes import AuthoredPatch, SaveRefusal, refusal
from domain.storage.saving.transitions import unsafe_transitions


def decide(
    changes: Sequence[AuthoredPatch], facts: SaveFacts, *, refused: Mapping[SubscriptionId, SaveRefusal]
) -> dict[SubscriptionId, SaveRefusal]:
    """Why patches may not be written, those that are refused already included; the others may be.

    Raises:
        ForeignBlock: if a block of another subscription is in a field of the subscription itself, or a block
            of its own is named as another's.
    """
    batch = SaveBatch(changes, facts)
    outcome = dict(refused)
    for change in changes:
        reason = refusal(change, batch.stored.get(change.id), facts.products.get(change.patch.product))
        if reason is not None:
            outcome.setdefault(change.id, reason)
    objections = [*_wrong_references(batch), *_removals(batch), *unsafe_transitions(batch)]
    while True:
        valid = [each for each in objections if each.unless is None or each.unless in outcome]
        fallen = {each.against for each in valid} - outcome.keys()
        if not fallen:
            circle = find_circle(batch, refused=outcome.keys())
            if circle is None:
                return outcome
            outcome[circle.against] = circle.refusal
        for subscription_id in fallen:
            outcome[subscription_id] = _together(
                [each.refusal for each in valid if each.against == subscription_id]
            )


def _wrong_references(batch: SaveBatch) -> Iterator[Objection]:
    for user, change in batch.changes.items():
        for relation in batch.references[user]:
            owner, block_id = relation.owner_id, relation.child_id
            if owner is None or owner == user or relation.parent_id is None:
                raise ForeignBlock(block_id, owner=owner, subscription_id=user)
            stored = batch.stored.get(owner)
            if batch.writes(owner, block_id):
                yield Objection(against=user, refusal=_not_found(user, owner, block_id), unless=owner)
            elif batch.owners.get(block_id) != owner:
                yield Objection(against=user, refusal=_not_found(user, owner, block_id))
            if stored is not None and not stored.is_writable_by(change.author):
                locked = SubscriptionLocked(owner, held_by=stored.held_by, user=user)
                yield Objection(against=user, refusal=locked)


def _not_found(user: SubscriptionId, owner: SubscriptionId, block_id: BlockId) -> ReferencedBlockNotFound:
    return ReferencedBlockNotFound(block_id, subscription_id=user, expected_owner=owner)


def _removals(batch: SaveBatch) -> Iterator[Objection]:
    """Who refers to blocks that are to be removed, and who would from now on."""
    removed = {
        block_id: owner for owner, change in batch.changes.items() for block_id in change.patch.blocks_removed
    }
    for fact in batch.referred:
        owner, user = removed[fact.block_id], fact.subscription_id
        unless = user if batch.lets_go(user, fact.block_id) else None
        yield Objection(against=owner, refusal=_in_use(owner, fact.block_id, user), unless=unless)
    for user, references in batch.references.items():
        for relation in references:
            if relation.child_id in removed:
                owner = removed[relation.child_id]
                yield Objection(against=owner, refusal=_in_use(owner, relation.child_id, user))


def _in_use(owner: SubscriptionId, block_id: BlockId, user: SubscriptionId) -> BlockInUse:
    return BlockInUse(block_id, subscription_id=owner, users=[user])


def _together(refusals: Sequence[SaveRefusal]) -> SaveRefusal:
    """One refusal for what speaks against a patch: the first, completed by the others of its kind."""
    match refusals[0]:
        case BlockInUse() as first:
            same = [
                each for each in refusals if isinstance(each, BlockInUse) and each.block_id == first.block_id
            ]
            users = dict.fromkeys(user for each in same for user in each.users)
            return BlockInUse(first.block_id, subscription_id=first.subscription_id, users=tuple(users))
        case UnsafeTransition() as first:
            unsafe = [each for each in refusals if isinstance(each, UnsafeTransition)]
            if first.users:
                unsafe = [each for each in unsafe if each.users]
            return UnsafeTransition(
                first.subscription_id,
                target=first.target,
                users=tuple(dict.fromkeys(user for each in unsafe for user in each.users)),
                used=()
                if first.users
                else tuple(dict.fromkeys(used for each in unsafe for used in each.used)),
                expected=first.expected,
            )
        case first:
            return first
