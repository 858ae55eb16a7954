"""One WebSocket that speaks `graphql-transport-ws`, from its handshake to its end.

Source: graphql-ws PROTOCOL.md.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from orchestrion.demo.failures import ConnectionLost, RequestFailed, ServerUnreachable

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
DEFAULT_PATH = "/graphql"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HANDSHAKE_TIMEOUT_S = 10.0
FIRST_PROTOCOL_ERROR = 4000
"""Close codes from here on say that the client did wrong: trying again changes nothing."""

AnswerT = TypeVar("AnswerT", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A GraphQL document with one operation.

    Attributes:
        name: What failures call it.
    """

    name: str
    document: str


class _Message(BaseModel):
    type: Literal["connection_ack", "ping", "pong", "next", "error", "complete"]
    id: str | None = None
    payload: JsonValue = None


class _Error(BaseModel):
    message: str


class _Result(BaseModel):
    data: JsonValue = None
    errors: list[_Error] = []


_ERRORS = TypeAdapter(list[_Error])


def socket_url(url: str) -> str:
    """Gives the WebSocket's address for a GraphQL URL; without a path, for the usual one there."""
    address = urlsplit(url)
    scheme = "wss" if address.scheme == "https" else "ws"
    path = DEFAULT_PATH if address.path in {"", "/"} else address.path
    return address._replace(scheme=scheme, path=path).geturl()


class GraphQLSocket:
    """An acknowledged connection. It carries one operation at a time."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._operation_ids = itertools.count(1)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to a GraphQL URL, `http://` or `https://`; without a path, to the usual one there.

        Raises:
            ConnectionLost: If nothing answers there now.
            ServerUnreachable: If what answers is no GraphQL server.
        """
        address = urlsplit(url)
        try:
            socket = await connect(
                socket_url(url),
                subprotocols=[SUBPROTOCOL],
                proxy=None if address.hostname in LOOPBACK else True,
                open_timeout=HANDSHAKE_TIMEOUT_S,
            )
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from error
        except (InvalidHandshake, InvalidURI) as error:
            raise ServerUnreachable(url, reason=str(error)) from error
        opened = cls(socket)
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await opened._send({"type": "connection_init"})
                while (await opened._receive()).type != "connection_ack":
                    pass
        except TimeoutError as error:
            await opened.close()
            raise ConnectionLost("no acknowledgement") from error
        return opened

    async def close(self) -> None:
        """Close the connection, if it is open."""
        await self._socket.close()

    async def run(
        self, operation: Operation, answer: type[AnswerT], *, variables: Mapping[str, JsonValue]
    ) -> AsyncGenerator[AnswerT]:
        """The answers of an operation: one of a query or mutation, any number of a subscription.

        Raises:
            ConnectionLost: If the connection ends first.
            RequestFailed: If the server answers with errors, or with something else than `answer`.
        """
        operation_id = str(next(self._operation_ids))
        payload: dict[str, JsonValue] = {"query": operation.document, "variables": dict(variables)}
        await self._send({"type": "subscribe", "id": operation_id, "payload": payload})
        under_way = True
        try:
            while True:
                message = await self._receive()
                if message.id != operation_id:
                    continue
                under_way = message.type == "next"
                if message.type == "complete":
                    return
                yield _read(message, operation, answer)
        except ConnectionLost:
            under_way = False
            raise
        finally:
            if under_way:
                with contextlib.suppress(ConnectionLost):  # then it is over anyway
                    await self._send({"type": "complete", "id": operation_id})

    async def _send(self, message: JsonValue) -> None:
        try:
            await self._socket.send(TypeAdapter(JsonValue).dump_json(message).decode())
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def _receive(self) -> _Message:
        try:
            while True:
                message = _Message.model_validate_json(await self._socket.recv())
                if message.type != "ping":
                    return message
                await self._send({"type": "pong"})
        except ConnectionClosed as error:
            raise _lost(error) from error


def _read(message: _Message, operation: Operation, answer: type[AnswerT]) -> AnswerT:
    if message.type == "error":
        raise _failed(operation, _ERRORS.validate_python(message.payload))
    result = _Result.model_validate(message.payload)
    if result.errors:
        raise _failed(operation, result.errors)
    try:
        return answer.model_validate(result.data)
    except ValidationError as error:
        raise RequestFailed(operation.name, reason=f"the answer cannot be read: {error}") from error


def _failed(operation: Operation, errors: list[_Error]) -> RequestFailed:
    return RequestFailed(operation.name, reason="; ".join(error.message for error in errors))


def _lost(error: ConnectionClosed) -> ConnectionLost | RequestFailed:
    if error.rcvd is not None and error.rcvd.code >= FIRST_PROTOCOL_ERROR:
        return RequestFailed("the connection", reason=f"{error.rcvd.code} {error.rcvd.reason}")
    return ConnectionLost(str(error))
