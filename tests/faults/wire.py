"""PostgreSQL's protocol as far as the proxy reads it: messages, and which statement each of them executes.

Source: PostgreSQL documentation, "Message Formats".
"""

import asyncio
from dataclasses import dataclass, field

_TLS_REQUESTS = frozenset({80877103, 80877104})
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One message, as it came."""

    raw: bytes

    @property
    def kind(self) -> bytes:
        """Its first byte."""
        return self.raw[:1]

    @property
    def body(self) -> bytes:
        """What follows its length."""
        return self.raw[1 + _LENGTH_BYTES :]


async def read_opening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The packet with which a client begins; its wish for encryption is declined."""
    while True:
        length = await reader.readexactly(_LENGTH_BYTES)
        rest = await reader.readexactly(int.from_bytes(length) - _LENGTH_BYTES)
        if int.from_bytes(rest[:4]) not in _TLS_REQUESTS:
            return length + rest
        writer.write(b"N")


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next message.

    Raises:
        asyncio.IncompleteReadError: if the connection ends.
    """
    head = await reader.readexactly(1 + _LENGTH_BYTES)
    return Message(head + await reader.readexactly(int.from_bytes(head[1:]) - _LENGTH_BYTES))


@dataclass(slots=True)
class Statements:
    """The statements of one connection."""

    _prepared: dict[bytes, str] = field(default_factory=dict[bytes, str])

    def find_executed(self, message: Message) -> str | None:
        """The text of the statement that a client's message executes; None for other messages."""
        match message.kind:
            case b"P":
                name, text, _ = message.body.split(b"\0", 2)
                self._prepared[name] = text.decode()
            case b"B":
                _, name, _ = message.body.split(b"\0", 2)
                return self._prepared[name]
            case b"Q":
                return message.body.removesuffix(b"\0").decode()
            case _:
                pass
        return None
