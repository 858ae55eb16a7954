"""Whether references of several subscriptions would put a block inside itself."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from domain.errors import BlockInsideItself
from domain.ids import BlockId, SubscriptionId
from domain.storage.saving.batch import Objection, SaveBatch
from domain.storage.saving.facts import references


def find_circle(batch: SaveBatch, *, refused: Collection[SubscriptionId]) -> Objection | None:
    """What speaks against the latest patch that would close a circle of blocks, once the others are written.

    Args:
        batch: all patches.
        refused: the subscriptions whose patches are not written.
    """
    referring = {
        user: references(change.patch) for user, change in batch.changes.items() if user not in refused
    }
    if not any(referring.values()):
        return None
    children = _children(batch, refused)
    for user, places in reversed(referring.items()):
        for place in places:
            if place.parent_id is None:
                continue
            way = _way(children, place.child_id, place.parent_id)
            if way:
                refusal = BlockInsideItself(user, attribute=place.attribute, path=(place.parent_id, *way))
                return Objection(against=user, refusal=refusal)
    return None


def _children(batch: SaveBatch, refused: Collection[SubscriptionId]) -> Mapping[BlockId, Collection[BlockId]]:
    """What is below blocks: as written where that is, else as stored."""
    children: defaultdict[BlockId, list[BlockId]] = defaultdict(list)
    written = {
        user: relations
        for user in batch.changes
        if user not in refused and (relations := batch.relations(user)) is not None
    }
    for fact in batch.nested:
        if fact.owner_id not in written:
            children[fact.above].append(fact.below)
    for relations in written.values():
        for relation in relations:
            if relation.parent_id is not None:
                children[relation.parent_id].append(relation.child_id)
    return children


def _way(children: Mapping[BlockId, Collection[BlockId]], start: BlockId, end: BlockId) -> Sequence[BlockId]:
    """The blocks from one down to another one, both included; none if that is not below it."""
    above = {start: start}
    waiting = [start]
    while waiting:
        block_id = waiting.pop()
        for below in children.get(block_id, ()):
            if below not in above:
                above[below] = block_id
                waiting.append(below)
    if end not in above:
        return ()
    way = [end]
    while way[-1] != start:
        way.append(above[way[-1]])
    return way[::-1]
