"""Trees of block models taken apart into records: what is the subscription's own, and what it refers to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue, UnrepresentableValue
from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ModelFields
from domain.model.errors import BlockLeftBelowForeign, BlockUsedTwice, ForeignBlock, NestedTooDeep
from domain.model.trees.tree import BlockRecord, RelationRecord

Path = tuple[str | int, ...]

MOST_LEVELS: Final = 100
"""How many blocks may be inside each other in a tree that is saved, those of others included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTree:
    """The blocks below a subscription, without the subscription; ordered by depth-first visit.

    Attributes:
        blocks: the subscription's own: without a foreign block above them, in one place at least.
        relations: of the subscription and its own blocks; those to blocks of others have an owner.
        foreign_blocks: the blocks of others that it refers to, and everything below them.
        foreign_relations: of the foreign blocks; one to a block of the subscription itself has an owner too.
        families: of all of these blocks, by name.
    """

    blocks: tuple[BlockRecord, ...]
    relations: tuple[RelationRecord, ...]
    foreign_blocks: tuple[BlockRecord, ...]
    foreign_relations: tuple[RelationRecord, ...]
    families: Mapping[str, ModelFamily[ProductBlockModel]]

    @property
    def references(self) -> tuple[SubscriptionId, ...]:
        """The other subscriptions whose blocks its own blocks refer to, in the order of their ids."""
        return tuple(sorted({each.owner_id for each in self.relations if each.owner_id is not None}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A block model and a place of it."""

    block: ProductBlockModel
    path: Path


def walk(
    root: BaseModel, fields: ModelFields[ProductBlockModel], *, subscription_id: SubscriptionId
) -> Iterator[PlacedBlock]:
    """Every block of its own below a subscription once, parents first; blocks without an owner count as own.

    Raises:
        BlockUsedTwice: as ``take_apart``.
        NestedTooDeep: as ``take_apart``.
        UnrepresentableValue: if something in the place of a block is none.
    """
    return Visit(root, fields, subscription_id=subscription_id).own_blocks()


def take_apart(
    root: BaseModel, fields: ModelFields[ProductBlockModel], *, subscription_id: SubscriptionId
) -> BlockTree:
    """The records of all blocks below a subscription.

    Raises:
        BlockUsedTwice: if one parent holds a block twice, a block is inside itself, or two objects with
            different contents stand for one block.
        ForeignBlock: if a field of the subscription itself, or one of a block of its own that is not marked
            as a reference, holds a block of another one.
        NestedTooDeep: if there are more than `MOST_LEVELS` blocks inside each other.
        BlockLeftBelowForeign: if a block of its own is only reached through blocks of others.
        UnrepresentableValue: if a value has no stored form; with its path from the subscription down.
    """
    return Visit(root, fields, subscription_id=subscription_id).take_apart()


class Visit:
    """One visit of all blocks below a subscription, depth first.

    Raises:
        BlockUsedTwice: as ``take_apart``.
        NestedTooDeep: as ``take_apart``.
        UnrepresentableValue: if something in the place of a block is none.
    """

    def __init__(
        self, root: BaseModel, fields: ModelFields[ProductBlockModel], *, subscription_id: SubscriptionId
    ) -> None:
        self._subscription_id = subscription_id
        self._nodes: dict[BlockId, _Node] = {}
        self._places: list[tuple[_Node, _Place]] = []
        self._top: set[_Node] = set()
        self._compared: set[int] = set()
        self._visit(root, fields, parent=None, path=())
        self._mark_own()

    def own_blocks(self) -> Iterator[PlacedBlock]:
        """As ``walk``."""
        seen: set[_Node] = set()
        for node, place in self._places:
            if node.own and place.own and node not in seen:
                seen.add(node)
                yield PlacedBlock(block=node.block, path=place.path)

    def take_apart(self) -> BlockTree:
        """As the function of this name."""
        records: dict[_Node, BlockRecord] = {}
        own: list[RelationRecord] = []
        foreign: list[RelationRecord] = []
        for node, place in self._places:
            if not node.own:
                self._check_foreign(node.block, place)
            if node not in records:
                records[node] = self._record(node, place.path)
            (own if place.own else foreign).append(self._relation(node, place))
        families = (node.block.family() for node in records)
        return BlockTree(
            blocks=tuple(record for node, record in records.items() if node.own),
            relations=tuple(own),
            foreign_blocks=tuple(record for node, record in records.items() if not node.own),
            foreign_relations=tuple(foreign),
            families={family.name: family for family in families},
        )

    def _visit(
        self,
        holder: BaseModel,
        fields: ModelFields[ProductBlockModel],
        *,
        parent: "_Node | None",
        path: Path,
    ) -> None:
        for name, block_field in fields.blocks.items():
            for position, block in enumerate(_held(holder, block_field, path=path)):
                below = (*path, name, position) if block_field.shape.many else (*path, name)
                place = _Place(
                    parent=parent, attribute=name, position=position, path=below, refers=block_field.refers
                )
                self._meet(block, place)

    def _meet(self, block: ProductBlockModel, place: "_Place") -> None:
        siblings = self._top if place.parent is None else place.parent.children
        known = self._nodes.get(block.id)
        if known is not None and (known.open or known in siblings):
            raise BlockUsedTwice(block.id, path=place.path)
        level = 1 if place.parent is None else place.parent.level + 1
        if level > MOST_LEVELS:
            raise NestedTooDeep(block.id, subscription_id=self._subscription_id, limit=MOST_LEVELS)
        node = known or _Node(block=block, parent=place.parent, level=level)
        siblings.add(node)
        self._places.append((node, place))
        if known is not None:
            self._compare(known.block, block, path=place.path)
            return
        self._nodes[block.id] = node
        fields = block.structure()
        if fields.blocks:
            node.open = True
            self._visit(block, fields, parent=node, path=place.path)
            node.open = False

    def _compare(self, block: ProductBlockModel, other: ProductBlockModel, *, path: Path) -> None:
        """Check that two objects for one block say the same, and so do all below them."""
        if other is block or id(other) in self._compared:
            return
        self._compared.add(id(other))
        if _content(block, path) != _content(other, path):
            raise BlockUsedTwice(block.id, path=path)
        for name, block_field in other.structure().blocks.items():
            for position, child in enumerate(block_field.values(getattr(other, name))):
                below = (*path, name, position) if block_field.shape.many else (*path, name)
                self._compare(self._nodes[child.id].block, child, path=below)

    def _mark_own(self) -> None:
        """Mark what is reached from the subscription without passing a block of another one."""
        waiting = [self._top]
        while waiting:
            for node in waiting.pop():
                if not node.own and node.block.subscription_id in (None, self._subscription_id):
                    node.own = True
                    waiting.append(node.children)

    def _check_foreign(self, block: ProductBlockModel, place: "_Place") -> None:
        if block.subscription_id == self._subscription_id:
            raise BlockLeftBelowForeign(block.id, path=place.path, subscription_id=self._subscription_id)
        if place.parent is None or (place.own and not place.refers):
            raise ForeignBlock(
                block.id,
                owner=block.subscription_id,
                subscription_id=self._subscription_id,
                path=place.path,
            )

    def _owner(self, node: "_Node | None") -> SubscriptionId:
        """Whose a block is; one without an owner below a foreign block belongs to the owner of that."""
        if node is None or node.own:
            return self._subscription_id
        return node.block.subscription_id or self._owner(node.parent)

    def _relation(self, node: "_Node", place: "_Place") -> RelationRecord:
        owner = self._owner(node)
        return RelationRecord(
            parent_id=None if place.parent is None else place.parent.block.id,
            attribute=place.attribute,
            position=place.position,
            child_id=node.block.id,
            owner_id=owner if owner != self._owner(place.parent) else None,
        )

    def _record(self, node: "_Node", path: Path) -> BlockRecord:
        block = node.block
        return BlockRecord(
            id=block.id,
            subscription_id=self._owner(node),
            block=block.family().name,
            label=block.label,
            values=_values_at(path, block),
        )


@dataclass(slots=True, kw_only=True, eq=False)
class _Node:
    """A block that was met.

    Attributes:
        block: the first object for it.
        parent: what held it there; None for the subscription.
        level: how many blocks are above it there, and itself.
        children: the blocks that it holds.
        open: whether the visit is below it.
        own: whether it is the subscription's own.
    """

    block: ProductBlockModel
    parent: "_Node | None"
    level: int
    children: "set[_Node]" = field(default_factory=set["_Node"])
    open: bool = False
    own: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Place:
    """A place under one parent; None for the subscription.

    Attributes:
        refers: whether its field may hold blocks of other subscriptions.
    """

    parent: _Node | None
    attribute: str
    position: int
    path: Path
    refers: bool

    @property
    def own(self) -> bool:
        """Whether it is in the subscription itself or in a block of its own."""
        return self.parent is None or self.parent.own


def stored_values(model: BaseModel, fields: ModelFields[ProductBlockModel]) -> dict[str, JsonValue]:
    """The stored forms of a model's scalar fields; what is None has no key.

    Raises:
        UnrepresentableValue: if a value has no stored form.
    """
    values: dict[str, JsonValue] = {}
    for name, scalar in fields.scalars.items():
        value: object = getattr(model, name)
        if value is not None:
            values[name] = scalar.store(value)
    return values


def _values_at(path: Path, block: ProductBlockModel) -> dict[str, JsonValue]:
    try:
        return stored_values(block, block.structure())
    except UnrepresentableValue as error:
        raise error.below(path) from error


def _held(
    holder: BaseModel, block_field: BlockField[ProductBlockModel], *, path: Path
) -> list[ProductBlockModel]:
    try:
        return block_field.values(getattr(holder, block_field.name))
    except UnrepresentableValue as error:
        raise error.below(path) from error


def _content(block: ProductBlockModel, path: Path) -> tuple[object, ...]:
    """What a block says, whatever class it has in whatever status."""
    children = [
        (name, [child.id for child in _held(block, block_field, path=path)])
        for name, block_field in block.structure().blocks.items()
    ]
    return block.label, _values_at(path, block), [each for each in children if each[1]]
