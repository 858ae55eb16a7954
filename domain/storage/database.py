"""The connections to PostgreSQL: one pool to read with SQLAlchemy Core, one to write with asyncpg."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import asyncpg
from sqlalchemy import Row, Select, literal_column, select
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, Pool, PoolProxiedConnection

from domain.json import decode, encode
from domain.storage.dsn import normalise_dsn

CONNECT_TIMEOUT_S = 10.0
POOL_TIMEOUT_S = 30.0
PREPARED_STATEMENTS = 500
IDLE_TRANSACTION_TIMEOUT_S = 10

_LIMIT_IDLE_TRANSACTIONS = (
    "SELECT pg_catalog.set_config("
    f"'idle_in_transaction_session_timeout', '{IDLE_TRANSACTION_TIMEOUT_S}s', false)"
)

# What asyncpg raises for a connection that the server has closed; the last one if that is not yet noticed.
_DEAD = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
)


class Database:
    """The pools of one process. Open it before use, or use it as an async context manager.

    A connection that the server closed is never handed out, so after a restart of the server the next caller
    gets a new one. Sessions are not reset between users: nobody may change settings of a session outside a
    transaction.
    """

    def __init__(
        self,
        dsn: str,
        *,
        read_pool_size: int = 5,
        write_pool_size: int = 5,
        application_name: str = "orchestrion",
    ) -> None:
        self.dsn = normalise_dsn(dsn)
        self._read_pool_size = read_pool_size
        self._write_pool_size = write_pool_size
        self._application_name = application_name
        self._engine: AsyncEngine | None = None
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Connect once with each pool, so that a wrong address shows here.

        Raises:
            OSError: if there is no server at the address.
            asyncpg.PostgresError: if the server refuses the connection.
        """
        self._engine = new_engine(
            self.dsn, application_name=self._application_name, pool_size=self._read_pool_size
        )
        self._pool = asyncpg.create_pool(
            self.dsn,
            # No connection is kept for its own sake: while the server is away nobody shouts for one.
            min_size=0,
            max_size=self._write_pool_size,
            init=_set_up,
            reset=_keep_session,
            timeout=CONNECT_TIMEOUT_S,
            statement_cache_size=PREPARED_STATEMENTS,
            server_settings=session_settings(self._application_name),
        )
        try:
            await self._pool
            async with self._pool.acquire(), self._engine.connect():
                pass
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close both pools; waits for the connections that are in use."""
        pool, self._pool = self._pool, None
        engine, self._engine = self._engine, None
        if pool is not None:
            await pool.close()
        if engine is not None:
            await engine.dispose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def pool(self) -> asyncpg.Pool:
        """The pool for writes, open."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection for selects, each of which sees its own moment: there is no transaction."""
        if self._engine is None:
            raise RuntimeError("the database is not open")
        async with self._engine.connect() as connection:
            yield connection

    async def fetch(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        """The rows of a select; tried once more on another connection if the server closes this one."""
        try:
            async with self.read() as connection:
                return (await connection.execute(statement)).all()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        async with self.read() as connection:
            return (await connection.execute(statement)).all()

    async def ping(self) -> None:
        """Return once the server has answered.

        Raises:
            OSError: if there is no server.
            asyncpg.PostgresError: if it refuses to answer, as while it starts.
            sqlalchemy.exc.DBAPIError: if it fails to.
        """
        await self.fetch(select(literal_column("1")))

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection in a transaction, which commits when the block ends and rolls back when it raises."""
        async with AsyncExitStack() as stack:
            yield await self._begin(stack)

    @asynccontextmanager
    async def writer(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection without a transaction, for writes of one statement."""
        async with self.pool.acquire(timeout=POOL_TIMEOUT_S) as connection:
            yield connection

    async def _begin(self, stack: AsyncExitStack) -> asyncpg.Connection:
        """A connection whose BEGIN has succeeded; one that turns out to be dead costs another try.

        Every connection of the pool may be dead, so the last try is for a new one.
        """
        for _ in range(self._write_pool_size):
            try:
                return await self._begin_once(stack)
            except _DEAD:
                continue
        return await self._begin_once(stack)

    async def _begin_once(self, stack: AsyncExitStack) -> asyncpg.Connection:
        async with AsyncExitStack() as attempt:
            connection = await attempt.enter_async_context(self.pool.acquire(timeout=POOL_TIMEOUT_S))
            try:
                await attempt.enter_async_context(connection.transaction())
            except _DEAD:
                connection.terminate()
                raise
            stack.push_async_exit(attempt.pop_all())
            return connection


def session_settings(application_name: str) -> dict[str, str]:
    """What each connection sets for itself.

    Many servers compile queries that they believe to be large (`jit`). Ours are short and look large, as they
    write many rows in one statement: compiling takes longer than running them.
    """
    return {"application_name": application_name, "jit": "off"}


def new_engine(
    dsn: str, *, application_name: str = "orchestrion", pool_size: int | None = None
) -> AsyncEngine:
    """An SQLAlchemy engine over asyncpg in autocommit mode; without a pool size every connection is its own.

    What asyncpg can read from an address, it reads itself: SQLAlchemy's dialect knows fewer forms.
    """
    address = normalise_dsn(dsn)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            address, timeout=CONNECT_TIMEOUT_S, server_settings=session_settings(application_name)
        )

    sizes = {"poolclass": NullPool} if pool_size is None else {"pool_size": pool_size, "max_overflow": 0}
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"async_creator_fn": connect, "prepared_statement_cache_size": PREPARED_STATEMENTS},
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        json_serializer=encode,
        json_deserializer=decode,
        **sizes,
    )
    _refuse_closed_connections(engine.sync_engine.pool)
    listen(engine.sync_engine, "handle_error", _tell_dead_connections)
    return engine


def _refuse_closed_connections(pool: Pool) -> None:
    """Make the pool replace a connection that the server has closed; this asks the socket, not the server."""

    def check(
        connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        driver_connection = connection.driver_connection
        if isinstance(driver_connection, asyncpg.Connection) and driver_connection.is_closed():
            raise DisconnectionError("the server has closed this connection")

    listen(pool, "checkout", check)


def _tell_dead_connections(context: ExceptionContext) -> None:
    """Let SQLAlchemy drop the pool's connections for those errors too that it takes for others."""
    if isinstance(context.original_exception.__cause__, _DEAD):
        context.is_disconnect = True


async def _set_up(connection: asyncpg.Connection) -> None:
    # A process that is stopped within a transaction would keep everybody else from the rows it has locked.
    await connection.execute(_LIMIT_IDLE_TRANSACTIONS)
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=encode, decoder=decode, format="text"
        )


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Skip the statement that resets a session: it would cost a round trip after every write."""
