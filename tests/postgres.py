"""The PostgreSQL of the suite, a fresh database for each test, and what a database was asked to do."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest

from domain.storage.dsn import normalise_dsn
from domain.storage.embedded import EmbeddedPostgres, PostgresOptions, create_database, drop_database
from orchestrion.migrations import upgrade

_SETTINGS = {
    "log_statement": "all",
    "log_parameter_max_length": "0",
    "log_line_prefix": "%m [%p] <%d> ",
}
_STATEMENT = re.compile(
    r"^\S+ \S+ \S+ \[\d+\] <(?P<database>[^>]*)> LOG:  (?:statement|execute [^:]*): (?P<text>.*(?:\n\t.*)*)",
    re.MULTILINE,
)
# What the drivers ask once of each connection, about types and settings, and a listener now and then.
_SET_UP = re.compile(
    r"pg_catalog\.|typeinfo_tree|set_config\('jit'|^show |^SELECT 1 AS still_there", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server with administrator's rights.

    Attributes:
        address: any database of it.
        log: what it writes about statements; None where that cannot be read.
        embedded: the server itself if the suite started it.
    """

    address: str
    log: Path | None = None
    embedded: EmbeddedPostgres | None = None

    def dsn(self, database: str) -> str:
        """The address of one database."""
        parts = urlsplit(self.address)
        query = f"?{parts.query}" if parts.query else ""
        return f"postgresql://{parts.netloc}/{quote(database, safe='')}{query}"

    @asynccontextmanager
    async def copy_of(self, template: str) -> AsyncGenerator[str]:
        """The address of a database that is a copy of another one, and is dropped at the end."""
        name = f"test_{uuid4().hex}"
        await create_database(self.address, name, template=template)
        try:
            yield self.dsn(name)
        finally:
            await drop_database(self.address, name, force=True)


@asynccontextmanager
async def running_server(folder: Path) -> AsyncGenerator[PostgresServer]:
    """The server named by DATABASE_URL, or else an embedded one; ORCHESTRION_PG_BIN names its programs."""
    external = os.environ.get("DATABASE_URL")
    if external:
        yield PostgresServer(address=normalise_dsn(external))
        return
    programs = os.environ.get("ORCHESTRION_PG_BIN")
    options = PostgresOptions(durable=False, settings=_SETTINGS)
    server = await asyncio.to_thread(
        EmbeddedPostgres.start, folder, options=options, bin_folder=Path(programs) if programs else None
    )
    try:
        yield PostgresServer(address=server.dsn("postgres"), log=server.log_file, embedded=server)
    finally:
        await asyncio.to_thread(server.delete)


async def build_template(dsn: str) -> None:
    """Make the application's tables in an empty database, to which nobody is connected afterwards."""
    await upgrade(dsn)


@dataclass(slots=True)
class RecordedStatements:
    """The statements that a database was asked to execute, in order, BEGIN and COMMIT included."""

    texts: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    @property
    def verbs(self) -> list[str]:
        """The first word of each, in upper case."""
        return [re.split(r"[\s;]", text.strip(), maxsplit=1)[0].upper() for text in self.texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLog:
    """Reads from the server's log what one database is asked to do, by whichever process and driver."""

    path: Path
    database: str

    @contextmanager
    def recorded(self) -> Generator[RecordedStatements]:
        """Record what is executed inside the block; what drivers ask of new connections is left out."""
        start = self.path.stat().st_size
        statements = RecordedStatements()
        yield statements
        with self.path.open("rb") as log:
            log.seek(start)
            text = log.read().decode(errors="replace")
        statements.texts += [
            match["text"].replace("\n\t", "\n")
            for match in _STATEMENT.finditer(text)
            if match["database"] == self.database and not _SET_UP.search(match["text"])
        ]


def statement_log(server: PostgresServer, dsn: str) -> StatementLog:
    """The log of one database; skips the test where the server's log cannot be read."""
    if server.log is None:
        pytest.skip("the statements of a server named by DATABASE_URL cannot be read")
    return StatementLog(path=server.log, database=urlsplit(dsn).path.removeprefix("/"))
