"""What fails inside reaches every client as an id, and the log under it in full."""

import re
from typing import Any

import httpx_sse
import pytest

from domain.json import JsonValue
from tests.graph.http.conftest import SECRET, SmallServer
from tests.graph.http.sockets import closing, greeted, opened, receive, send, subscribe
from tests.parity import parity

ERROR_ID = re.compile(r'"errorId": ?"([0-9a-f-]{36})"')

PLACES = {
    "a resolver": "{ crash }",
    "a resolver at the root of all": "{ crashRoot }",
    "a loader": "{ loaded }",
    "the serialization of a value": "{ whole }",
    "the writing of the answer": "{ endless }",
    "nothing where something must be": "{ absent }",
}
TELLS_NOTHING = {"the writing of the answer", "nothing where something must be"}
"""What failed there holds no words of ours."""

SOURCES = {
    "a source of events": "subscription { broken }",
    "the serialization of an event": "subscription { notNumbers }",
}


@pytest.mark.parametrize("place", PLACES)
@parity("GQ-10")
async def test_over_http(server: SmallServer, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    response = await server.client.post("/graphql", json={"query": PLACES[place]})

    assert_masked(response.text, capsys, told=place not in TELLS_NOTHING)
    [error] = response.json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("Internal error", "INTERNAL_ERROR")
    assert response.status_code == (500 if place == "the writing of the answer" else 200)


@pytest.mark.parametrize("place", [*PLACES, *SOURCES])
async def test_over_an_event_stream(
    server: SmallServer, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"query": (PLACES | SOURCES)[place]}
    async with httpx_sse.aconnect_sse(server.client, "POST", "/graphql", json=body) as source:
        events = [(event.event, event.data) async for event in source.aiter_sse()]

    assert_masked(str(events), capsys, told=place not in TELLS_NOTHING)
    assert events[-1] == ("complete", "")


@pytest.mark.parametrize("place", [*PLACES, *SOURCES])
async def test_over_a_socket(server: SmallServer, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    messages: list[JsonValue] = []
    async with greeted(server) as socket:
        await subscribe(socket, "a", (PLACES | SOURCES)[place])
        while not messages or kind(messages[-1]) == "next":
            messages.append(await receive(socket))
        await subscribe(socket, "b", "{ hello }")
        following = await receive(socket)

    assert_masked(str(messages).replace("'", '"'), capsys, told=place not in TELLS_NOTHING)
    assert following == {"type": "next", "id": "b", "payload": {"data": {"hello": "world"}}}


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_of_a_context_that_cannot_be_made(
    server: SmallServer, accept: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.signals.contexts_break = True

    response = await server.client.post("/graphql", json={"query": "{ hello }"}, headers={"accept": accept})

    assert_masked(response.text, capsys)
    assert response.status_code == 500


async def test_of_a_context_that_cannot_be_made_over_a_socket(
    server: SmallServer, capsys: pytest.CaptureFixture[str]
) -> None:
    async with greeted(server) as socket:
        server.signals.contexts_break = True
        await subscribe(socket, "a", "{ hello }")
        refused = await receive(socket)
        server.signals.contexts_break = False
        await subscribe(socket, "a", "{ hello }")
        following = await receive(socket)

    assert_masked(str(refused).replace("'", '"'), capsys)
    assert kind(refused) == "error"
    assert kind(following) == "next"


async def test_of_a_caller_who_cannot_be_known(
    server: SmallServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.signals.callers_break = True

    response = await server.client.post("/graphql", json={"query": "{ hello }"})

    assert_masked(response.text, capsys)
    assert response.status_code == 500
    async with opened(server) as socket:
        await send(socket, {"type": "connection_init"})
        assert await closing(socket) == (1011, "Internal error")
    assert SECRET in capsys.readouterr().out


async def test_of_an_event_whose_context_cannot_be_made(
    server: SmallServer, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"query": "subscription { ticks }"}
    async with httpx_sse.aconnect_sse(server.client, "POST", "/graphql", json=body) as source:
        received = source.aiter_sse()
        first = await anext(received)
        server.signals.contexts_break = True
        server.signals.tick.set()
        rest = [(event.event, event.data) async for event in received]

    assert first.data == '{"data":{"ticks":1}}'
    assert_masked(str(rest), capsys)
    assert [event for event, _ in rest] == ["next", "complete"]


def assert_masked(told_client: str, capsys: pytest.CaptureFixture[str], *, told: bool = True) -> None:
    """The client knows an id and nothing else; the log has the failure once, under that id."""
    [error_id] = ERROR_ID.findall(told_client)
    logged = capsys.readouterr().out
    assert logged.count(error_id) == 1
    assert (SECRET in logged) == told
    assert "hunter2" not in told_client
    assert "Error:" not in told_client
    assert "Traceback" not in told_client


def kind(message: Any) -> str:
    return message["type"]
