"""The HTTP server of one process: hypercorn on a socket that is bound already."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from starlette.applications import Starlette

from orchestrion.serving.bounded_sockets import bound_sockets
from orchestrion.serving.unread import UnreadDropped


async def serve_http(
    application: Starlette,
    bound: socket.socket,
    *,
    stop: asyncio.Event,
    end_streams: Callable[[], Awaitable[None]],
    shutdown_within: timedelta,
    max_message_bytes: int,
) -> None:
    """Answer requests on a listening socket until told to stop.

    Args:
        application: What answers.
        bound: A listening socket; it is closed at the end.
        stop: Set to stop.
        end_streams: Ends the streams (WebSocket, SSE) in good order; they would hold the shutdown up.
        shutdown_within: How long requests in flight are given.
        max_message_bytes: The largest message on a socket.
    """

    async def shutdown() -> None:
        await stop.wait()
        await end_streams()

    config = Config()
    config.bind = [f"fd://{bound.detach()}"]
    config.graceful_timeout = shutdown_within.total_seconds()
    config.accesslog = None
    config.errorlog = None
    # hypercorn's own pings outlive their socket and hold the shutdown up; TCP finds peers that are gone.
    config.websocket_ping_interval = None
    config.websocket_max_message_size = max_message_bytes
    config.h11_max_incomplete_size = 64 * 1024
    config.include_server_header = False
    bound_sockets()
    await hypercorn_serve(UnreadDropped(application), config, shutdown_trigger=shutdown)
