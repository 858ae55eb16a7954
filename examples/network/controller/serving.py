"""Runs the HTTP interface until it is told to stop."""

import asyncio
import signal
import socket
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"
GRACE_S = 1.0


async def serve_on_loopback(app: Starlette, *, port: int, exit_with_parent: bool) -> None:
    """Serve until SIGINT, SIGTERM or, if so asked, the end of standard input.

    Prints `ready URL` once connections are accepted.

    Args:
        app: What to serve.
        port: 0 takes any free one.
        exit_with_parent: Standard input is a pipe whose other end the parent holds: its end is the parent's.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    listener = socket.create_server((LOOPBACK, port))
    sys.stdout.write(f"ready http://{LOOPBACK}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    async with asyncio.TaskGroup() as tasks:
        watch = (
            tasks.create_task(_set_at_end_of_input(stop), name="parent watch") if exit_with_parent else None
        )
        await serve(
            app,  # pyright: ignore[reportArgumentType]  # one ASGI, two libraries' types for it
            _config(listener),
            shutdown_trigger=stop.wait,
        )
        if watch is not None:
            watch.cancel()


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = GRACE_S
    config.shutdown_timeout = GRACE_S
    config.loglevel = "WARNING"
    return config


async def _set_at_end_of_input(stop: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while await reader.read(1024):
            pass
        stop.set()
    finally:
        transport.close()
