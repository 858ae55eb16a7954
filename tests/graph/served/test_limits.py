"""What a server refuses for its size, with the limits it has by itself."""

import pytest
from graphql import get_introspection_query

from domain.scope import Scope
from graph.settings import GraphSettings
from tests.graph.served.asking import Asking
from tests.graph.served.house import House

_DEEP = "subscriptions { nodes { processes { nodes { "


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "{" + "__typename " * 10_001 + "}",
            "PARSE_FAILED",
            "Syntax Error: Document contains more than 10000 tokens. Parsing aborted.",
        ),
        (
            "{ processes { nodes { " + _DEEP * 6 + "id" + " }" * 24 + " } } }",
            "DOCUMENT_TOO_LARGE",
            "The operation is 27 fields deep: at most 25 are taken.",
        ),
        (
            "{" + " ".join(f"a{number}: viewer {{ name }}" for number in range(1_001)) + "}",
            "DOCUMENT_TOO_LARGE",
            "The operation selects 2002 fields: at most 2000 are taken.",
        ),
        ("{ a " * 5_000, "PARSE_FAILED", "Syntax Error: Document is nested too deeply. Parsing aborted."),
    ],
)
async def test_a_document_that_is_too_large_is_refused_before_it_runs(
    house: House, query: str, code: str, message: str
) -> None:
    response = await house.client.post("/graphql", json={"query": query})

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"].startswith(message.removesuffix("."))


async def test_clients_can_introspect_with_all_that_they_ask_for(house: House) -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )

    found = await house.ask(query)

    names = {each["name"] for each in found["__schema"]["types"]}
    assert {"Process", "NodeSubscription", "ActiveNodeBlock", "CreateNodeInput"} <= names


async def test_introspection_that_goes_round_in_circles_is_refused(house: House) -> None:
    query = "{ __schema { types " + "{ fields { type " * 6 + "{ name }" + " } }" * 6 + " } }"

    code, message = await house.error(query)

    assert (code, message) == ("VALIDATION_FAILED", "Maximum introspection depth exceeded")


async def test_lists_within_lists_are_bounded_together(house: House) -> None:
    for number in range(3):
        await house.start_node(hostname=f"lab-{number}")
    ask = Asking(house, settings=GraphSettings(max_list_entries=5), scope=Scope.all())

    enough = await ask("{ a: processes { nodes { id } } b: processes(first: 2) { nodes { id } } }")
    again = await ask("{ a: processes { nodes { id } } b: processes(first: 2) { nodes { id } } }")
    too_much = await ask("{ a: processes { nodes { id } } b: processes { nodes { id } } }")

    assert "errors" not in enough
    assert again == enough
    [error] = too_much["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("RESULT_TOO_LARGE", ["b"])


@pytest.mark.parametrize(
    "query",
    [
        "{ products { nodes { " + "workflows { products { " * 5 + "id" + " } }" * 5 + " } } }",
        "{ products { nodes { ...A } } } fragment A on Product { workflows { products { name model } } }",
    ],
)
async def test_lists_that_lead_round_in_circles_are_bounded_together_with_all_others(
    house: House, query: str
) -> None:
    ask = Asking(house, settings=GraphSettings(max_list_entries=30), scope=Scope.all())

    answer = await ask(query)

    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"RESULT_TOO_LARGE"}


async def test_blocks_that_lead_back_to_their_subscription_are_bounded(working_house: House) -> None:
    subscription = await working_house.active_node()
    circle = "blocks { ... on Block { ownerSubscription { "
    query = "query ($id: ID!) { subscription(id: $id) { " + circle * 3 + "id" + " } } }" * 3 + " } }"
    few, many = (
        Asking(working_house, settings=GraphSettings(max_list_entries=number), scope=Scope.all())
        for number in (38, 39)
    )

    refused, given = await few(query, id=subscription), await many(query, id=subscription)

    assert {error["extensions"]["code"] for error in refused["errors"]} == {"RESULT_TOO_LARGE"}
    assert "errors" not in given


async def test_the_values_of_what_was_read_cost_nothing(working_house: House) -> None:
    subscription = await working_house.active_node()
    ask = Asking(working_house, settings=GraphSettings(max_list_entries=3), scope=Scope.all())

    given = await ask(
        """query ($id: ID!) { subscription(id: $id) {
             relations { field } blocks { ... on Block { values { name } } } viewer: customerId }
           __schema { types { name } } }""",
        id=subscription,
    )

    assert "errors" not in given
