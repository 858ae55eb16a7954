"""Trees of block models taken apart into records, and put together from records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.errors import BlockUsedTwice, FieldMismatch, ForeignBlock, ModelMismatch
from domain.model.fields import BlockField, ModelFields
from domain.model.tree import BlockRecord, RelationRecord, Tree

Root = TypeVar("Root", bound=BaseModel)

_LONGEST_SHOWN = 60

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTree:
    """The blocks below a subscription, without the subscription; ordered by depth-first visit."""

    blocks: tuple[BlockRecord, ...]
    relations: tuple[RelationRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A block model and where it was met first."""

    block: ProductBlockModel
    path: Path


def walk(root: BaseModel, fields: ModelFields[ProductBlockModel]) -> Iterator[PlacedBlock]:
    """Every block below a model once, parents first.

    Raises:
        BlockUsedTwice: if a block is inside itself.
    """
    seen: set[BlockId] = set()
    for placed, _ in _descend(root, fields, _Descent()):
        if placed.block.id not in seen:
            seen.add(placed.block.id)
            yield placed


def take_apart(
    root: BaseModel, fields: ModelFields[ProductBlockModel], *, subscription_id: SubscriptionId
) -> BlockTree:
    """The records of all blocks below a model.

    Raises:
        BlockUsedTwice: if one parent holds a block twice, or a block is inside itself.
        ForeignBlock: if a block belongs to another subscription.
        UnrepresentableValue: if a value has no stored form.
    """
    blocks: dict[BlockId, BlockRecord] = {}
    relations: list[RelationRecord] = []
    children: set[tuple[BlockId | None, BlockId]] = set()
    for placed, relation in _descend(root, fields, _Descent()):
        if (relation.parent_id, relation.child_id) in children:
            raise BlockUsedTwice(relation.child_id, path=placed.path)
        children.add((relation.parent_id, relation.child_id))
        relations.append(relation)
        if relation.child_id not in blocks:
            blocks[relation.child_id] = _record(placed.block, subscription_id)
    return BlockTree(blocks=tuple(blocks.values()), relations=tuple(relations))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Descent:
    """Where a visit of a tree has come to, and the blocks it has been below already."""

    path: Path = ()
    ancestors: tuple[BlockId, ...] = ()
    expanded: set[BlockId] = field(default_factory=set[BlockId])

    def below(self, block_id: BlockId, path: Path) -> "_Descent":
        return _Descent(path=path, ancestors=(*self.ancestors, block_id), expanded=self.expanded)


def _descend(
    parent: BaseModel, fields: ModelFields[ProductBlockModel], descent: _Descent
) -> Iterator[tuple[PlacedBlock, RelationRecord]]:
    parent_id = descent.ancestors[-1] if descent.ancestors else None
    for name, block_field in fields.blocks.items():
        for position, block in enumerate(block_field.values(getattr(parent, name))):
            path = (*descent.path, name, position) if block_field.shape.many else (*descent.path, name)
            if block.id in descent.ancestors:
                raise BlockUsedTwice(block.id, path=path)
            yield (
                PlacedBlock(block=block, path=path),
                RelationRecord(parent_id=parent_id, attribute=name, position=position, child_id=block.id),
            )
            if block.id not in descent.expanded:
                descent.expanded.add(block.id)
                yield from _descend(block, block.structure(), descent.below(block.id, path))


def _record(block: ProductBlockModel, subscription_id: SubscriptionId) -> BlockRecord:
    if block.subscription_id not in {None, subscription_id}:
        raise ForeignBlock(
            block.id, owner=block.subscription_id or subscription_id, subscription_id=subscription_id
        )
    return BlockRecord(
        id=block.id,
        subscription_id=subscription_id,
        block=block.family().name,
        label=block.label,
        values=stored_values(block, block.structure()),
    )


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


def loaded_values(
    stored: Mapping[str, JsonValue], fields: ModelFields[ProductBlockModel]
) -> dict[str, object]:
    """Stored scalars as a model class takes them: an optional one without a key is None."""
    optional = (name for name, scalar in fields.scalars.items() if scalar.shape.optional)
    return {**dict.fromkeys(optional), **stored}


class Assembly:
    """Puts block models together from records, children first, and gathers everything that does not fit."""

    def __init__(self, blocks: Iterable[BlockRecord], relations: Iterable[RelationRecord]) -> None:
        self.errors: list[FieldMismatch] = []
        self._records = {block.id: block for block in blocks}
        self._built: dict[BlockId, ProductBlockModel] = {}
        self._children: defaultdict[BlockId | None, defaultdict[str, list[BlockId]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for relation in sorted(relations, key=lambda relation: relation.position):
            self._children[relation.parent_id][relation.attribute].append(relation.child_id)

    def nested(
        self,
        fields: ModelFields[ProductBlockModel],
        parent_id: BlockId | None = None,
        *,
        path: Path = (),
        ancestors: tuple[BlockId, ...] = (),
    ) -> dict[str, object]:
        """The values of a model's block fields; what could not be built is missing from it."""
        children = self._children[parent_id]
        for attribute in children.keys() - fields.blocks.keys():
            self._refuse((*path, attribute), expected="a field of the model class", found="stored blocks")
        values: dict[str, object] = {}
        for name, block_field in fields.blocks.items():
            blocks = [
                self._block(
                    child_id,
                    block_field,
                    (*path, name, index) if block_field.shape.many else (*path, name),
                    ancestors,
                )
                for index, child_id in enumerate(children.get(name, []))
            ]
            self._place(values, block_field, blocks, (*path, name))
        return values

    def complete(
        self,
        model: type[Root],
        values: Mapping[str, object],
        *,
        subscription_id: SubscriptionId,
        snapshot: Tree | None,
    ) -> Root:
        """The subscription model itself, from all of its values.

        Raises:
            ModelMismatch: if they, or the blocks assembled for them, do not satisfy the class.
        """
        errors = list(self.errors)
        if not errors:
            try:
                return model.model_validate(values, context=snapshot)
            except ValidationError as error:
                errors = mismatches(error, ())
        raise ModelMismatch(subscription_id, model=model.__name__, errors=errors)

    def _place(
        self,
        values: dict[str, object],
        block_field: BlockField[ProductBlockModel],
        blocks: Sequence[ProductBlockModel | None],
        path: Path,
    ) -> None:
        if block_field.shape.many:
            values[block_field.name] = [block for block in blocks if block is not None]
        elif len(blocks) > 1:
            self._refuse(path, expected="one block", found=f"{len(blocks)} blocks")
        elif blocks:
            values[block_field.name] = blocks[0]
        elif block_field.shape.optional:
            values[block_field.name] = None

    def _block(
        self,
        block_id: BlockId,
        block_field: BlockField[ProductBlockModel],
        path: Path,
        ancestors: tuple[BlockId, ...],
    ) -> ProductBlockModel | None:
        if block_id in self._built:
            return self._built[block_id]
        record = self._records.get(block_id)
        if record is None or block_id in ancestors:
            self._refuse(path, expected="a block of the tree", found=f"block {block_id}")
            return None
        model = next((block for block in block_field.blocks if block.family().name == record.block), None)
        if model is None:
            expected = " or ".join(block.family().name for block in block_field.blocks)
            self._refuse(path, expected=f"a block {expected}", found=f"a block {record.block}")
            return None
        known_errors = len(self.errors)
        fields = model.structure()
        values = {
            "id": record.id,
            "subscription_id": record.subscription_id,
            "label": record.label,
            **loaded_values(record.values, fields),
            **self.nested(fields, block_id, path=path, ancestors=(*ancestors, block_id)),
        }
        if len(self.errors) > known_errors:
            return None
        return self._validated(model, values, path)

    def _validated(
        self, model: type[ProductBlockModel], values: Mapping[str, object], path: Path
    ) -> ProductBlockModel | None:
        try:
            block = model.model_validate(values)
        except ValidationError as error:
            self.errors += mismatches(error, path)
            return None
        self._built[block.id] = block
        return block

    def _refuse(self, path: Path, *, expected: str, found: str) -> None:
        self.errors.append(FieldMismatch(path=path, expected=expected, found=found))


def mismatches(error: ValidationError, path: Path) -> list[FieldMismatch]:
    """Pydantic's findings, with paths that begin at the subscription."""
    return [
        FieldMismatch(
            path=(*path, *details["loc"]),
            expected=details["msg"],
            found="nothing" if details["type"] == "missing" else _shown(details["input"]),
        )
        for details in error.errors(include_url=False)
    ]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
