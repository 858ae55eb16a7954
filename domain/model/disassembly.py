"""Trees of block models taken apart into records: what is the subscription's own, and what it refers to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue, UnrepresentableValue
from domain.model.blocks import ProductBlockModel
from domain.model.errors import BlockLeftBelowForeign, BlockUsedTwice, ForeignBlock
from domain.model.families import ModelFamily
from domain.model.fields import BlockField, ModelFields
from domain.model.tree import BlockRecord, RelationRecord

Path = tuple[str | int, ...]


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
        ForeignBlock: if a field of the subscription itself holds a block of another one.
        BlockLeftBelowForeign: if a block of its own is only reached through blocks of others.
        UnrepresentableValue: if a value has no stored form; with its path from the subscription down.
    """
    return Visit(root, fields, subscription_id=subscription_id).take_apart()


class Visit:
    """One visit of all blocks below a subscription, depth first.

    Raises:
        BlockUsedTwice: as ``take_apart``.
        UnrepresentableValue: if something in the place of a block is none.
    """

    def __init__(
        self, root: BaseModel, fields: ModelFields[ProductBlockModel], *, subscription_id: SubscriptionId
    ) -> None:
        self._subscription_id = subscription_id
        self._nodes: dict[BlockId, _Node] = {}
        self._places: list[_Place] = []
        self._top: set[_Node] = set()
        self._compared: set[int] = set()
        self._visit(root, fields, None, ())
        self._find_owners()

    def own_blocks(self) -> Iterator[PlacedBlock]:
        """As ``walk``."""
        seen: set[_Node] = set()
        for place in self._places:
            if place.node.own and (place.parent is None or place.parent.own) and place.node not in seen:
                seen.add(place.node)
                yield PlacedBlock(block=place.node.block, path=place.path)

    def take_apart(self) -> BlockTree:
        """As the function of this name."""
        for place in self._places:
            if not place.node.own:
                self._check_foreign(place)
        nodes = self._nodes.values()
        families = (node.block.family() for node in nodes)
        return BlockTree(
            blocks=tuple(self._record(node) for node in nodes if node.own),
            relations=tuple(
                self._relation(place) for place in self._places if place.parent is None or place.parent.own
            ),
            foreign_blocks=tuple(self._record(node) for node in nodes if not node.own),
            foreign_relations=tuple(
                self._relation(place)
                for place in self._places
                if place.parent is not None and not place.parent.own
            ),
            families={family.name: family for family in families},
        )

    def _visit(
        self,
        holder: BaseModel,
        fields: ModelFields[ProductBlockModel],
        parent: "_Node | None",
        path: Path,
    ) -> None:
        for name, block_field in fields.blocks.items():
            for position, block in enumerate(_blocks(holder, block_field, path)):
                place = (*path, name, position) if block_field.shape.many else (*path, name)
                self._meet(block, parent, attribute=name, position=position, path=place)

    def _meet(
        self,
        block: ProductBlockModel,
        parent: "_Node | None",
        *,
        attribute: str,
        position: int,
        path: Path,
    ) -> None:
        siblings = self._top if parent is None else parent.children
        node = self._nodes.get(block.id)
        if node is not None and (node.open or node in siblings):
            raise BlockUsedTwice(block.id, path=path)
        is_new = node is None
        if node is None:
            node = self._nodes[block.id] = _Node(block=block, path=path, parent=parent)
        siblings.add(node)
        self._places.append(
            _Place(node=node, parent=parent, attribute=attribute, position=position, path=path)
        )
        fields = block.structure()
        if not is_new:
            self._compare(node.block, block, path)
        elif fields.blocks:
            node.open = True
            self._visit(block, fields, node, path)
            node.open = False

    def _compare(self, block: ProductBlockModel, other: ProductBlockModel, path: Path) -> None:
        """Check that two objects that stand for one block say the same, and all below them do.

        Raises:
            BlockUsedTwice: if they do not.
        """
        if other is block or id(other) in self._compared:
            return
        self._compared.add(id(other))
        if _content(block, path) != _content(other, path):
            raise BlockUsedTwice(block.id, path=path)
        for name, block_field in other.structure().blocks.items():
            for position, child in enumerate(_blocks(other, block_field, path)):
                place = (*path, name, position) if block_field.shape.many else (*path, name)
                self._compare(self._nodes[child.id].block, child, place)

    def _find_owners(self) -> None:
        """Find what is the subscription's own: what is reached without passing a block of another one."""
        waiting = [self._top]
        while waiting:
            for node in waiting.pop():
                if not node.own and node.block.subscription_id in (None, self._subscription_id):
                    node.own = True
                    waiting.append(node.children)
        for node in self._nodes.values():
            if node.own:
                node.owner = self._subscription_id
            else:
                above = self._subscription_id if node.parent is None else node.parent.owner
                node.owner = node.block.subscription_id or above

    def _check_foreign(self, place: "_Place") -> None:
        block = place.node.block
        if block.subscription_id == self._subscription_id:
            raise BlockLeftBelowForeign(block.id, path=place.path, subscription_id=self._subscription_id)
        if place.parent is None:
            raise ForeignBlock(block.id, owner=block.subscription_id, subscription_id=self._subscription_id)
