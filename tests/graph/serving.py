"""Runs an application on hypercorn, on a free port of this machine, as the server does."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette

CONNECT_TIMEOUT_S = 10.0


@asynccontextmanager
async def serving(
    application: Starlette, *, end_streams: Callable[[], Awaitable[object]] | None = None
) -> AsyncGenerator[str]:
    """Gives the URL of the running application; stops it in good order at the end."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(128)
    bound.setblocking(False)
    port: int = bound.getsockname()[1]
    stop = asyncio.Event()

    async def shutdown() -> None:
        await stop.wait()
        if end_streams is not None:
            await end_streams()

    config = Config()
    config.bind = [f"fd://{bound.detach()}"]
    config.graceful_timeout = 2.0
    config.accesslog = None
    config.errorlog = None
    async with asyncio.TaskGroup() as group:
        group.create_task(
            serve(application, config, shutdown_trigger=shutdown),  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]  # Starlette is an ASGI application; hypercorn's type is narrower
            name="test-server",
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stop.set()
