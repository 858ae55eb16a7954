"""What a server refuses for its size, with the limits it has by itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from graphql import get_introspection_query
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from domain.json import encode
from domain.scope import Scope
from graph.settings import GraphSettings
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.waiting import eventually

READ_CONNECTIONS = 4
"""How many the tests' database has to read with."""

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
            "{" + "viewer { name } " * 501 + "}",
            "DOCUMENT_TOO_LARGE",
            "The operation selects 1002 fields: at most 1000 are taken.",
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
    ask = Asking(house, settings=GraphSettings(max_list_entries=30, max_cost=10**15), scope=Scope.all())

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


@pytest.mark.parametrize("transport", ["HTTP", "socket"])
async def test_a_query_that_is_given_up_gives_its_statement_and_its_connection_back(
    house: House, database_dsn: str, transport: str
) -> None:
    process = await house.start_node()
    # The one is read by a loader, the other is not.
    both = f'{{ process(id: "{process}") {{ id }} processes {{ nodes {{ id }} }} }}'
    ask = Asking(house, settings=GraphSettings(operation_timeout_s=0.3), scope=Scope.all())

    async with locked(database_dsn, "process") as waiting:
        if transport == "HTTP":
            answers = await asyncio.gather(*(ask(both) for _ in range(2 * READ_CONNECTIONS)))
            codes = {error["extensions"]["code"] for answer in answers for error in answer["errors"]}
            assert codes == {"TIMED_OUT"}
        else:
            async with socket_of(house) as socket:
                await socket.send(encode({"type": "subscribe", "id": "1", "payload": {"query": both}}))
                await eventually(lambda: are_there(waiting, 2))
                await socket.send(encode({"type": "complete", "id": "1"}))
                await eventually(lambda: are_there(waiting, 0))
        await eventually(lambda: are_there(waiting, 0))
        meanwhile = await ask("{ products { nodes { name } } }")
        assert len(meanwhile["data"]["products"]["nodes"]) == 3
    assert (await ask(both))["data"] == {
        "process": {"id": process},
        "processes": {"nodes": [{"id": process}]},
    }


@asynccontextmanager
async def locked(dsn: str, table: str) -> AsyncGenerator[asyncpg.Connection]:
    """Keeps everybody else from a table; gives a connection that can look at who waits."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


async def are_there(connection: asyncpg.Connection, number: int) -> bool:
    """Whether so many statements wait for a lock."""
    found = await connection.fetchval(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return found == number


@asynccontextmanager
async def socket_of(house: House) -> AsyncGenerator[ClientConnection]:
    """A socket that was greeted."""
    address = f"{house.url.replace('http', 'ws')}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(encode({"type": "connection_init"}))
        await socket.recv()
        yield socket


async def test_the_values_of_what_was_read_cost_nothing(working_house: House) -> None:
    subscription = await working_house.active_node()
    ask = Asking(working_house, settings=GraphSettings(max_list_entries=3), scope=Scope.all())

    given = await ask(
        """query ($id: ID!) { subscription(id: $id) {
             blocks { ... on Block { values { name } } } viewer: customerId }
           __schema { types { name } } }""",
        id=subscription,
    )

    assert "errors" not in given
