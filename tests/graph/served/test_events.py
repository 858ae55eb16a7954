import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from domain.json import decode, encode
from tests.graph.served.house import House
from tests.parity import parity
from tests.postgres import PostgresServer
from tests.waiting import eventually

EVENTS = """
subscription ($process: ID!, $after: String) {
  processEvents(process: $process, after: $after) {
    __typename cursor version
    ... on ProcessSnapshot { process { id status steps { key status } } }
    ... on StepStarted { at step { id key status attemptCount } }
    ... on StepFinished { at error step { id key status attemptCount finishedAt delta } }
    ... on ProcessStatusChanged { at processId status failureKind currentStepKey currentStepId }
  }
}
"""


async def events(
    house: House, process: str, after: str | None = None, *, query: str = EVENTS
) -> AsyncGenerator[Any]:
    async for response in house.follow(query, process=process, after=after):
        assert "errors" not in response, response
        yield response["data"]["processEvents"]


def beginning(process: str) -> str:
    """The cursor before the first event of a process."""
    return f"{process}.v0"


async def all_events(house: House, process: str, after: str | None = None) -> list[Any]:
    async with asyncio.timeout(15):
        return [event async for event in events(house, process, after)]


def summary(event: Any) -> tuple[str, str]:
    """What kind of event it is, and the step or status it is about."""
    match event["__typename"]:
        case "ProcessSnapshot":
            return "snapshot", event["process"]["status"]
        case "ProcessStatusChanged":
            return "process", event["status"]
        case _:
            return event["step"]["key"], event["step"]["status"]


@parity("W-21")
async def test_a_follower_sees_the_snapshot_and_then_every_change_until_the_end(
    house: House,
) -> None:
    process = await house.start_node()
    seen: list[Any] = []

    async with asyncio.timeout(20), aclosing(events(house, process)) as stream:
        seen.append(await anext(stream))
        async with house.working():
            async for event in stream:
                seen.append(event)
                if summary(event) == ("process", "SUSPENDED"):
                    await house.resume(process, {"serial": 7})

    assert [summary(event) for event in seen] == [
        ("snapshot", "QUEUED"),
        ("process", "RUNNING"),
        ("make_node", "RUNNING"),
        ("make_node", "SUCCESS"),
        ("provision", "RUNNING"),
        ("provision", "SUCCESS"),
        ("confirm", "RUNNING"),
        ("confirm", "SUSPENDED"),
        ("process", "SUSPENDED"),
        ("process", "QUEUED"),
        ("process", "RUNNING"),
        ("confirm", "RUNNING"),
        ("confirm", "SUCCESS"),
        ("record_serial", "RUNNING"),
        ("record_serial", "SUCCESS"),
        ("set_status", "RUNNING"),
        ("set_status", "SUCCESS"),
        ("resync", "RUNNING"),
        ("resync", "SUCCESS"),
        ("process", "COMPLETED"),
    ]
    suspended = seen[8]
    assert (suspended["currentStepKey"], suspended["currentStepId"]) == ("confirm", seen[7]["step"]["id"])
    versions = [event["version"] for event in seen]
    assert versions == sorted(versions)
    assert set(versions) == set(range(1, versions[-1] + 1))


async def test_a_follower_that_comes_back_with_any_cursor_misses_nothing_and_sees_nothing_twice(
    working_house: House,
) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")
    await house.resume(process, {"serial": 7})
    await house.until(process, "COMPLETED")

    seen = await all_events(house, process, beginning(process))

    assert len({event["cursor"] for event in seen}) == len(seen)
    for position, event in enumerate(seen):
        assert await all_events(house, process, event["cursor"]) == seen[position + 1 :]


async def test_a_follower_that_comes_after_the_end_sees_the_snapshot_alone(working_house: House) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")
    await house.resume(process, {"serial": 7})
    await house.until(process, "COMPLETED")

    [snapshot] = await all_events(house, process)

    assert summary(snapshot) == ("snapshot", "COMPLETED")
    assert {step["status"] for step in snapshot["process"]["steps"]} == {"SUCCESS"}
    assert await all_events(house, process, snapshot["cursor"]) == []


async def test_the_delta_of_a_step_can_be_read_with_its_event(working_house: House) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")
    await house.resume(process, {"serial": 7})
    await house.until(process, "COMPLETED")

    seen = await all_events(house, process, beginning(process))

    [confirmed] = [event for event in seen if summary(event) == ("confirm", "SUCCESS")]
    assert confirmed["step"]["delta"] == {"serial": 7}
    assert confirmed["step"]["finishedAt"] is not None


async def test_every_event_is_read_by_itself_and_not_from_what_the_stream_has_read_before(
    house: House,
) -> None:
    process = await house.start_node()
    query = """subscription ($process: ID!) { processEvents(process: $process) {
        ... on ProcessSnapshot { process { subscriptions { status } } }
        ... on StepFinished { step { key attempts { number status } } } } }"""

    event: Any = None
    async with asyncio.timeout(20), aclosing(house.follow(query, process=process)) as stream:
        await anext(stream)
        async with house.working():
            async for response in stream:
                event = response["data"]["processEvents"]
                if "step" in event and event["step"]["key"] == "provision":
                    break

    assert event == {"step": {"key": "provision", "attempts": [{"number": 1, "status": "SUCCESS"}]}}


FOREIGN = "process_01h455vb4pex5vsknk084sn02q.v1"
"""A cursor of another process."""


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ("", "'' is no cursor of this process: expected one that an event of it had."),
        ("1.0", "'1.0' is no cursor of this process: expected one that an event of it had."),
        (FOREIGN, f"'{FOREIGN}' is no cursor of this process: expected one that an event of it had."),
        ("{}.v99.0", "Found the version 99 in the cursor: the process is at version 1."),
    ],
)
async def test_a_wrong_cursor_is_refused(house: House, after: str, message: str) -> None:
    process = await house.start_node()
    after = after.format(process)

    [response] = [response async for response in house.follow(EVENTS, process=process, after=after)]

    [error] = response["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("INVALID_CURSOR", message)


@pytest.mark.parametrize("after", [None, FOREIGN])
async def test_an_unknown_process_cannot_be_followed(house: House, after: str | None) -> None:
    unknown = "process_01h455vb4pex5vsknk084sn02q"

    [response] = [response async for response in house.follow(EVENTS, process=unknown, after=after)]

    [error] = response["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", f"There is no {unknown}.")


async def test_a_stopping_server_ends_a_follower_who_then_goes_on_at_another(house: House) -> None:
    process = await house.start_node()
    payload = {"query": EVENTS, "variables": {"process": process}}
    address = f"{house.url.replace('http', 'ws')}/graphql"

    async with (
        asyncio.timeout(10),
        connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket,
    ):
        await socket.send(encode({"type": "connection_init"}))
        await socket.recv()
        await socket.send(encode({"type": "subscribe", "id": "1", "payload": payload}))
        first: Any = decode(await socket.recv())
        await house.server.end_streams()
        await socket.wait_closed()

    assert first["payload"]["data"]["processEvents"]["cursor"] == f"{process}.v1"
    assert (socket.close_code, socket.close_reason) == (1001, "Going away")
    assert house.server.streams.count == 0


STATUSES = EVENTS.replace(" delta", "")
"""All that is in the events themselves."""


async def test_a_follower_lives_through_lost_connections_and_a_restart_of_the_database(
    house: House, database_dsn: str, postgres_server: PostgresServer
) -> None:
    process = await house.start_node()
    seen: list[Any] = []

    async with asyncio.timeout(40), aclosing(events(house, process, query=STATUSES)) as stream:
        seen.append(await anext(stream))
        await cut_all(database_dsn)
        async with house.working():
            async for event in stream:
                seen.append(event)
                if summary(event) == ("make_node", "SUCCESS"):
                    await restart(postgres_server)
                if summary(event) == ("process", "SUSPENDED"):
                    break

    versions = [event["version"] for event in seen]
    assert versions == sorted(versions)
    assert set(versions) == set(range(1, versions[-1] + 1))
    assert len({event["cursor"] for event in seen}) == len(seen)


async def restart(server: PostgresServer) -> None:
    """Restart the database, where the suite may: in good order, as the suite's is not durable."""
    if server.embedded is not None:
        await asyncio.to_thread(server.embedded.restart)


async def cut_all(dsn: str) -> None:
    """Have the server end every other connection to the database."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_a_follower_that_leaves_is_forgotten(house: House) -> None:
    process = await house.start_node()

    async with asyncio.timeout(10), aclosing(events(house, process)) as stream:
        await anext(stream)
        await eventually(lambda: is_watched(house))

    await eventually(lambda: is_unwatched(house))
    assert house.server.streams.count == 0


async def is_watched(house: House) -> bool:
    return house.server.bus.watched == 1


async def is_unwatched(house: House) -> bool:
    return house.server.bus.watched == 0
