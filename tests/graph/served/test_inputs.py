"""What typed mutations and forms take: every kind of value, and ids of subscriptions."""

from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.circuits import CircuitInactive
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of

SET = """
mutation ($input: SetCircuitInput!) { setCircuit(input: $input) {
    __typename ... on ProcessStarted { process { state } }
    ... on InvalidInput { errors { path code message } } ... on Refused { message } } }
"""

SHAPE = "expected subscription_ and 26 characters of Crockford's base 32 in lower case"


async def circuit(database: Database) -> CircuitInactive:
    """A circuit on a node's port."""
    stored = Stored(database)
    node = await stored.node()
    return await stored.circuit(node.node.ports[0])


async def test_values_of_every_kind_are_taken(house: House, database: Database) -> None:
    made = await circuit(database)

    answer = (
        await house.ask(
            SET,
            input={
                "subscription": subscription_of(made),
                "frameSize": "JUMBO",
                "counter": str(2**60),
                "opensAt": "08:30:00",
                "patience": "P2W",
                "contact": "noc@example.org",
                "manual": "https://example.org/manual",
                "gateway": "2001:db8:0::1",
                "site": {"name": "lab", "positions": [{"latitude": 1.5}], "frameSize": "NORMAL"},
            },
        )
    )["setCircuit"]

    state = answer["process"]["state"]
    assert {name: state[name] for name in state if name not in {"circuit", "customer_id"}} == {
        "frame_size": 9000,
        "counter": 2**60,
        "opens_at": "08:30:00",
        "patience": "P14D",
        "contact": "noc@example.org",
        "manual": "https://example.org/manual",
        "gateway": "2001:db8::1",
        "site": {
            "name": "lab",
            "positions": [{"latitude": 1.5, "height": None}],
            "frame_size": 1500,
        },
        "node": None,
        "nodes": [],
    }


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            {"patience": "P1Y"},
            "Duration must be an ISO 8601 string of weeks, days, hours, minutes and seconds",
        ),
        ({"patience": 5}, "Duration must be an ISO 8601 string"),
        ({"opensAt": "25:00"}, "is not a Time"),
        ({"contact": "nobody"}, "is not a EmailAddress"),
        ({"manual": "example"}, "is not a URL"),
        ({"gateway": "192.0.2"}, "is not a IPAddress"),
        ({"frameSize": "9000"}, "does not exist in 'FrameSize' enum"),
        ({"site": {"label": "lab"}}, "SiteInput"),
    ],
)
async def test_values_of_another_kind_are_refused_with_what_is_expected(
    house: House, database: Database, value: dict[str, Any], problem: str
) -> None:
    made = await circuit(database)

    response = await house.post(SET, input={"subscription": subscription_of(made), **value})

    assert response["errors"][0]["extensions"]["code"] == "INVALID_VARIABLES"
    assert problem in response["errors"][0]["message"]


async def test_a_subscription_is_named_by_its_id(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node(ports=["a", "b"])
    made = await stored.circuit(node.node.ports[0])
    given = {"subscription": subscription_of(made), "node": subscription_of(node)}

    answer = (await house.ask(SET, input={**given, "nodes": [subscription_of(node)]}))["setCircuit"]

    state = answer["process"]["state"]
    assert (state["node"], state["nodes"]) == (str(node.id), [str(node.id)])


async def test_a_subscription_of_another_model_is_refused(house: House, database: Database) -> None:
    made = await circuit(database)

    answer = (
        await house.ask(SET, input={"subscription": subscription_of(made), "node": subscription_of(made)})
    )["setCircuit"]

    assert answer["__typename"] == "InvalidInput"
    assert [error["path"] for error in answer["errors"]] == [["input", "node"]]


async def test_every_id_that_is_none_is_told_with_its_place_and_other_mutations_keep_their_answers(
    house: House, database: Database
) -> None:
    made = await circuit(database)
    both = """
    mutation ($good: SetCircuitInput!, $bad: SetCircuitInput!) {
      good: setCircuit(input: $good) { __typename }
      bad: setCircuit(input: $bad) { ... on InvalidInput { errors { path code message } } } }
    """
    process = "process_01h455vb4pex5vsknk084sn02q"

    found = await house.ask(
        both,
        good={"subscription": subscription_of(made)},
        bad={"subscription": "", "node": process, "nodes": [subscription_of(made), "subscription_1"]},
    )

    assert found == {
        "good": {"__typename": "ProcessStarted"},
        "bad": {
            "errors": [
                {"path": ["input", *path], "code": "invalid_id", "message": f"{message}."}
                for path, message in (
                    (["subscription"], "'' is not the id of a subscription: expected subscription_…"),
                    (["node"], f"'{process}' is not the id of a subscription: expected subscription_…"),
                    (
                        ["nodes", "1"],
                        f"'subscription_1' is not the id of a subscription: {SHAPE}",
                    ),
                )
            ]
        },
    }
    assert (await house.ask("{ processes { totalCount } }"))["processes"] == {"totalCount": 1}


@pytest.mark.parametrize("number", [2**70, -(2**70), 2**64])
async def test_a_number_beyond_64_bits_is_told_with_its_place_however_it_is_sent(
    house: House, database: Database, number: int
) -> None:
    made = await circuit(database)
    given = {"subscription": subscription_of(made)}
    paged = """
    mutation ($id: ID!, $pages: [JSON!]!) {
      startWorkflow(workflow: "set_circuit", subscription: $id, pages: $pages) {
        ... on InvalidInput { errors { path code message } } } }
    """

    answers = [
        (await house.ask(SET, input={**given, "counter": counter}))["setCircuit"]
        for counter in (number, str(number))
    ]
    answer = (await house.ask(paged, id=subscription_of(made), pages=[{"counter": number}]))["startWorkflow"]

    problem = {
        "code": "unrepresentable",
        "message": f"Cannot be stored: an integer of {number.bit_length()} bits (at most 64 fit)",
    }
    assert [each["errors"] for each in answers] == [[{"path": ["input", "counter"], **problem}]] * 2
    assert answer["errors"] == [{"path": ["pages", "0", "counter"], **problem}]
    assert (await house.ask("{ processes { totalCount } }"))["processes"] == {"totalCount": 0}


async def test_a_page_asks_for_a_subscription_and_takes_the_id_that_clients_know(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    node = await stored.node()
    made = await stored.circuit(node.node.ports[0])
    start = """
    mutation ($id: ID!, $pages: [JSON!]!) {
      startWorkflow(workflow: "move_circuit", subscription: $id, pages: $pages) {
        __typename ... on FormPage { schema } ... on ProcessStarted { process { state } }
        ... on InvalidInput { errors { path } } } }
    """

    page = (await house.ask(start, id=subscription_of(made), pages=[]))["startWorkflow"]
    started = (await house.ask(start, id=subscription_of(made), pages=[{"node": subscription_of(node)}]))[
        "startWorkflow"
    ]

    field = page["schema"]["properties"]["node"]
    assert (field["format"], field["model"], field["statuses"]) == ("subscription", "Node", ["ACTIVE"])
    assert started["process"]["state"]["node"] == str(node.id)
