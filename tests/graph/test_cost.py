"""What operations cost, told without running them."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
    validate,
)

from domain.json import JsonValue
from graph.execution.cost import PageSizes, cost_of_operation
from graph.settings import GraphSettings
from tests.clients.screens import read_screens

SDL = Path(__file__).resolve().parents[2] / "schema.graphql"
PAGES = PageSizes(default=25, most=200)

SMALL = build_schema(
    """
    interface Thing { id: ID! name: String! things: [Thing!]! }
    type Apple implements Thing { id: ID! name: String! things: [Thing!]! colour: String! seeds: [Seed!]! }
    type Pear implements Thing { id: ID! name: String! things: [Thing!]! }
    type Seed { number: Int! words: [String!]! }
    type Edge { cursor: String! node: Thing! }
    type Page { nodes: [Thing!]! edges: [Edge!]! total: Int! }
    type Done { count: Int! items: [Thing!]! }
    input Made { name: String! }
    type Query {
      thing: Thing!
      apple: Apple!
      page(first: Int, last: Int, offset: Int): Page!
      latest(first: Int): [Thing!]!
      nodes(ids: [ID!]!): [Thing]!
      plain(words: [String!]): [Thing!]!
    }
    type Mutation { make(made: [Made!]!): Done! }
    """
)

SEEDS = "fragment S on Apple { seeds { number } }"
MADE: list[JsonValue] = [{}] * 50


def cost(query: str, schema: GraphQLSchema = SMALL, **variables: JsonValue) -> int:
    document = parse(query)
    assert validate(schema, document) == []
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return cost_of_operation(schema, document, operation, pages=PAGES).at(variables)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("{ thing { id name } }", 3),
        ("{ a: thing { id } b: thing { id } __typename }", 5),
        ("{ page { total } }", 2),
        ("{ page { nodes { id } } }", 1 + 25 * 2),
        ("{ page(first: 3) { total nodes { id } edges { cursor node { id } } } }", 2 + 3 * 2 + 3 * 4),
        ("{ page(last: 3) { nodes { id } } }", 1 + 3 * 2),
        ("{ page(first: 3, last: 4) { nodes { id } } }", 1 + 4 * 2),
        ("{ page(first: 0) { nodes { id } } }", 1),
        ("{ page(first: -1) { nodes { id } } }", 1),
        ("{ page(first: 201) { nodes { id } } }", 1 + 200 * 2),
        ("{ page(first: 3) { nodes { things { id } } } }", 1 + 3 * (1 + 10 * 2)),
        ("{ page(first: 3) { nodes { id ... @skip(if: true) { name } } } }", 1 + 3 * 3),
        ("{ page(first: 3) { ...F } } fragment F on Page { nodes { id } }", 1 + 3 * 2),
        ("{ ...F ...F } fragment F on Query { thing { id } }", 4),
        ("{ latest(first: 3) { id } }", 3 * 2),
        ("{ latest { id } }", 25 * 2),
        ('{ nodes(ids: ["1", "2"]) { id } }', 2 * 2),
        ("{ nodes(ids: 1000000) { id } }", 10 * 2),
        ('{ plain(words: ["1"]) { id } }', 10 * 2),
        ("{ apple { seeds { number words } } }", 1 + 10 * 3),
        ("{ thing { id ... on Apple { colour name } ... on Pear { name } } }", 2 + 2),
        ("{ thing { id ... on Apple { colour } ... on Thing { name } } }", 3 + 1),
        ("{ apple { id ... on Apple { colour } ... on Thing { name } } }", 4),
        (
            "{ thing { ... on Apple { id } ...S ...P } } fragment P on Pear { id } " + SEEDS,
            1 + 1 + 10 * 2,
        ),
        ('mutation { make(made: [{name: "a"}, {name: "b"}]) { count items { id } } }', 2 + 2 * 2),
    ],
)
def test_every_field_counts_as_often_as_it_may_be_there(query: str, values: int) -> None:
    assert cost(query) == values


@pytest.mark.parametrize(
    ("query", "variables", "values"),
    [
        ("query ($n: Int) { page(first: $n) { nodes { id } } }", {"n": 7}, 1 + 7 * 2),
        ("query ($n: Int) { page(first: $n) { nodes { id } } }", {"n": None}, 1 + 25 * 2),
        ("query ($n: Int) { page(first: $n) { nodes { id } } }", {}, 1 + 25 * 2),
        ("query ($n: Int) { page(first: $n, last: 2) { nodes { id } } }", {"n": 1}, 1 + 2 * 2),
        ("query ($n: Int) { latest(first: $n) { things { id } } }", {"n": 500}, 200 * (1 + 10 * 2)),
        (
            "query ($n: Int, $m: Int) { page(first: $n) { nodes { ...S } } latest(first: $m) { id } } "
            + SEEDS,
            {"n": 2, "m": 3},
            1 + 2 * (1 + 10 * 2) + 3 * 2,
        ),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["1", "2", "3"]}, 3 * 2),
        (
            "mutation ($made: [Made!]!) { make(made: $made) { items { id } } }",
            {"made": MADE},
            1 + 50 * 2,
        ),
    ],
)
def test_variables_say_how_long_pages_are(query: str, variables: dict[str, JsonValue], values: int) -> None:
    assert cost(query, SMALL, **variables) == values


def test_what_multiplies_is_added_up_without_being_written_out() -> None:
    deep = "{ thing {" + "things {" * 20 + "id" + "}" * 20 + "} }"

    assert cost(deep) == 1 + sum(10**level for level in range(1, 21)) + 10**20


def test_the_screens_leave_room() -> None:
    schema = build_schema(SDL.read_text())
    screens, limit = read_screens(), GraphSettings().max_cost

    usual = {name: cost(query, schema) for name, query in screens.items()}
    longest = {name: cost(query, schema, first=200, last=200) for name, query in screens.items()}

    assert {name: found for name, found in usual.items() if found > limit / 10} == {}
    assert {name: found for name, found in longest.items() if found > limit / 2} == {}
    assert cost(get_introspection_query(), schema) < limit / 2
