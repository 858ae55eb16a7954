"""A proxy in front of PostgreSQL that holds, cuts and thins out what a worker and its database say.

It stops a worker at a marked point without a seam in the worker: a request that is held never reached the
database; a reply that is held belongs to a statement that has been executed and, outside a transaction or if
it is the COMMIT, committed.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from urllib.parse import parse_qs, urlsplit

from tests.faults.wire import Message, Statements, read_message, read_opening

_NOTIFICATION = b"A"
_READY = b"Z"
_LOST = (asyncio.IncompleteReadError, OSError)


class Side(StrEnum):
    """Which way a message goes."""

    REQUEST = "request"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point in what is said: the nth statement whose text contains this, or the reply to it."""

    statement: str
    side: Side
    nth: int = 1


class Trap:
    """Holds what is said at a mark until it is opened or cut."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.sprung = asyncio.Event()
        self._opened = asyncio.Event()
        self._link: _Link | None = None
        self._seen = 0

    def takes(self, statement: str) -> bool:
        """Whether this is the statement it waits for."""
        if self.mark.statement not in statement:
            return False
        self._seen += 1
        return self._seen == self.mark.nth

    async def hold(self, link: "_Link") -> None:
        self._link = link
        self.sprung.set()
        await self._opened.wait()

    def open(self) -> None:
        """Let what is held go on its way."""
        self._opened.set()

    def cut(self) -> None:
        """Drop what is held, and the connection with it."""
        assert self._link is not None, "nothing was caught"
        self._link.cut()
        self._opened.set()


@dataclass(slots=True, kw_only=True)
class Storm:
    """Cuts connections at random messages, a few times."""

    random: Random
    chance: float
    left: int

    def strikes(self) -> bool:
        if self.left == 0 or self.random.random() >= self.chance:
            return False
        self.left -= 1
        return True


class Proxy:
    """In front of one database.

    Attributes:
        dsn: The address of the database through it.
        storm: What cuts connections at random, if anything does.
        swallows: Whether notifications are lost.
        swallowed: How many were.
    """

    def __init__(self, upstream_dsn: str) -> None:
        self._upstream = urlsplit(upstream_dsn)
        self._port = 0
        self._traps: list[Trap] = []
        self._links: dict[_Link, asyncio.Event] = {}
        self._is_closed = False
        self.storm: Storm | None = None
        self.swallows = False
        self.swallowed = 0

    @property
    def dsn(self) -> str:
        user = self._upstream.netloc.rpartition("@")[0]
        return f"postgresql://{user}@127.0.0.1:{self._port}{self._upstream.path}?sslmode=disable"

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["Proxy"]:
        """Take connections until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.cut_off()
            await server.wait_closed()

    def trap(self, mark: Mark) -> Trap:
        """Hold what is said at the mark, counted from now."""
        trap = Trap(mark)
        self._traps.append(trap)
        return trap

    def find_trap(self, side: Side, statement: str) -> Trap | None:
        taking = [trap for trap in self._traps if trap.mark.side is side and trap.takes(statement)]
        return taking[0] if taking else None

    def loses(self, message: Message) -> bool:
        """Whether a message of the server never arrives."""
        if not self.swallows or message.kind != _NOTIFICATION:
            return False
        self.swallowed += 1
        return True

    async def cut_off(self) -> None:
        """Cut every connection and take no more; what was held never arrives."""
        self._is_closed = True
        ended = list(self._links.values())
        for link in list(self._links):
            link.cut()
        for trap in self._traps:
            trap.open()
        for event in ended:
            await event.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, client=(reader, writer), server=server)
        if self._is_closed:
            link.cut()
            return
        self._links[link] = asyncio.Event()
        try:
            await link.forward()
        finally:
            link.cut()
            self._links.pop(link).set()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        query = parse_qs(self._upstream.query)
        host = query.get("host", [self._upstream.hostname or "127.0.0.1"])[0]
        port = int(query.get("port", [self._upstream.port or 5432])[0])
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


class _Link:
    """One connection through the proxy."""

    def __init__(
        self,
        proxy: Proxy,
        *,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._client_reader, self._client_writer = client
        self._server_reader, self._server_writer = server
        self._awaited: Trap | None = None

    def cut(self) -> None:
        """End it abruptly on both sides."""
        self._client_writer.transport.abort()
        self._server_writer.transport.abort()

    async def forward(self) -> None:
        """Carry messages both ways until one side is gone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._until_lost(Side.REQUEST), name="requests")
            tasks.create_task(self._until_lost(Side.REPLY), name="replies")

    async def _until_lost(self, side: Side) -> None:
        try:
            await (self._forward_requests() if side is Side.REQUEST else self._forward_replies())
        except _LOST:
            self.cut()

    async def _forward_requests(self) -> None:
        self._server_writer.write(await read_opening(self._client_reader, self._client_writer))
        statements = Statements()
        while True:
            message = await read_message(self._client_reader)
            statement = statements.find_executed(message)
            if statement is not None:
                await self._hold_request(statement)
                self._awaited = self._proxy.find_trap(Side.REPLY, statement)
            await self._pass_on(message.raw, self._server_writer)

    async def _hold_request(self, statement: str) -> None:
        trap = self._proxy.find_trap(Side.REQUEST, statement)
        if trap is not None:
            await trap.hold(self)

    async def _forward_replies(self) -> None:
        held = b""
        while True:
            message = await read_message(self._server_reader)
            if self._proxy.loses(message):
                continue
            held += message.raw
            if self._awaited is not None:
                if message.kind != _READY:
                    continue
                trap, self._awaited = self._awaited, None
                await trap.hold(self)
            await self._pass_on(held, self._client_writer)
            held = b""

    async def _pass_on(self, raw: bytes, writer: asyncio.StreamWriter) -> None:
        storm = self._proxy.storm
        if writer.is_closing() or (storm is not None and storm.strikes()):
            raise ConnectionResetError
        writer.write(raw)
        await writer.drain()
