import asyncio
from urllib.parse import urlsplit

import httpx
import httpx_sse
import pytest

from domain.json import JsonValue
from tests.graph.http.conftest import SmallServer, settled

EVENT_STREAM = {"accept": "text/event-stream"}
Event = tuple[str, JsonValue]


async def events(server: SmallServer, query: str, **variables: JsonValue) -> list[Event]:
    body = {"query": query, "variables": variables}
    async with httpx_sse.aconnect_sse(server.client, "POST", "/graphql", json=body) as source:
        assert source.response.status_code == 200
        return [(event.event, event.json() if event.data else None) async for event in source.aiter_sse()]


async def test_a_subscription_sends_next_per_event_and_then_complete(server: SmallServer) -> None:
    received = await events(server, "subscription ($to: Int!) { count(to: $to) }", to=2)

    assert received == [
        ("next", {"data": {"count": 1}}),
        ("next", {"data": {"count": 2}}),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    ("query", "response"),
    [
        ("{ hello }", {"data": {"hello": "world"}}),
        ("mutation { bump }", {"data": {"bump": 1}}),
    ],
)
async def test_queries_and_mutations_stream_too(server: SmallServer, query: str, response: JsonValue) -> None:
    assert await events(server, query) == [("next", response), ("complete", None)]


async def test_a_refused_operation_still_opens_a_stream_that_says_why(server: SmallServer) -> None:
    [(kind, response), complete] = await events(server, "{ nothing }")

    assert isinstance(response, dict)
    assert (kind, complete) == ("next", ("complete", None))
    assert "data" not in response


async def test_a_refused_source_is_one_response_with_its_error(server: SmallServer) -> None:
    [(_, response), complete] = await events(server, "subscription { refused }")

    assert complete == ("complete", None)
    assert response == {"errors": [{"message": "nothing to count", "extensions": {"code": "TOO_FAR"}}]}


async def test_a_failing_source_ends_the_stream_with_a_masked_error(
    server: SmallServer, capsys: pytest.CaptureFixture[str]
) -> None:
    [first, (_, response), complete] = await events(server, "subscription { broken }")

    assert first == ("next", {"data": {"broken": 1}})
    assert isinstance(response, dict)
    assert isinstance(response["errors"], list)
    assert "Internal error" in str(response["errors"])
    assert "hunter2" not in str(response)
    assert "hunter2" in capsys.readouterr().out
    assert complete == ("complete", None)


async def test_a_mutation_by_get_is_refused_on_a_stream_as_well(server: SmallServer) -> None:
    response = await server.client.get(
        "/graphql", params={"query": "mutation { bump }"}, headers=EVENT_STREAM
    )

    assert response.status_code == 405
    assert server.signals.bumped == 0


async def test_a_silent_stream_is_kept_alive_by_comments(server: SmallServer) -> None:
    body = {"query": "subscription { forever }"}
    async with server.client.stream("POST", "/graphql", json=body, headers=EVENT_STREAM) as response:
        text = ""
        async with asyncio.timeout(5):
            async for chunk in response.aiter_text():
                text += chunk
                if text.endswith(":\n\n"):
                    break

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert text == 'event: next\ndata: {"data":{"forever":1}}\n\n:\n\n'


async def test_a_client_that_leaves_closes_the_source(server: SmallServer) -> None:
    body = {"query": "subscription { forever }"}
    async with httpx_sse.aconnect_sse(server.client, "POST", "/graphql", json=body) as source:
        await anext(source.aiter_sse())
        assert server.streams.count == 1

    async with asyncio.timeout(5):
        await server.signals.source_closed.wait()
    assert server.signals.closed_sources == 1


async def test_a_stopping_server_ends_the_stream_without_complete(server: SmallServer) -> None:
    body = {"query": "subscription { forever }"}
    async with httpx_sse.aconnect_sse(server.client, "POST", "/graphql", json=body) as source:
        received = source.aiter_sse()
        await anext(received)

        ended_in_time = await server.streams.close(timeout_s=5)
        rest = [event.event async for event in received]

    assert ended_in_time
    assert rest == []
    assert server.signals.closed_sources == 1


async def test_a_stopping_server_opens_no_stream(server: SmallServer) -> None:
    await server.streams.close(timeout_s=5)

    response = await server.client.post(
        "/graphql", json={"query": "subscription { forever }"}, headers=EVENT_STREAM
    )

    assert response.status_code == 503
    assert isinstance(response, httpx.Response)


async def test_a_source_waits_for_a_client_that_does_not_read_and_the_server_does_not(
    server: SmallServer,
) -> None:
    address = urlsplit(server.url)
    body = b'{"query": "subscription { flood }"}'
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    await reader.read(1)

    try:
        assert await settled(server) < 2_000
        assert await server.streams.close(timeout_s=5)
    finally:
        writer.transport.abort()
