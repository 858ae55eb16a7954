"""What a client sent and an application does not read any more.

hypercorn waits until there is room for what it has to tell an application. One that has answered makes no
room: the connection, and what came on it, would be kept for ever.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_DROPPED = 100
"""How much is dropped at a time; a client that sends faster than that is no reason to go on."""


class UnreadDropped:
    """An application that leaves nothing unread when it has answered.

    Args:
        application: What answers.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or serves one socket."""

        async def drop_and_send(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await _drop(receive)
            await send(message)

        if scope["type"] == "http":
            await self._application(scope, receive, drop_and_send)
            return
        await self._application(scope, receive, send)
        if scope["type"] == "websocket":
            await _drop(receive)


async def _drop(receive: Receive) -> None:
    """Takes what is there already, and waits for nothing."""
    for _ in range(MOST_DROPPED):
        try:
            async with asyncio.timeout(0):
                await receive()
        except TimeoutError:
            return
