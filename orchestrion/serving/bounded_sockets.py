"""WebSockets of which a client can make the server hold no more than one message.

hypercorn says that a message is too large, and goes on adding to it for as long as the client sends; what
is compressed it unpacks before it looks at the size. Whoever connects could fill the memory with that.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from hypercorn.protocol import h2, h11
from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ASGISendEvent

FAREWELL_S = 1.0
"""How long a client is given to read why, before the connection is closed under what it still sends."""


def bound_sockets() -> None:
    """Lets hypercorn serve all sockets as `BoundedSocket`s; it has no setting for that."""
    for protocol in (h11, h2):
        setattr(protocol, WSStream.__name__, BoundedSocket)


class BoundedSocket(WSStream):
    """A socket without compression that ends with the first message that is too large."""

    async def handle(self, event: Event) -> None:
        """Takes what the client does; what it sends after too large a message is thrown away."""
        match event:
            case Request():
                self._gone = asyncio.Event()
                self._is_cut_off = False
                event = replace(event, headers=_without_compression(event.headers))
            case StreamClosed():
                self._gone.set()
            case _:
                pass
        await super().handle(event)
        if self.buffer.length > self.buffer.max_length:
            self._is_cut_off = True
            self.buffer.clear()
            await super().handle(StreamClosed(stream_id=self.stream_id))

    async def app_send(self, message: ASGISendEvent | None) -> None:
        """Sends what the application says; with its end the connection is closed."""
        if message is None and self._is_cut_off:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._gone.wait()
            await self.send(StreamClosed(stream_id=self.stream_id))
        else:
            await super().app_send(message)


def _without_compression(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() != b"sec-websocket-extensions"]
