"""Server-sent events: the responses of one operation on one HTTP response.

Source: graphql-sse PROTOCOL.md, "Distinct connections mode"; HTML, "Server-sent events".
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing, nullcontext, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.json import JsonValue, encode
from graph.authentication.authenticator import Identity, wait_ended
from graph.errors import internal_error
from graph.http.open_streams import OpenStreams

END_TIMEOUT_S = 1.0

Payloads = AsyncGenerator[dict[str, JsonValue], None]


class EventStream(Response):
    """Sends each payload as a `next` event and then `complete`.

    The stream also ends, without `complete`, when the client goes, when it is no longer known who that is,
    or when the server stops; the payloads are then closed.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        payloads: Payloads,
        *,
        streams: OpenStreams,
        keep_alive_s: float,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._payloads = payloads
        self._streams = streams
        self._keep_alive_s = keep_alive_s
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream; returns when it has ended for whatever reason."""
        del scope
        with self._streams.opened(), self._held():
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._run_until_over(receive, send)
            # A client that does not read is not waited for long.
            with suppress(TimeoutError):
                async with asyncio.timeout(END_TIMEOUT_S):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _held(self) -> AbstractContextManager[None]:
        """Counts the stream as its caller's; an answer that is for anybody is nobody's."""
        return nullcontext() if self._identity is None else self._streams.held_by(self._identity.viewer.name)

    async def _run_until_over(self, receive: Receive, send: Send) -> None:
        """Runs the sending and the reasons to stop it; the first to end cancels the others."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._send_all(send), name="sse-send"),
                group.create_task(_wait_disconnect(receive), name="sse-disconnect"),
                group.create_task(self._streams.wait_closing(), name="sse-closing"),
                group.create_task(_wait_unknown(self._identity), name="sse-identity"),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _send_all(self, send: Send) -> None:
        """Sends events as they come; a comment whenever none has come for the keep-alive time."""
        async with asyncio.TaskGroup() as group, aclosing(self._payloads):
            keep_alive = group.create_task(self._send_comments(send), name="sse-keep-alive")
            try:
                async for payload in self._payloads:
                    await _send_event(send, "next", encode(payload))
            except Exception as error:  # noqa: BLE001  # the edge of a stream
                await _send_event(send, "next", encode({"errors": [internal_error(error, where="sse")]}))
            await _send_event(send, "complete", "")
            keep_alive.cancel()

    async def _send_comments(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._keep_alive_s)
            await _send_bytes(send, b":\n\n")


async def single_response(payload: dict[str, JsonValue]) -> Payloads:
    """Gives the payloads of a stream that only has this one."""
    yield payload


async def _wait_unknown(identity: Identity | None) -> None:
    """Returns when it is not known any more who asks; an answer that is for anybody waits for its end."""
    if identity is None:
        await asyncio.Event().wait()
    else:
        await wait_ended(identity)


async def _wait_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_event(send: Send, event: str, data: str) -> None:
    await _send_bytes(send, f"event: {event}\ndata: {data}\n\n".encode())


async def _send_bytes(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
