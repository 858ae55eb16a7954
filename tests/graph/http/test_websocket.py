import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from domain.json import JsonValue, encode
from tests.graph.http.conftest import SETTINGS, SmallServer, settled
from tests.graph.http.sockets import PROTOCOL, closing, greeted, opened, receive, send, subscribe

FOREVER: JsonValue = {"query": "subscription { forever }"}


async def test_operations_of_every_kind_run_side_by_side(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { count(to: 2) }")
        received = [await receive(socket) for _ in range(3)]
        await subscribe(socket, "a", "{ hello }")
        received += [await receive(socket) for _ in range(2)]
        await subscribe(socket, "b", "mutation { bump }")
        received += [await receive(socket) for _ in range(2)]

    assert received == [
        {"type": "next", "id": "a", "payload": {"data": {"count": 1}}},
        {"type": "next", "id": "a", "payload": {"data": {"count": 2}}},
        {"type": "complete", "id": "a"},
        {"type": "next", "id": "a", "payload": {"data": {"hello": "world"}}},
        {"type": "complete", "id": "a"},
        {"type": "next", "id": "b", "payload": {"data": {"bump": 1}}},
        {"type": "complete", "id": "b"},
    ]


async def test_every_event_has_a_context_of_its_own(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { count(to: 3) }")
        for _ in range(4):
            await receive(socket)

    assert server.signals.contexts == 4


@pytest.mark.parametrize(
    ("query", "code"),
    [("{ nothing }", "VALIDATION_FAILED"), ("{", "PARSE_FAILED"), ("{ secret }", "NOT_ALLOWED")],
)
async def test_a_refused_operation_is_an_error_and_the_socket_goes_on(
    server: SmallServer, query: str, code: str
) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", query)
        error = await receive(socket)
        await subscribe(socket, "a", "{ hello }")
        following = await receive(socket)

    assert isinstance(error, dict)
    assert (error["type"], error["id"]) == ("error", "a")
    assert code in str(error["payload"])
    assert following == {"type": "next", "id": "a", "payload": {"data": {"hello": "world"}}}


async def test_complete_closes_the_source_and_frees_the_id(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { forever }")
        await receive(socket)
        await send(socket, {"type": "complete", "id": "a"})
        await server.signals.source_closed.wait()
        await send(socket, {"type": "complete", "id": "unknown"})
        await subscribe(socket, "a", "{ hello }")
        following = await receive(socket)

    assert following == {"type": "next", "id": "a", "payload": {"data": {"hello": "world"}}}
    assert server.signals.closed_sources == 1


async def test_a_ping_is_answered_before_and_after_the_greeting(server: SmallServer) -> None:
    async with opened(server) as socket:
        await send(socket, {"type": "ping", "payload": {"a": 1}})
        before = await receive(socket)
        await send(socket, {"type": "connection_init"})
        await receive(socket)
        await send(socket, {"type": "pong"})
        await send(socket, {"type": "ping"})
        after = await receive(socket)

    assert before == after == {"type": "pong"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "Invalid message: Expected JSON"),
        ("[]", "Invalid message: Expected an object"),
        ('{"type": "start"}', "Invalid message: Unknown message type 'start'"),
        (
            '{"type": "subscribe", "id": "", "payload": {}}',
            "Invalid message: Expected a non-empty string as 'id'",
        ),
        (
            '{"type": "subscribe", "id": "a", "payload": {}}',
            "Invalid message: Expected 'query' to be a string, found null or nothing.",
        ),
        (b"{}", "Invalid message: Expected text"),
    ],
)
async def test_what_is_no_message_closes_with_4400(
    server: SmallServer, text: str | bytes, reason: str
) -> None:
    async with greeted(server) as socket:
        await socket.send(text)

        assert await closing(socket) == (4400, reason)


async def test_a_socket_that_does_not_greet_closes_with_4408(server: SmallServer) -> None:
    async with opened(server) as socket:
        assert await closing(socket) == (4408, "Connection initialisation timeout")


async def test_a_second_greeting_closes_with_4429(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await send(socket, {"type": "connection_init"})

        assert await closing(socket) == (4429, "Too many initialisation requests")


async def test_an_operation_before_the_greeting_closes_with_4401(server: SmallServer) -> None:
    async with opened(server) as socket:
        await subscribe(socket, "a", "mutation { bump }")

        assert await closing(socket) == (4401, "Unauthorized")
    assert server.signals.bumped == 0


async def test_an_id_in_use_closes_with_4409_and_ends_what_runs(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { forever }")
        await receive(socket)
        await subscribe(socket, "a", "{ hello }")

        assert await closing(socket) == (4409, "Subscriber for a already exists")
        await server.signals.source_closed.wait()


async def test_another_subprotocol_closes_with_4406(server: SmallServer) -> None:
    async with connect(server.socket_url) as socket:
        assert await closing(socket) == (4406, "Subprotocol not acceptable")


async def test_operations_beyond_the_limit_are_refused_and_the_others_go_on(server: SmallServer) -> None:
    async with greeted(server) as socket:
        for number in range(SETTINGS.operations_per_socket):
            await subscribe(socket, str(number), "subscription { forever }")
            await receive(socket)
        await subscribe(socket, "too many", "{ hello }")
        refused = await receive(socket)
        await send(socket, {"type": "complete", "id": "0"})
        await server.signals.source_closed.wait()
        await subscribe(socket, "fits", "{ hello }")
        taken = await receive(socket)

    assert refused == {
        "type": "error",
        "id": "too many",
        "payload": [
            {
                "message": "Too many operations: at most 2 may run on one socket.",
                "extensions": {"code": "TOO_MANY_OPERATIONS"},
            }
        ],
    }
    assert taken == {"type": "next", "id": "fits", "payload": {"data": {"hello": "world"}}}


async def test_a_client_that_leaves_closes_its_sources(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { forever }")
        await receive(socket)

    async with asyncio.timeout(5):
        await server.signals.source_closed.wait()
    assert await server.streams.close(timeout_s=5)


async def test_a_stopping_server_closes_with_1001(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "subscription { forever }")
        await receive(socket)

        ended_in_time = await server.streams.close(timeout_s=5)

        assert ended_in_time
        assert await closing(socket) == (1001, "Going away")
    assert server.signals.closed_sources == 1


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_of_another_origin_cannot_connect(server: SmallServer, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.socket_url, subprotocols=[PROTOCOL], origin=Origin(origin))

    assert refused.value.response.status_code == 403


async def test_a_page_of_the_servers_own_origin_connects(server: SmallServer) -> None:
    own = Origin(server.url.removesuffix("/graphql"))

    async with connect(server.socket_url, subprotocols=[PROTOCOL], origin=own) as socket:
        await send(socket, {"type": "connection_init"})

        assert await receive(socket) == {"type": "connection_ack"}


async def test_a_page_that_calls_the_server_by_a_name_of_its_own_cannot_connect(server: SmallServer) -> None:
    rebound = server.socket_url.replace("127.0.0.1", "evil.example")
    host, port = "127.0.0.1", int(server.url.split(":")[2].split("/")[0])

    with pytest.raises(InvalidStatus) as refused:
        await connect(
            rebound, subprotocols=[PROTOCOL], origin=Origin("http://evil.example"), host=host, port=port
        )

    assert refused.value.response.status_code == 403


async def test_a_message_that_is_too_large_closes_with_1009(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await send(socket, {"type": "ping", "payload": {"text": "ä" * SETTINGS.max_body_bytes}})

        assert await closing(socket) == (1009, "At most 2000 bytes are taken")


async def test_a_client_that_asks_and_never_reads_is_not_read_either(server: SmallServer) -> None:
    async with unread(server) as writer:
        asked = 0
        while await is_taken(writer):
            writer.write(frame({"id": f"{asked}-{'x' * 1_800}", "type": "subscribe", "payload": FOREVER}))
            asked += 1

        tasks = [task.get_name() for task in asyncio.all_tasks()]
        assert asked > 2
        assert len([name for name in tasks if name.startswith("websocket-operation")]) == 2
        assert await server.streams.close(timeout_s=5)


async def test_a_source_waits_for_a_client_that_does_not_read(server: SmallServer) -> None:
    async with unread(server) as writer:
        writer.write(frame({"id": "a", "type": "subscribe", "payload": {"query": "subscription { flood }"}}))

        assert await settled(server) < 2_000
        assert await server.streams.close(timeout_s=5)


@asynccontextmanager
async def unread(server: SmallServer) -> AsyncGenerator[asyncio.StreamWriter]:
    """A socket that was greeted and from which nothing is read any more."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1)
    try:
        writer.write(
            b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        await reader.read(1)
        writer.write(frame({"type": "connection_init"}))
        yield writer
    finally:
        writer.transport.abort()


def frame(message: JsonValue) -> bytes:
    """A text frame; the mask is of zeros, so the text stands there as it is."""
    text = encode(message).encode()
    if len(text) < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | len(text)) + text
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text


async def is_taken(writer: asyncio.StreamWriter) -> bool:
    """Whether what was written finds room within a second."""
    try:
        async with asyncio.timeout(1):
            await writer.drain()
    except TimeoutError:
        return False
    return True
