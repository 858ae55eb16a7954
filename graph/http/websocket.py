"""The graphql-transport-ws protocol: many operations on one socket.

A socket opens, is greeted (`connection_init`, answered by `connection_ack`, within a time limit) and then
carries operations. Each runs in a task of its own; its id is free again once it has ended. A breach of the
protocol closes the socket with the code the protocol gives it, and with the socket end all its operations.

Source: graphql-ws PROTOCOL.md.
"""

import asyncio
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from domain.json import JsonValue, encode
from graph.authentication.access_policy import AccessDenied
from graph.authentication.admission import AccessPolicyUnavailable
from graph.authentication.authenticator import (
    Authenticator,
    Identity,
    IdentityEnd,
    NotAuthenticated,
    ProviderUnavailable,
    wait_ended,
)
from graph.authentication.bearer import token_of_greeting
from graph.authentication.loopback import is_loopback_name
from graph.errors import internal_error
from graph.execution.documents import RequestRefused
from graph.execution.operations import Operations
from graph.http.hosts import is_origin_allowed
from graph.http.messages import (
    ClientMessage,
    Complete,
    ConnectionInit,
    InvalidMessage,
    Ping,
    Pong,
    Subscribe,
    read_message,
)
from graph.http.open_streams import OpenStreams

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_REASON_BYTES = 123
CLOSE_TIMEOUT_S = 1.0


class CloseCode(IntEnum):
    """Why the server closes a socket."""

    GOING_AWAY = 1001
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013
    INVALID_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_ALREADY_EXISTS = 4409
    TOO_MANY_INITIALISATION_REQUESTS = 4429


class ProtocolBreach(Exception):
    """The client left the protocol: the socket must be closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code.value}: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketEndpoint:
    """Accepts sockets for one schema.

    Attributes:
        authenticator: Knows who greets.
        loopback_only: Whether only this machine may connect, by a name of its own.
        allowed_origins: Origins of web pages that may connect beside the server's own.
        max_operations: How many operations may run on one socket at a time.
        max_message_bytes: The largest message that is taken.
    """

    operations: Operations
    authenticator: Authenticator
    loopback_only: bool
    streams: OpenStreams
    init_timeout_s: float
    max_operations: int
    max_message_bytes: int
    allowed_origins: frozenset[str] = frozenset()

    async def handle(self, websocket: WebSocket) -> None:
        """Serves one socket until it is closed by either side or the server stops."""
        if not self._is_page_allowed(websocket):
            await websocket.close()
            return
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(subprotocol=SUBPROTOCOL)
        if self.streams.full:
            await websocket.close(CloseCode.TRY_AGAIN_LATER, "Too many streams are open")
            return
        with self.streams.opened(), ExitStack() as held:
            await Connection(self, websocket, held).serve()

    def _is_page_allowed(self, websocket: WebSocket) -> bool:
        host, origin = websocket.headers.get("host"), websocket.headers.get("origin")
        if self.loopback_only and not is_loopback_name(host):
            return False
        return is_origin_allowed(origin, host=host, allowed=self.allowed_origins)


class Connection:
    """The state of one accepted socket.

    Args:
        endpoint: The limits, and who answers.
        websocket: The socket.
        held: What is given back when it has ended.
    """

    def __init__(self, endpoint: WebSocketEndpoint, websocket: WebSocket, held: ExitStack) -> None:
        self._endpoint = endpoint
        self._websocket = websocket
        self._held = held
        self._greeted = asyncio.Event()
        self._identity: Identity | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Runs the socket to its end."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._receive_all(group), name="websocket-receive"),
                group.create_task(self._end_unless_greeted(), name="websocket-greeting"),
                group.create_task(self._end_with_server(), name="websocket-closing"),
                group.create_task(self._end_with_identity(), name="websocket-expiry"),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in [*tasks, *self._tasks]:
                task.cancel()

    async def _receive_all(self, group: asyncio.TaskGroup) -> None:
        """Takes messages until the socket is closed; closes it when the client breaks the protocol."""
        try:
            while True:
                await self._take(read_message(await self._receive()), group)
        except WebSocketDisconnect:
            return
        except InvalidMessage as error:
            await self._close(CloseCode.INVALID_MESSAGE, f"Invalid message: {error}")
        except ProtocolBreach as breach:
            await self._close(breach.code, breach.reason)
        except Exception as error:  # noqa: BLE001  # the edge of a socket
            internal_error(error, where="websocket")
            await self._close(CloseCode.INTERNAL_ERROR, "Internal error")

    async def _receive(self) -> str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if not isinstance(text, str):
            raise InvalidMessage("Expected text")
        limit = self._endpoint.max_message_bytes
        if len(text) > limit or len(text.encode()) > limit:
            raise ProtocolBreach(CloseCode.MESSAGE_TOO_BIG, f"At most {limit} bytes are taken")
        return text

    async def _take(self, message: ClientMessage, group: asyncio.TaskGroup) -> None:
        """Acts on one message; the next is not read before its own answer, if any, is on its way.

        So a client that asks and never reads is not read either, and nothing piles up here.
        """
        match message:
            case ConnectionInit(payload=payload):
                await self._greet(payload)
            case Ping():
                await self._send({"type": "pong"})
            case Pong():
                pass
            case Subscribe():
                await self._start(message, group)
            case Complete():
                running = self._running.pop(message.id, None)
                if running is not None:
                    running.cancel()
            case _:
                assert_never(message)

    async def _greet(self, payload: JsonValue) -> None:
        if self._identity is not None:
            raise ProtocolBreach(
                CloseCode.TOO_MANY_INITIALISATION_REQUESTS, "Too many initialisation requests"
            )
        try:
            token = token_of_greeting(payload, headers=self._websocket.headers.getlist("authorization"))
            self._identity = await self._endpoint.authenticator.identify(token)
        except NotAuthenticated as error:
            raise ProtocolBreach(CloseCode.FORBIDDEN, error.message) from None
        except ProviderUnavailable:
            raise ProtocolBreach(
                CloseCode.TRY_AGAIN_LATER, "The identity provider cannot be reached"
            ) from None
        except AccessDenied as denied:
            raise ProtocolBreach(CloseCode.FORBIDDEN, f"Not allowed: {denied.reason}") from None
        except AccessPolicyUnavailable as error:
            reason = f"{IdentityEnd.UNKNOWN.value} {error.error_id}"
            raise ProtocolBreach(CloseCode.TRY_AGAIN_LATER, reason) from None
        self._hold(self._identity.viewer.name)
        self._greeted.set()
        await self._send({"type": "connection_ack"})

    def _hold(self, caller: str) -> None:
        streams = self._endpoint.streams
        if streams.is_full_for(caller):
            raise ProtocolBreach(CloseCode.TRY_AGAIN_LATER, "Too many streams are open for one caller")
        self._held.enter_context(streams.held_by(caller))

    async def _start(self, message: Subscribe, group: asyncio.TaskGroup) -> None:
        if self._identity is None:
            raise ProtocolBreach(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self._running:
            raise ProtocolBreach(
                CloseCode.SUBSCRIBER_ALREADY_EXISTS, f"Subscriber for {message.id} already exists"
            )
        if len(self._tasks) >= self._endpoint.max_operations:
            await self._send({"type": "error", "id": message.id, "payload": [self._no_room()]})
            return
        task = group.create_task(self._run(message, self._identity), name=f"websocket-operation-{message.id}")
        self._running[message.id] = task
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._forget(message.id, ended))

    def _forget(self, operation_id: str, ended: asyncio.Task[None]) -> None:
        """Frees what an operation held; its id may have been taken by another since its client ended it."""
        self._tasks.discard(ended)
        if self._running.get(operation_id) is ended:
            del self._running[operation_id]

    async def _run(self, message: Subscribe, identity: Identity) -> None:
        """Runs one operation: `next` per response and `complete`, or `error` alone if it was refused."""
        try:
            operations = self._endpoint.operations
            await operations.wait_turn(identity.viewer)
            operation = await operations.admit(operations.prepare(message.request, identity.viewer))
            async with aclosing(operations.stream(operation)) as responses:
                async for response in responses:
                    await self._send({"type": "next", "id": message.id, "payload": response})
            await self._send({"type": "complete", "id": message.id})
        except RequestRefused as refused:
            await self._send({"type": "error", "id": message.id, "payload": refused.errors})
        except AccessPolicyUnavailable as error:
            await self._send({"type": "error", "id": message.id, "payload": [error.shown]})
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001  # the edge of a request
            payload: JsonValue = [internal_error(error, where="websocket")]
            await self._send({"type": "error", "id": message.id, "payload": payload})

    def _no_room(self) -> JsonValue:
        limit = self._endpoint.max_operations
        message = f"Too many operations: at most {limit} may run on one socket."
        return {"message": message, "extensions": {"code": "TOO_MANY_OPERATIONS"}}

    async def _end_unless_greeted(self) -> None:
        """Closes the socket when the greeting does not come in time; else waits to be cancelled."""
        try:
            async with asyncio.timeout(self._endpoint.init_timeout_s):
                await self._greeted.wait()
        except TimeoutError:
            await self._close(CloseCode.INITIALISATION_TIMEOUT, "Connection initialisation timeout")
            return
        await asyncio.Event().wait()

    async def _end_with_identity(self) -> None:
        """Closes the socket when it is not known any more who it is; the client may come back."""
        await self._greeted.wait()
        assert self._identity is not None, "it was greeted"
        end = await wait_ended(self._identity)
        code = CloseCode.TRY_AGAIN_LATER if end is IdentityEnd.UNKNOWN else CloseCode.FORBIDDEN
        await self._close(code, end.value)

    async def _end_with_server(self) -> None:
        await self._endpoint.streams.wait_closing()
        await self._close(CloseCode.GOING_AWAY, "Going away")

    async def _send(self, message: dict[str, JsonValue]) -> None:
        if self._is_open:
            await self._websocket.send_text(encode(message))

    async def _close(self, code: CloseCode, reason: str) -> None:
        """Tells the client why its socket ends; one that does not read is not waited for long."""
        if self._is_open:
            shown = reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore")
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._websocket.close(code, shown)

    @property
    def _is_open(self) -> bool:
        return (
            self._websocket.application_state is WebSocketState.CONNECTED
            and self._websocket.client_state is WebSocketState.CONNECTED
        )
