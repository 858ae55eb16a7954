"""Whatever objects hold, plans give the response of graphql-core alone."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import os

import pytest
from graphql import DocumentNode, GraphQLObjectType, get_named_type, is_composite_type, parse
from hypothesis import HealthCheck, Phase, given, settings

from tests.graph.execution.comparison import Comparison, Executors
from tests.graph.execution.queries import Wanted, queries
from tests.graph.execution.things import MAKERS, SCHEMA, Root

EXAMPLES = int(os.environ.get("ORCHESTRION_EXECUTION_EXAMPLES", "0"))
"""How many random queries are asked; unless given, some that are always the same."""

SETTINGS = settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
NUMBERS = 180
"""How many things are looked at: enough for every trap of every field, and for those that fit."""

CORE = SCHEMA._schema  # pyright: ignore[reportPrivateUsage]  # graphql-core executes it
THING = CORE.type_map["Thing"]

ANY = """
fragment Any on Named {
  __typename name
  ... on Widget { size leaf { text optional } }
  ... on Gadget { colour self { name self { name } } }
}
"""
BELOW = {
    "leaf": "{ text optional }",
    "leafOrNone": "{ text text2: text }",
    "widgetOrNone": "{ ...Any }",
    "union": "{ __typename ...Any ... on Leaf { text } ... on StrBox { inside all } }",
    "box": "{ __typename inside { text } all { text optional } }",
    "leaves": "{ text optional }",
    "leavesOrNone": "{ optional text }",
}


class Roots:
    """The root values of executions, which count what was read of them."""

    def __init__(self) -> None:
        self.made: list[Root] = []

    def __call__(self) -> Root:
        self.made.append(Root())
        return self.made[-1]


async def same(query: str | DocumentNode, **variables: object) -> Comparison:
    """Asks both ways: the answers are the same, and every attribute was read as often."""
    roots = Roots()
    compared = await Executors(CORE, new_root=roots).same(query, **variables)
    planned, plain = roots.made
    assert planned.reads == plain.reads
    return compared


@pytest.mark.parametrize("field", sorted(MAKERS))
async def test_whatever_a_field_holds_the_response_is_the_same(field: str) -> None:
    head, *rest = field.split("_")
    name = head + "".join(word.title() for word in rest)
    selection = f"{name} {BELOW.get(name) or below(name)} resolved"
    query = parse(f"query ($n: Int!) {{ numbered(number: $n) {{ {selection} }} }}{ANY}")

    answers = [(await same(query, n=number)).plain for number in range(NUMBERS)]

    failed = sum(bool(answer.errors) for answer in answers)
    assert failed > NUMBERS // 20
    assert failed < NUMBERS - NUMBERS // 10 or field == "forbidden"


def below(name: str) -> str:
    assert isinstance(THING, GraphQLObjectType)
    return "{ ...Any }" if is_composite_type(get_named_type(THING.fields[name].type)) else ""


@given(query=queries(CORE, Wanted(literals={"number": [*range(9)]})))
@SETTINGS
async def test_any_query_of_traps_has_the_same_response(query: str) -> None:
    await same(query)
