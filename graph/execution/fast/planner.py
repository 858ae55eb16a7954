"""Works out plans of the objects of one schema."""
# graphql-core leaves open what its type for lists holds.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, NoneType
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLNullableOutputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLStreamDirective,
    TypeNameMetaFieldDef,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from graph.execution.executor import leads_on
from graph.execution.fast.attributes import attribute_of, converts_plainly
from graph.execution.fast.leaves import Convert, Leaf, leaf_of
from graph.execution.fast.plans import Completion, Entries, Leaves, Objects, Place, Plan, Read, Step
from graph.execution.fast.runtime_types import RuntimeTypes, can_be_cast

_KEPT = "orchestrion.planner"
_NONE: Final[frozenset[type]] = frozenset({NoneType})
_NEVER: Final[frozenset[type]] = frozenset()
_NO_CONVERSION: Final[Mapping[type, Convert]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the schema alone says of how a field is read.

    Attributes:
        leaves: For a scalar or an enum that is in no list.
        as_is: The classes whose values are results as they are.
    """

    definition: GraphQLField
    attribute: str | None
    leaves: Leaves | None
    as_is: frozenset[type]


class Planner:
    """Works out plans; what the schema alone says is kept with it."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.types = RuntimeTypes(schema)
        self.schema = schema
        self._converts_plainly = converts_plainly(schema)
        self._readings: dict[tuple[GraphQLObjectType, str], _Reading] = {}
        self._leaves: dict[GraphQLLeafType, Leaf] = {}

    def plan(self, parent: GraphQLObjectType, selection: GroupedFieldSet) -> Plan | None:
        """Gives how objects of a type are read; None if nothing is to be, or if some of it is deferred."""
        reads: list[Read] = []
        planned = 0
        for key, details in selection.items():
            for each in details:
                if each.defer_usage is not None:
                    return None
            reading = self._reading(parent, details[0].node.name.value)
            if reading is not None:
                read = self._read(key, reading, Place(parent, reading.definition, details))
                reads.append(read)
                planned += read[1] is not None or reading.definition is TypeNameMetaFieldDef
        return Plan(parent.name, tuple(reads), planned) if planned else None

    def completion(self, output: GraphQLOutputType, place: Place) -> Completion | None:
        """Gives how values of a type become results at a field; None if graphql-core must do it."""
        if _is_streamed(place.details) or is_introspection_type(get_named_type(output)):
            return None
        return self._completion(output, place)

    def _reading(self, parent: GraphQLObjectType, name: str) -> _Reading | None:
        """What the schema says of a field, found out once; None if it has no such field."""
        reading = self._readings.get((parent, name))
        if reading is None:
            reading = self._reading_of(self.schema.get_field(parent, name))
            if reading is not None:  # names that are none have no end
                self._readings[parent, name] = reading
        return reading

    def _reading_of(self, definition: GraphQLField | None) -> _Reading | None:
        if definition is None:
            return None
        nullable, optional = _nullable(definition.type)
        leaves = Leaves(optional=optional, leaf=self._leaf(nullable)) if is_leaf_type(nullable) else None
        as_is = leaves.leaf.as_is if leaves else frozenset[type]()
        return _Reading(
            definition=definition,
            attribute=attribute_of(definition) if self._converts_plainly else None,
            leaves=leaves,
            as_is=as_is | _NONE if optional else as_is,
        )

    def _read(self, key: str, reading: _Reading, place: Place) -> Read:
        attribute, leaves = reading.attribute, reading.leaves
        if attribute is None or place.details[0].node.arguments or _is_streamed(place.details):
            typename = reading.definition is TypeNameMetaFieldDef
            step = Step(key, None, None, None if typename else place)
            return (key, None, _NEVER, _NO_CONVERSION, step)
        if leaves is not None:
            step = Step(key, attribute, leaves, place)
            return (key, attribute, reading.as_is, leaves.leaf.converted, step)
        step = Step(key, attribute, self._completion(reading.definition.type, place), place)
        return (key, attribute, reading.as_is, _NO_CONVERSION, step)

    def _completion(self, output: GraphQLOutputType, place: Place) -> Completion:
        nullable, optional = _nullable(output)
        if is_leaf_type(nullable):
            return Leaves(optional=optional, leaf=self._leaf(nullable))
        if isinstance(nullable, GraphQLList):
            return Entries(
                optional=optional,
                place=place,
                entry=self._completion(nullable.of_type, place),
                entry_type=nullable.of_type,
                leads_on=leads_on(get_named_type(nullable)),
            )
        return Objects(
            optional=optional, kind=nullable, place=place, plans={}, can_be_cast=can_be_cast(nullable)
        )

    def _leaf(self, kind: GraphQLLeafType) -> Leaf:
        leaf = self._leaves.get(kind)
        if leaf is None:
            leaf = self._leaves[kind] = leaf_of(kind)
        return leaf


def planner_of(schema: GraphQLSchema) -> Planner:
    """Gives the planner of a schema, which is made once and lives as long as the schema."""
    planner = schema.extensions.get(_KEPT)
    if not isinstance(planner, Planner) or planner.schema is not schema:  # a copy has the same extensions
        planner = schema.extensions[_KEPT] = Planner(schema)
    return planner


def _nullable(output: GraphQLOutputType) -> tuple[GraphQLNullableOutputType, bool]:
    """A type without its mark for values that are never null, and whether it has none."""
    return (output.of_type, False) if isinstance(output, GraphQLNonNull) else (output, True)


def _is_streamed(details: FieldDetailsList) -> bool:
    for each in details:
        for directive in each.node.directives or ():
            if directive.name.value == GraphQLStreamDirective.name:
                return True
    return False
