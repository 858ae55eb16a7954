"""How a child process learns that its parent is gone, even by kill -9: its standard input ends."""

import asyncio
import sys


async def wait_for_parents_end() -> None:
    """Return when standard input ends, whose other end the parent holds."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while await reader.read(1024):
            pass
    finally:
        transport.close()
