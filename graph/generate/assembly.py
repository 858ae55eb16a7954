"""From a stored tree to results of the generated block types.

Stored values go into results as they are: their stored form is what the scalars print, so nothing is parsed
on the way. What does not fit its type, because the model changed after it was written, is a typed problem.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NoReturn

import strawberry

from domain.ids import BlockId
from domain.json import JsonValue
from domain.model.families import ModelFamily
from domain.model.scalars import Scalar
from domain.model.tree import BlockRecord, Tree
from graph.errors import GraphError
from graph.generate.blocks import BlockFamily, BlockType
from graph.generate.fields import PlannedField
from graph.ids import IdKind, encode_id
from graph.types.block import Block, BlockValue
from graph.types.scalars import Json


class ModelDrifted(GraphError):
    """A stored tree does not fit the types of its model any more."""

    code = "MODEL_DRIFTED"


class TreeAssembly:
    """Builds the blocks of one tree, in the types of one strictness; each block once."""

    def __init__(self, tree: Tree, types: Mapping[BlockFamily, BlockType]) -> None:
        self._types = {family.name: block_type for family, block_type in types.items()}
        self._records = {record.id: record for record in tree.blocks}
        self._children: defaultdict[tuple[BlockId | None, str], list[BlockId]] = defaultdict(list)
        for relation in tree.relations:
            self._children[relation.parent_id, relation.attribute].append(relation.child_id)
        self._owner = encode_id(IdKind.SUBSCRIPTION, tree.subscription.id)
        self._built: dict[BlockId, object] = {}

    def every(self, roots: tuple[PlannedField, ...]) -> list[Block]:
        """Gives all blocks below the subscription's block fields, parents first; of types with identity.

        Raises:
            ModelDrifted: as `nested`.
        """
        for field in roots:
            self.nested(field)
        return [block for block in self._built.values() if isinstance(block, Block)]

    def nested(
        self, field: PlannedField, *, parent: object = None, parent_id: BlockId | None = None
    ) -> object:
        """Gives the blocks that a field of the subscription, or of a block, holds.

        Raises:
            ModelDrifted: A required one is missing, one is of another family, or a value does not fit its
                field.
        """
        ids = self._children.get((parent_id, field.attribute), [])
        blocks = [self._block(block_id, field, parent) for block_id in ids]
        if field.many:
            return blocks
        if not blocks and field.required:
            raise ModelDrifted(f"{self._owner}: the block of '{field.graphql_name}' is missing.")
        return blocks[0] if blocks else None

    def _block(self, block_id: BlockId, field: PlannedField, parent: object) -> object:
        if block_id in self._built:
            return self._built[block_id]
        record = self._record(block_id, field)
        block_type = self._types[record.block]
        nested = [planned for planned in block_type.fields if isinstance(planned.value, ModelFamily)]
        common: dict[str, object] = {"label": record.label}
        if block_type.has_identity:
            common |= _identity(record, block_type, field, parent)
        placeholders = {planned.attribute: None for planned in nested}
        block = _make(
            block_type.graphql_type, {**common, **_typed_values(record, block_type), **placeholders}
        )
        # Known before its children are built, so that it comes before them and they can refer to it.
        self._built[block_id] = block
        for planned in nested:
            setattr(block, planned.attribute, self.nested(planned, parent=block, parent_id=block_id))
        return block

    def _record(self, block_id: BlockId, field: PlannedField) -> BlockRecord:
        assert isinstance(field.value, ModelFamily), "a block field"
        record = self._records.get(block_id)
        if record is None or record.block != field.value.name:
            found = "nothing" if record is None else f"a {record.block}"
            raise ModelDrifted(
                f"{self._owner}: found {found} in '{field.graphql_name}', expected a {field.value.name}."
            )
        return record


def _identity(
    record: BlockRecord, block_type: BlockType, field: PlannedField, parent: object
) -> dict[str, object]:
    """What a block has in a type with ids."""
    return {
        "id": strawberry.ID(encode_id(IdKind.BLOCK, record.id)),
        "subscription_id": record.subscription_id,
        "block_name": record.block,
        "parent_field": field.graphql_name,
        "parent_block": parent,
        "values": _generic_values(record, block_type),
    }


def _make(make: Callable[..., object], values: Mapping[str, object]) -> object:
    """An instance of a generated type, whose fields are known at run time only."""
    return make(**values)


def _generic_values(record: BlockRecord, block_type: BlockType) -> list[BlockValue]:
    return [
        BlockValue(name=planned.graphql_name, value=Json(record.values[planned.attribute]))
        for planned in block_type.fields
        if planned.attribute in record.values
    ]


def _typed_values(record: BlockRecord, block_type: BlockType) -> dict[str, JsonValue]:
    return {
        planned.attribute: _value(record, planned, planned.value)
        for planned in block_type.fields
        if isinstance(planned.value, Scalar)
    }


def _value(record: BlockRecord, planned: PlannedField, scalar: Scalar) -> JsonValue:
    value = record.values.get(planned.attribute)
    if value is None:
        if not planned.required:
            return None
        if planned.many:
            return []
        _refuse(record, planned, "is missing")
    if not planned.many:
        if not _fits(value, scalar):
            _refuse(record, planned, f"is {value!r}: expected a {scalar.graphql_name}")
        return value
    if not isinstance(value, list) or not all(_fits(item, scalar) for item in value):
        _refuse(record, planned, f"is {value!r}: expected a list of {scalar.graphql_name}")
    return value


def _fits(value: JsonValue, scalar: Scalar) -> bool:
    """Whether a stored value can be printed as the scalar; its finer rules are the model's business."""
    if scalar.choices is not None:
        return value in scalar.choices
    if scalar.python_type is bool:
        return isinstance(value, bool)
    if scalar.python_type is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if scalar.python_type is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _refuse(record: BlockRecord, planned: PlannedField, problem: str) -> NoReturn:
    block = encode_id(IdKind.BLOCK, record.id)
    raise ModelDrifted(f"{block}: '{planned.graphql_name}' of {record.block} {problem}.")
