"""How a child process learns that its parent is gone, even by kill -9: its standard input ends."""

import asyncio
import sys


async def stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends, whose other end the parent holds."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while await reader.read(1024):
            pass
        stop.set()
    finally:
        transport.close()
