"""What a document selects or gives takes its permission: interfaces, fragments and inputs are no way past."""

from typing import Annotated

import pytest
import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate

from graph.execution.needs import needs_of_operation, needs_of_variables
from graph.permissions import Permission, requires


@strawberry.interface(directives=requires(Permission.READ_CATALOG))
class Thing:
    id: str
    note: str
    next: "Thing | None"


@strawberry.type(directives=requires(Permission.READ_CATALOG))
class Plain(Thing):
    pass


@strawberry.type(directives=requires(Permission.READ_ENGINE))
class Secret(Thing):
    """Stricter than its interface: as a whole, in a field, and in what a field gives."""

    note: str = strawberry.field(directives=requires(Permission.PAUSE_ENGINE))
    next: "Deep | None"  # pyright: ignore[reportIncompatibleVariableOverride]  # GraphQL lets it be narrower


@strawberry.type(directives=requires(Permission.READ_PROCESSES))
class Deep(Thing):
    pass


@strawberry.type
class Forgotten:
    """A type and a field without a permission."""

    text: str


Either = Annotated[Plain | Deep, strawberry.union("Either")]


@strawberry.input(directives=requires(Permission.READ_SUBSCRIPTIONS))
class Inner:
    text: str | None = None


@strawberry.input
class Outer:
    text: str | None = None
    inner: Inner | None = None
    many: "list[Outer] | None" = None


@strawberry.type(directives=requires(Permission.CONNECT))
class Query:
    thing: Thing | None = None
    plain: Plain | None = None
    either: Either | None = None
    forgotten: Forgotten | None = None

    @strawberry.field
    def found(self, where: Outer | None = None) -> int:
        del where
        return 0


SCHEMA: GraphQLSchema = strawberry.Schema(query=Query, types=[Plain, Secret, Deep])._schema  # pyright: ignore[reportPrivateUsage]  # of graphql-core

Needs = set[tuple[str, str | None]]

CONNECT, CATALOG, ENGINE, PROCESSES = "CONNECT", "READ_CATALOG", "READ_ENGINE", "READ_PROCESSES"
ANY_THING: Needs = {("Query.thing", each) for each in (CONNECT, CATALOG, ENGINE, PROCESSES)}


def needs(query: str, **variables: object) -> Needs:
    document = parse(query)
    assert validate(SCHEMA, document) == []
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = [
        *needs_of_operation(SCHEMA, document, operation),
        *needs_of_variables(SCHEMA, operation, variables),  # pyright: ignore[reportArgumentType]  # JSON
    ]
    return {(need.coordinate, need.permission and need.permission.name) for need in found}


SELECTIONS: list[tuple[str, Needs]] = [
    ("{ plain { __typename } }", {("Query.plain", CONNECT), ("Query.plain", CATALOG)}),
    ("{ thing { __typename } }", ANY_THING),
    (
        "{ t: thing { ... { ...A } } } fragment A on Thing { __typename }",
        ANY_THING | {("Thing", CATALOG)},
    ),
    ("{ thing { id } }", ANY_THING | {("Thing.id", CATALOG)}),
    ("{ thing { note } }", ANY_THING | {("Thing.note", CATALOG), ("Thing.note", "PAUSE_ENGINE")}),
    (
        "{ plain { ... on Thing { note } } }",
        {
            ("Query.plain", CONNECT),
            ("Query.plain", CATALOG),
            ("Thing", CATALOG),
            ("Thing.note", CATALOG),
            ("Thing.note", "PAUSE_ENGINE"),
        },
    ),
    (
        "{ thing { next { __typename } } }",
        ANY_THING | {("Thing.next", each) for each in (CATALOG, ENGINE, PROCESSES)},
    ),
    (
        "{ thing { ... on Secret { __typename } } }",
        ANY_THING | {("Secret", ENGINE)},
    ),
    (
        "{ thing { ... on Secret { next { id } } } }",
        ANY_THING
        | {
            ("Secret", ENGINE),
            ("Secret.next", ENGINE),
            ("Secret.next", PROCESSES),
            ("Deep.id", PROCESSES),
        },
    ),
    ("{ either { __typename } }", {("Query.either", each) for each in (CONNECT, CATALOG, PROCESSES)}),
    ("{ thing @skip(if: true) { __typename } }", ANY_THING),
    ('{ __typename __schema { types { name } } __type(name: "Deep") { name } }', set()),
    ("{ forgotten { text } }", {("Query.forgotten", CONNECT), ("Forgotten.text", None)}),
]


@pytest.mark.parametrize(("query", "expected"), SELECTIONS)
def test_a_selection_takes_what_it_may_turn_out_to_be(query: str, expected: Needs) -> None:
    assert needs(query) == expected


GIVEN: list[tuple[str, dict[str, object]]] = [
    ('{ found(where: {inner: {text: "a"}}) }', {}),
    ("{ found(where: {many: [{}, {many: {inner: {}}}]}) }", {}),
    ("query ($it: Inner) { found(where: {inner: $it}) }", {"it": {}}),
    ("query ($it: Outer) { found(where: $it) }", {"it": {"many": [{"inner": {}}]}}),
    ("query ($it: Outer) { found(where: $it) }", {"it": {"many": {"inner": {"text": "a"}}}}),
    ("query ($it: [Outer!]) { found(where: {many: $it}) }", {"it": {"inner": {}}}),
    ("query ($it: Outer = {inner: {}}) { found(where: $it) }", {}),
    ("{ ...A } fragment A on Query { found(where: {inner: {}}) }", {}),
]


@pytest.mark.parametrize(("query", "variables"), GIVEN)
def test_an_input_takes_its_permission_wherever_it_is_given(query: str, variables: dict[str, object]) -> None:
    found = needs(query, **variables) - {("Query", CONNECT)}

    assert found == {("Query.found", CONNECT), ("Inner", "READ_SUBSCRIPTIONS")}


NOT_GIVEN: list[tuple[str, dict[str, object]]] = [
    ('{ found(where: {text: "inner", inner: null, many: [{text: "a"}]}) }', {}),
    ("query ($it: Outer) { found(where: $it) }", {"it": {"text": "inner", "inner": None}}),
    ("query ($it: Outer) { found(where: $it) }", {"it": None, "other": {"inner": {}}}),
    ("query ($it: Outer) { found(where: $it) }", {"it": [[{"text": {}}], 7, "inner", {"unknown": {}}]}),
    ("query ($it: Inner) { found(where: {inner: $it}) }", {}),
]


@pytest.mark.parametrize(("query", "variables"), NOT_GIVEN)
def test_an_input_that_is_not_given_takes_nothing(query: str, variables: dict[str, object]) -> None:
    assert needs(query, **variables) == {("Query.found", CONNECT)}
