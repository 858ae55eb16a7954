"""Which blocks are where, once two changes of one tree are put upon each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from domain.errors import ConflictingEdit
from domain.ids import BlockId, SubscriptionId
from domain.model.trees.change_form import in_order
from domain.model.trees.tree import RelationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationSides:
    """All relations of a subscription as they were, as we made them, and as they made them."""

    base: tuple[RelationRecord, ...]
    ours: tuple[RelationRecord, ...]
    theirs: tuple[RelationRecord, ...]


def merged_relations(
    sides: RelationSides, *, removed: frozenset[BlockId], subscription_id: SubscriptionId
) -> tuple[RelationRecord, ...]:
    """All relations with the changes of both; the blocks in one field of one parent are one value.

    Args:
        sides: of one subscription.
        removed: the blocks that one of the changes took out of the tree.
        subscription_id: whose tree it is.

    Raises:
        ConflictingEdit: if both changed one field; if one put a removed block somewhere, or something below
            it; if a parent would hold a block twice; if a block would be nowhere or inside itself.
    """
    merge = _Merge(sides, removed=removed, subscription_id=subscription_id)
    relations = merge.relations()
    merge.check_children(relations)
    merge.check_hanging_together(relations)
    return relations


_Field = tuple[BlockId | None, str]
_Children = tuple[tuple[BlockId, SubscriptionId | None], ...]


class _Merge:
    def __init__(
        self, sides: RelationSides, *, removed: frozenset[BlockId], subscription_id: SubscriptionId
    ) -> None:
        self._sides = sides
        self._removed = removed
        self._subscription_id = subscription_id

    def relations(self) -> tuple[RelationRecord, ...]:
        base, ours, theirs = (
            _by_field(side) for side in (self._sides.base, self._sides.ours, self._sides.theirs)
        )
        fields = sorted({*base, *ours, *theirs}, key=lambda field: (str(field[0] or ""), field[1]))
        merged = {
            field: self._field(field, base.get(field, ()), ours.get(field, ()), theirs.get(field, ()))
            for field in fields
        }
        return tuple(
            RelationRecord(
                parent_id=parent_id,
                attribute=attribute,
                position=position,
                child_id=child_id,
                owner_id=owner_id,
            )
            for (parent_id, attribute), children in merged.items()
            for position, (child_id, owner_id) in enumerate(children)
        )

    def _field(self, field: _Field, base: _Children, ours: _Children, theirs: _Children) -> _Children:
        if theirs in (base, ours):
            return ours
        if ours == base:
            return theirs
        parent_id, attribute = field
        if parent_id is not None and parent_id in self._removed:
            raise self._removed_block(parent_id)
        raise self._conflict((_named(parent_id), attribute), expected=_listed(base), found=_listed(theirs))

    def check_children(self, relations: Iterable[RelationRecord]) -> None:
        """Check that no removed block is among them, and that no parent holds a block twice."""
        seen: set[tuple[BlockId | None, BlockId]] = set()
        for relation in relations:
            for block_id in (relation.parent_id, relation.child_id):
                if block_id is not None and block_id in self._removed:
                    raise self._removed_block(block_id)
            if (relation.parent_id, relation.child_id) in seen:
                raise self._conflict(
                    (_named(relation.parent_id), relation.attribute),
                    expected=f"block {relation.child_id} in one field",
                    found="it in two fields",
                )
            seen.add((relation.parent_id, relation.child_id))

    def check_hanging_together(self, relations: Iterable[RelationRecord]) -> None:
        """Check that each block has a place, and none is below itself."""
        children: defaultdict[BlockId | None, list[BlockId]] = defaultdict(list)
        for relation in relations:
            if relation.owner_id is None:
                children[relation.parent_id].append(relation.child_id)
        reached = _reached(children)
        there = {
            relation.child_id
            for relation in (*self._sides.ours, *self._sides.theirs)
            if relation.owner_id is None
        }
        for block_id in sorted(there - self._removed - reached):
            raise self._conflict((str(block_id),), expected="a place in the tree", found="no place for it")
        try:
            TopologicalSorter(children).prepare()
        except CycleError as error:
            cycle: list[BlockId] = error.args[1]
            raise self._conflict(
                (str(min(cycle)),), expected="a place that is not below itself", found="itself above it"
            ) from error

    def _removed_block(self, block_id: BlockId) -> ConflictingEdit:
        return self._conflict(
            (str(block_id),), expected="a block that nobody removes", found="it removed and used"
        )

    def _conflict(self, path: tuple[str, ...], *, expected: str, found: str) -> ConflictingEdit:
        return ConflictingEdit(self._subscription_id, path=path, expected=expected, found=found)


def _by_field(relations: Iterable[RelationRecord]) -> Mapping[_Field, _Children]:
    fields: defaultdict[_Field, list[tuple[BlockId, SubscriptionId | None]]] = defaultdict(list)
    for relation in in_order(relations):
        fields[relation.parent_id, relation.attribute].append((relation.child_id, relation.owner_id))
    return {field: tuple(children) for field, children in fields.items()}


def _reached(children: Mapping[BlockId | None, list[BlockId]]) -> set[BlockId | None]:
    """What hangs below the subscription."""
    reached: set[BlockId | None] = {None}
    waiting: list[BlockId | None] = [None]
    while waiting:
        for block_id in children.get(waiting.pop(), ()):
            if block_id not in reached:
                reached.add(block_id)
                waiting.append(block_id)
    return reached


def _named(parent_id: BlockId | None) -> str:
    return "subscription" if parent_id is None else str(parent_id)


def _listed(children: _Children) -> str:
    return ", ".join(f"block {child_id}" for child_id, _ in children) or "no blocks"
