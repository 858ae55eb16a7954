"""What a loaded tree holds, told apart: the subscription's own, and what it only refers to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from domain.ids import BlockId
from domain.json import JsonValue
from domain.model.errors import ForeignBlockChanged
from domain.model.trees.change_form import Columns
from domain.model.trees.disassembly import BlockTree
from domain.model.trees.tree import BlockRecord, RelationRecord, Tree


class StoredParts:
    """The parts of a stored tree that a changed one is compared with.

    Attributes:
        blocks: the subscription's own, by id.
        relations: of the subscription and its own blocks.
        references: the other subscriptions whose blocks its own blocks refer to.
    """

    def __init__(self, tree: Tree) -> None:
        record = tree.subscription
        self.version = record.version
        self.columns = Columns(
            product=record.product_name,
            customer_id=record.customer_id,
            status=record.status,
            description=record.description,
            start_at=record.start_at,
            end_at=record.end_at,
        )
        self.blocks = {block.id: block for block in tree.blocks if block.subscription_id == record.id}
        self._foreign = {block.id: block for block in tree.blocks if block.subscription_id != record.id}
        own, foreign = self._told_apart(tree.relations)
        self.relations = own
        self.references = frozenset(each.owner_id for each in self.relations if each.owner_id is not None)
        self._subscription_id = record.id
        self._foreign_children = _children(foreign)

    def with_stored_numbers(self, parts: BlockTree) -> BlockTree:
        """A tree whose unchanged floats are written as they are stored.

        PostgreSQL writes a large float without an exponent, and it is read back as an integer that is equal
        to the float only once it is rounded to one.
        """
        return replace(
            parts,
            blocks=tuple(as_stored(block, self.blocks.get(block.id)) for block in parts.blocks),
            foreign_blocks=tuple(
                as_stored(block, self._foreign.get(block.id)) for block in parts.foreign_blocks
            ),
        )

    def check_foreign(self, parts: BlockTree) -> None:
        """Check that the blocks of others are as they were loaded; those put in since are not looked at.

        Raises:
            ForeignBlockChanged: for the first that is not.
        """
        children = _children(parts.foreign_relations)
        for block in parts.foreign_blocks:
            stored = self._foreign.get(block.id)
            if stored is None:
                continue
            changed = _changed_field(stored, block) or _changed_key(
                self._foreign_children[block.id], children[block.id]
            )
            if changed is not None:
                raise ForeignBlockChanged(
                    block.id,
                    changed,
                    owner=stored.subscription_id,
                    subscription_id=self._subscription_id,
                )

    def _told_apart(
        self, relations: tuple[RelationRecord, ...]
    ) -> tuple[tuple[RelationRecord, ...], tuple[RelationRecord, ...]]:
        """The relations of the subscription and its own blocks, and those of the blocks of others."""
        if not self._foreign:
            return relations, ()
        own = tuple(each for each in relations if each.parent_id is None or each.parent_id in self.blocks)
        foreign = tuple(each for each in relations if each.parent_id in self._foreign)
        return own, foreign


def as_stored(block: BlockRecord, stored: BlockRecord | None) -> BlockRecord:
    """A block whose floats are written as they are stored, where they are the same numbers."""
    if stored is None or stored == block:
        return block
    values = {name: _stored_number(value, stored.values.get(name)) for name, value in block.values.items()}
    return replace(block, values=values)


def _children(relations: Iterable[RelationRecord]) -> defaultdict[BlockId | None, dict[str, list[BlockId]]]:
    """The children of each parent by attribute, in order."""
    children: defaultdict[BlockId | None, dict[str, list[BlockId]]] = defaultdict(dict)
    for relation in sorted(relations, key=lambda relation: relation.position):
        children[relation.parent_id].setdefault(relation.attribute, []).append(relation.child_id)
    return children


def _changed_field(before: BlockRecord, after: BlockRecord) -> str | None:
    return "label" if before.label != after.label else _changed_key(before.values, after.values)


def _changed_key(before: Mapping[str, object], after: Mapping[str, object]) -> str | None:
    """The first key, in the order of the alphabet, that has another value on each side."""
    keys = sorted(before.keys() | after.keys())
    return next((key for key in keys if before.get(key) != after.get(key)), None)


def _stored_number(value: JsonValue, stored: JsonValue) -> JsonValue:
    match value, stored:
        case float(), int():
            return stored if float(stored) == value else value
        case list(), list() if len(value) == len(stored):
            return [_stored_number(item, old) for item, old in zip(value, stored, strict=True)]
        case dict(), dict():
            return {key: _stored_number(item, stored.get(key)) for key, item in value.items()}
        case _:
            return value
