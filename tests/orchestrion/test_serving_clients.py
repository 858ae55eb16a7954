"""The server against clients that send more than they may, or more than is read."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from orchestrion.serving.server import serve_http

LIMIT = 1_000


@asynccontextmanager
async def served(*routes: Route | WebSocketRoute) -> AsyncGenerator[int]:
    """The port of a server of these routes."""
    bound = socket.create_server(("127.0.0.1", 0))
    bound.setblocking(False)
    port: int = bound.getsockname()[1]
    stop = asyncio.Event()

    async def end_streams() -> None:
        """There are none."""

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(
            serve_http(
                Starlette(routes=routes),
                bound,
                stop=stop,
                end_streams=end_streams,
                shutdown_within=timedelta(seconds=1),
                max_message_bytes=LIMIT,
            )
        )
        try:
            yield port
        finally:
            stop.set()


@pytest.mark.parametrize("parts", [["x" * (LIMIT + 1)], ["x" * LIMIT] * 100], ids=["at once", "in parts"])
async def test_a_message_that_is_too_large_ends_its_socket(parts: list[str]) -> None:
    received: list[str] = []
    ended = asyncio.Event()

    async def listen(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                received.append(await websocket.receive_text())
        except WebSocketDisconnect:
            ended.set()

    async with served(WebSocketRoute("/", listen)) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("before")
        with suppress(ConnectionClosedError):
            await client.send(parts)
        await client.wait_closed()
        await ended.wait()

    assert received == ["before"]
    assert client.close_code == 1009
    assert client.protocol.extensions == [], "what is compressed has any size"


async def test_a_request_that_is_answered_unread_is_not_kept() -> None:
    filled = asyncio.Event()

    async def refuse(_: Request) -> Response:
        # As long as who asks is looked up, the body comes.
        await filled.wait()
        return Response(status_code=401)

    async with served(Route("/", refuse, methods=["POST"])) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n" + b" " * 16_000_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await writer.drain()
        assert len(_served_connections()) == 1

        filled.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        writer.transport.abort()

        await asyncio.gather(*_served_connections())


def _served_connections() -> list[asyncio.Task[object]]:
    """The connections that hypercorn has not done with."""
    return [task for task in asyncio.all_tasks() if "_server_callback" in repr(task.get_coro())]
