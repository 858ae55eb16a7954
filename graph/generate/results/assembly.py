"""From a stored tree to results of the generated block types.

Stored values go into results as they are: their stored form is what the scalars print, so nothing is parsed
on the way. What does not fit its type, because the model changed after it was written, is a typed problem.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NoReturn, TypeAlias

import strawberry

from domain.ids import BlockId
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.definition.scalars import Scalar
from domain.model.trees.tree import BlockRecord, BlockStub, RelationRecord, Tree
from graph.generate.blocks import BlockType
from graph.generate.fields import BlockChoice, BlockFamily, PlannedField, block_fields, stored_fields
from graph.generate.results.drift import fits, fits_list, refuse
from graph.generate.values import ValueTypes, printed_value
from graph.ids import IdKind, encode_id
from graph.names import field_name
from graph.types.block import AnyBlock, Block, BlockPlace, BlockValue, HiddenBlock
from graph.types.scalars import Json
from graph.types.value_kind import ValueKind, kind_of_scalar

Place: TypeAlias = tuple[RelationRecord, PlannedField]


class TreeAssembly:
    """Builds the blocks of one tree, in the types of one strictness; each block once.

    Args:
        tree: The tree.
        types: The types of blocks.
        values: The types of values.
        models: The typed blocks, for what types without identity compute.
    """

    def __init__(
        self,
        tree: Tree,
        types: Mapping[BlockFamily, BlockType],
        values: ValueTypes,
        *,
        models: Mapping[BlockId, ProductBlockModel] | None = None,
    ) -> None:
        self._types = {family.name: block_type for family, block_type in types.items()}
        self._values = values
        self._models = models or {}
        self._records: dict[BlockId, BlockRecord | BlockStub] = {
            record.id: record for record in (*tree.blocks, *tree.stubs)
        }
        self._children: defaultdict[tuple[BlockId | None, str], list[RelationRecord]] = defaultdict(list)
        for relation in tree.relations:
            self._children[relation.parent_id, relation.attribute].append(relation)
        self._owner = encode_id(IdKind.SUBSCRIPTION, tree.subscription.id)
        self._built: dict[BlockId, object] = {}

    def every(self, roots: tuple[PlannedField, ...]) -> list[AnyBlock]:
        """Gives all blocks below the subscription's block fields, parents first; of types with identity.

        Raises:
            ModelDrifted: as `nested`.
        """
        self._build(roots)
        return [block for block in self._built.values() if isinstance(block, AnyBlock)]

    def places(self, roots: tuple[PlannedField, ...]) -> list[BlockPlace]:
        """Gives all places below the subscription's block fields in depth-first order, each once.

        What is in a block that stands in several places follows the first of them: to repeat it could take
        more room than there is.

        Raises:
            ModelDrifted: as `nested`.
        """
        self._build(roots)
        waiting = [(place, 0) for place in reversed(self._places(None, roots))]
        found: list[BlockPlace] = []
        seen: set[BlockId] = set()
        while waiting:
            (relation, field), depth = waiting.pop()
            is_repeated = relation.child_id in seen
            seen.add(relation.child_id)
            found.append(self._place(relation, field, depth=depth, is_repeated=is_repeated))
            record = self._records[relation.child_id]
            if not is_repeated and isinstance(record, BlockRecord):
                below = self._places(record.id, block_fields(self._types[record.block].fields))
                waiting += [(place, depth + 1) for place in reversed(below)]
        return found

    def nested(self, field: PlannedField) -> object:
        """Gives the blocks that a field of the subscription holds; null for one that is out of scope.

        Raises:
            ModelDrifted: A required one is missing, one is of another family, or a value does not fit its
                field.
        """
        self._build((field,))
        return self._held(None, field, self._owner)

    def _build(self, roots: Iterable[PlannedField]) -> None:
        """Makes every block below some fields, in depth-first order, then puts them into each other.

        Without recursion: how deep blocks refer to each other is for the data to say.
        """
        waiting = list(reversed(self._places(None, roots)))
        made: list[tuple[BlockId, BlockType, object]] = []
        while waiting:
            relation, field = waiting.pop()
            block_id = relation.child_id
            record = self._record(block_id, field)
            if block_id in self._built:
                continue
            if isinstance(record, BlockStub):
                self._built[block_id] = _hidden(record)
                continue
            block_type = self._types[record.block]
            self._built[block_id] = block = self._block(record, block_type)
            made.append((block_id, block_type, block))
            waiting += reversed(self._places(block_id, block_fields(block_type.fields)))
        for block_id, block_type, block in made:
            for field in block_fields(block_type.fields):
                held = self._held(block_id, field, encode_id(IdKind.BLOCK, block_id))
                setattr(block, field.attribute, held)

    def _place(
        self, relation: RelationRecord, field: PlannedField, *, depth: int, is_repeated: bool
    ) -> BlockPlace:
        block = self._built[relation.child_id]
        parent = None if relation.parent_id is None else self._built[relation.parent_id]
        assert isinstance(block, AnyBlock), "only types with identity have places"
        assert parent is None or isinstance(parent, Block), "nothing is below a hidden block"
        return BlockPlace(
            depth=depth,
            field=field.graphql_name,
            position=relation.position,
            is_reference=isinstance(block, HiddenBlock) or relation.owner_id is not None,
            is_repeated=is_repeated,
            parent=parent,
            block=block,
        )

    def _places(self, parent_id: BlockId | None, fields: Iterable[PlannedField]) -> Sequence[Place]:
        return [
            (relation, field)
            for field in fields
            for relation in self._children.get((parent_id, field.attribute), ())
        ]

    def _held(self, parent_id: BlockId | None, field: PlannedField, place: str) -> object:
        held = self._children.get((parent_id, field.attribute), [])
        blocks = [self._shown(relation.child_id) for relation in held]
        if field.many:
            return blocks if field.optional_items else [block for block in blocks if block is not None]
        found = blocks[0] if blocks else None
        if found is None and field.required:
            problem = "is out of scope, and the field is not declared to refer" if held else "is missing"
            refuse(place, f"the block of '{field.graphql_name}' {problem}")
        return found

    def _shown(self, block_id: BlockId) -> object:
        block = self._built[block_id]
        return None if isinstance(block, HiddenBlock) else block

    def _block(self, record: BlockRecord, block_type: BlockType) -> object:
        values: dict[str, object] = {"label": record.label}
        stored = {planned.attribute: _value(record, planned) for planned in stored_fields(block_type.fields)}
        for planned in stored_fields(block_type.fields):
            values[planned.attribute] = self._values.result(planned, stored[planned.attribute])
        values |= {planned.attribute: None for planned in block_fields(block_type.fields)}
        if block_type.has_identity:
            values |= _identity(record, block_type, stored)
        else:
            values["typed_model"] = self._models[record.id]
        return _make(block_type.graphql_type, values)

    def _record(self, block_id: BlockId, field: PlannedField) -> BlockRecord | BlockStub:
        assert isinstance(field.value, BlockChoice), "a block field"
        record = self._records.get(block_id)
        if record is None or record.block not in field.value.names:
            found = "nothing" if record is None else f"a {record.block}"
            expected = " or ".join(field.value.names)
            refuse(self._owner, f"found {found} in '{field.graphql_name}', expected a {expected}")
        return record


def earlier_value(attribute: str, stored: JsonValue, planned: PlannedField | None) -> BlockValue:
    """Gives a value that a block had; as it was stored if it does not fit the field that it has now."""
    if planned is not None and _fits(planned, stored):
        return _generic_value(planned, stored)
    return BlockValue(
        name=field_name(attribute),
        description=None,
        kind=ValueKind.JSON,
        is_list=isinstance(stored, list),
        value=Json(stored),
    )


def _identity(
    record: BlockRecord, block_type: BlockType, stored: Mapping[str, JsonValue]
) -> dict[str, object]:
    """What a block has in a type with ids: nothing that depends on where it was reached."""
    return {
        "id": strawberry.ID(encode_id(IdKind.BLOCK, record.id)),
        "block_record": record,
        "block_name": record.block,
        "values": _generic_values(block_type, stored),
    }


def _hidden(stub: BlockStub) -> HiddenBlock:
    return HiddenBlock(id=strawberry.ID(encode_id(IdKind.BLOCK, stub.id)), block_name=stub.block)


def _make(make: Callable[..., object], values: Mapping[str, object]) -> object:
    """An instance of a generated type, whose fields are known at run time only."""
    return make(**values)


def _generic_values(block_type: BlockType, stored: Mapping[str, JsonValue]) -> list[BlockValue]:
    return [
        _generic_value(planned, stored[planned.attribute])
        for planned in stored_fields(block_type.fields)
        if stored[planned.attribute] is not None
    ]


def _generic_value(planned: PlannedField, stored: JsonValue) -> BlockValue:
    assert isinstance(planned.value, Scalar), "a stored field"
    value = printed_value(planned.value, stored, many=planned.many)
    return BlockValue(
        name=planned.graphql_name,
        description=planned.description,
        kind=kind_of_scalar(planned.value),
        is_list=planned.many,
        value=Json(value),
    )


def _fits(planned: PlannedField, stored: JsonValue) -> bool:
    assert isinstance(planned.value, Scalar), "a stored field"
    if planned.many:
        return fits_list(stored, planned.value, optional_items=planned.optional_items)
    return fits(stored, planned.value)


def _value(record: BlockRecord, planned: PlannedField) -> JsonValue:
    """A stored value that fits its field."""
    scalar, value = planned.value, record.values.get(planned.attribute)
    assert isinstance(scalar, Scalar), "a stored field"
    if value is None:
        if not planned.required:
            return None
        if planned.many:
            return []
        _refuse(record, planned, "is missing")
    if not _fits(planned, value):
        kind = f"list of {scalar.graphql_name}" if planned.many else scalar.graphql_name
        _refuse(record, planned, f"is {value!r}: expected a {kind}")
    return value


def _refuse(record: BlockRecord, planned: PlannedField, problem: str) -> NoReturn:
    refuse(encode_id(IdKind.BLOCK, record.id), f"'{planned.graphql_name}' of {record.block} {problem}")
