"""Queries of any schema, made by chance: aliases, arguments, directives and fragments of both kinds in them.

They parse, and fit the schema but for their merges: where two fields stand under one key, executors take the
first.
"""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Choice = TypeVar("Choice")

Literals = Mapping[str, Sequence[object]]
"""By scalar, or by argument as "argument:name", values that are worth asking for."""

_LITERALS: Literals = {
    "Int": [2, 1, 0, -1, 3],
    "Float": [1.5, -2],
    "Boolean": [True, False],
    "String": ["text", "", "7"],
    "ID": ["7", ""],
}
_DIRECTIVES = (
    "@include(if: true)",
    "@include(if: $no)",
    "@skip(if: $yes)",
    "@skip(if: $no)",
    "@include(if: $yes)",
)
DECLARED = "($yes: Boolean = true, $no: Boolean = false)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What queries are to be like.

    Attributes:
        literals: Values for arguments.
        leave_out: Fields that are not asked for, as "Type.field".
        depth: Fields inside each other at most.
        width: Selections beside each other at most.
    """

    literals: Literals = field(default_factory=dict[str, Sequence[object]])
    leave_out: frozenset[str] = frozenset()
    depth: int = 4
    width: int = 6


def queries(schema: GraphQLSchema, wanted: Wanted | None = None) -> SearchStrategy[str]:
    """Gives queries as text."""
    wanted = wanted or Wanted()
    root = schema.query_type
    assert root is not None

    @st.composite
    def query(draw: DrawFn) -> str:
        maker = _Maker(schema, wanted, draw)
        selection = maker.selection(root, wanted.depth)
        return f"query {DECLARED} {selection}{maker.fragments()}"

    return query()


class _Maker:
    def __init__(self, schema: GraphQLSchema, wanted: Wanted, draw: DrawFn) -> None:
        self._schema = schema
        self._wanted = wanted
        self._draw = draw
        self._spreads = True
        self._spread: dict[str, GraphQLNamedType] = {}
        self._composites = [
            kind
            for name, kind in schema.type_map.items()
            if is_composite_type(kind) and not name.startswith("__") and kind is not schema.mutation_type
        ]

    def fragments(self) -> str:
        """The definitions of the fragments that were spread."""
        self._spreads = False  # a fragment that spread itself would have no end
        return "".join(
            f"\nfragment {name} on {kind.name} {self.selection(kind, 1)}"
            for name, kind in self._spread.items()
        )

    def selection(self, kind: GraphQLNamedType, depth: int) -> str:
        makers: list[Callable[[], str]] = []
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            names = [
                name
                for name, definition in kind.fields.items()
                if f"{kind.name}.{name}" not in self._wanted.leave_out
                and (depth > 0 or is_leaf_type(get_named_type(definition.type)))
            ]
            if names:
                makers += [lambda: self._field(kind, self._one(names), depth)] * 8
        makers.append(lambda: "__typename")
        if depth > 0:
            makers += [lambda: self._inline(kind, depth - 1)] * (
                8 if isinstance(kind, GraphQLUnionType) else 2
            )
        if self._spreads:
            makers.append(self._spread_one)
        count = self._draw(st.integers(1, self._wanted.width))
        parts = [self._one(makers)() for _ in range(count)]
        return "{ " + " ".join(parts) + " }"

    def _field(self, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        definition: GraphQLField = kind.fields[name]
        alias = self._one(["", "", "", "a: ", "b: ", f"{name}2: "])
        arguments = [
            f"{each}: {self._argument(each, argument)}"
            for each, argument in definition.args.items()
            if is_required_argument(argument) or self._rarely()
        ]
        below = get_named_type(definition.type)
        selection = f" {self.selection(below, depth - 1)}" if is_composite_type(below) else ""
        given = f"({', '.join(arguments)})" if arguments else ""
        return f"{alias}{name}{given}{self._directive()}{selection}"

    def _inline(self, kind: GraphQLNamedType, depth: int) -> str:
        possible: list[GraphQLNamedType] = [kind]
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            possible = [*self._schema.get_possible_types(kind), kind]
        elif isinstance(kind, GraphQLObjectType):
            possible = [*kind.interfaces, kind]
        on = self._one(possible)
        condition = "" if on is kind and self._rarely() else f" on {on.name}"
        return f"...{condition}{self._directive()} {self.selection(on, depth)}"

    def _spread_one(self) -> str:
        on = self._one(self._composites)
        name = f"Of{on.name}"
        self._spread[name] = on
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        return f" {self._one(_DIRECTIVES)}" if self._rarely() else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        literals = self._wanted.literals.get(f"argument:{name}")
        return json.dumps(self._one(literals)) if literals else self._literal(argument.type, 2)

    def _literal(self, kind: GraphQLInputType, depth: int) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self._literal(kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            return f"[{self._literal(kind.of_type, depth)}]"
        if isinstance(kind, GraphQLEnumType):
            return self._one([*kind.values])
        if isinstance(kind, GraphQLInputObjectType):
            fields = {
                name: each
                for name, each in kind.fields.items()
                if is_required_input_field(each) or (depth and self._rarely())
            }
            return (
                "{" + ", ".join(f"{name}: {self._input(each, depth)}" for name, each in fields.items()) + "}"
            )
        literals = self._wanted.literals.get(kind.name) or _LITERALS.get(kind.name) or ["7"]
        return json.dumps(self._one(literals))

    def _input(self, each: GraphQLInputField, depth: int) -> str:
        return self._literal(each.type, depth - 1)

    def _rarely(self) -> bool:
        return self._draw(st.integers(0, 4)) == 4

    def _one(self, choices: Sequence[Choice]) -> Choice:
        return choices[self._draw(st.integers(0, len(choices) - 1))]
