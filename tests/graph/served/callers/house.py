"""A server for callers with tokens, and the operations that reach each of its fields."""

# graphql-core leaves the inner type of lists open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_composite_type,
    is_introspection_type,
    is_leaf_type,
)

from domain.json import JsonValue
from tests.graph.authentication.provider import Provider, rsa_key
from tests.graph.served.house import SCHEMA, House
from tests.postgres import StatementLog

KEY = rsa_key("callers")
TABLES = (
    "process",
    "process_step",
    "event",
    "inbox",
    "subscription",
    "subscription_metadata",
    "customer_description",
    "engine",
)
PLAIN = {"Boolean": True, "Int": 1, "BigInt": 1, "JSON": {}}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a way through the schema: a field, or a fragment on a type."""

    to: str
    field: GraphQLField | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A field of the schema, and the way to it from a root type."""

    kind: str
    holder: str
    name: str
    field: GraphQLField
    way: Sequence[Step] = ()

    @property
    def coordinate(self) -> str:
        """The schema coordinate of the field."""
        return f"{self.holder}.{self.name}"

    @property
    def root(self) -> str:
        """The field of the root type that it begins with."""
        return next((step.name for step in self.way if step.field is not None), self.name)

    def operation(self, ids: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """An operation that selects the field alone, in a line of its own, and what its variables are."""
        return operation_of([self], ids)

    @property
    def line(self) -> int:
        """The line of the operation that the field stands in."""
        return len(self.way) + 2


def targets() -> Iterator[Target]:
    """Every field of every type that has fields, by the shortest way to it; roots first."""
    roots = {
        "query": SCHEMA.core.query_type,
        "mutation": SCHEMA.core.mutation_type,
        "subscription": SCHEMA.core.subscription_type,
    }
    left = [(kind, root.name, tuple[Step, ...]()) for kind, root in roots.items() if root is not None]
    seen: set[str] = set()
    while left:
        kind, name, way = left.pop(0)
        if name in seen:
            continue
        seen.add(name)
        named = SCHEMA.core.type_map[name]
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for each, field in named.fields.items():
                yield Target(kind=kind, holder=name, name=each, field=field, way=way)
                given = get_named_type(field.type)
                if is_composite_type(given):
                    left.append((kind, given.name, (*way, Step(to=given.name, field=field, name=each))))
        left += [(kind, other, (*way, Step(to=other))) for other in _may_also_be(name)]


def operation_of(siblings: Sequence[Target], ids: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """An operation that selects fields of one type, each in a line of its own, and what its variables are."""
    first = siblings[0]
    kinds = [kind for kind in ids if first.root.startswith(kind)]
    writing = _Writing({**ids, "id": ids[max(kinds, key=len, default="process")]})
    way = [
        writing.selection(step.name, step.field) if step.field is not None else f"... on {step.to}"
        for step in first.way
    ]
    leaves = [
        writing.selection(each.name, each.field)
        + ("" if is_leaf_type(get_named_type(each.field.type)) else " { __typename }")
        for each in siblings
    ]
    declared = f"({', '.join(writing.declared)})" if writing.declared else ""
    lines = [f"{first.kind} Q{declared}", *way]
    document = " {\n".join([*lines, "\n".join(leaves)]) + "\n}" * len(lines)
    return document, writing.variables


class _Writing:
    """The variables of an operation that is being written."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}
        self._ids = ids

    def selection(self, name: str, field: GraphQLField) -> str:
        """A field with the arguments that it requires."""
        given: list[str] = []
        for argument, kind in _required(field).items():
            variable = f"{argument}{len(self.declared)}"
            self.declared.append(f"${variable}: {kind}")
            self.variables[variable] = _value(argument, kind, self._ids)
            given.append(f"{argument}: ${variable}")
        return f"{name}({', '.join(given)})" if given else name


def types_with_fields() -> set[str]:
    """The names of all types of the schema that have fields."""
    return {
        named.name
        for named in SCHEMA.core.type_map.values()
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(named)
    }


def _may_also_be(name: str) -> list[str]:
    """The types that a fragment may be on where something has this type."""
    named = SCHEMA.core.type_map[name]
    if isinstance(named, GraphQLObjectType):
        return [interface.name for interface in named.interfaces]
    return [each.name for each in SCHEMA.core.get_possible_types(named)]  # pyright: ignore[reportArgumentType]  # else it is abstract


def _required(field: GraphQLField) -> dict[str, Any]:
    """The arguments without which a field has no answer: where there is a choice, it is an id."""
    return {
        name: argument.type
        for name, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) or name == "id"
    }


def _value(name: str, kind: Any, ids: Mapping[str, str]) -> Any:
    """A value of an input type: ids are those of what there is."""
    match kind:
        case GraphQLNonNull():
            found = _value(name, kind.of_type, ids)
        case GraphQLList():
            found = [_value(name.removesuffix("s").removesuffix("se"), kind.of_type, ids)]
        case GraphQLEnumType():
            found = next(iter(kind.values))
        case GraphQLInputObjectType():
            required = {each: field.type for each, field in kind.fields.items()}
            found = {
                each: _value(each, of, ids) for each, of in required.items() if isinstance(of, GraphQLNonNull)
            }
        case GraphQLScalarType(name="ID"):
            found = ids.get(name, ids["process"])
        case GraphQLScalarType(name="String"):
            found = "customer 1" if name == "customerId" else "text"
        case _:
            found = PLAIN[kind.name]
    return found


ROOTS = [target for target in targets() if not target.way]


@dataclass(frozen=True, kw_only=True)
class ClosedHouse:
    """A server for callers with tokens, which holds a process and a subscription of customer 1.

    Attributes:
        house: The server, for a client without a token.
        ids: What there is of customer 1, by kind.
    """

    house: House
    provider: Provider
    ids: Mapping[str, str]
    log: StatementLog

    def token(self, role: str, *, customer: str = "customer 1", **claims: JsonValue) -> str:
        """A token for a role."""
        return self.provider.sign(roles=[role], customers=[customer], **claims)

    async def ask(self, target: Target, *, role: str | None, customer: str = "customer 1") -> Any:
        """The first response to an operation that selects a field."""
        headers = {"accept": "text/event-stream" if target.kind == "subscription" else "application/json"}
        if role is not None:
            headers["authorization"] = f"Bearer {self.token(role, customer=customer)}"
        document, variables = target.operation(self.ids)
        body = {"query": document, "variables": variables}
        async with self.house.client.stream("POST", "/graphql", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                text = line.removeprefix("data: ")
                if text.startswith("{"):
                    return json.loads(text)
        raise AssertionError("found no response")

    async def stored(self) -> list[str]:
        """All that is stored, as text."""
        async with self.house.database.writer() as connection:
            return [
                str(await connection.fetch(f"SELECT t::text FROM {table} AS t ORDER BY t::text"))  # noqa: S608  # names of tables
                for table in TABLES
            ]
