"""A client of sockets that speaks the protocol, or breaks it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from domain.json import JsonValue, decode, encode
from tests.graph.http.conftest import SmallServer

PROTOCOL = Subprotocol("graphql-transport-ws")


@asynccontextmanager
async def opened(server: SmallServer) -> AsyncGenerator[ClientConnection]:
    async with connect(server.socket_url, subprotocols=[PROTOCOL]) as socket, asyncio.timeout(10):
        yield socket


@asynccontextmanager
async def greeted(server: SmallServer) -> AsyncGenerator[ClientConnection]:
    async with opened(server) as socket:
        await send(socket, {"type": "connection_init"})
        assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def send(socket: ClientConnection, message: JsonValue) -> None:
    await socket.send(encode(message))


async def subscribe(socket: ClientConnection, operation_id: str, query: str) -> None:
    await send(socket, {"id": operation_id, "type": "subscribe", "payload": {"query": query}})


async def receive(socket: ClientConnection) -> JsonValue:
    return decode(await socket.recv())


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason the server closes the socket with."""
    await socket.wait_closed()
    assert socket.close_code is not None
    assert socket.close_reason is not None
    return socket.close_code, socket.close_reason
