import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import func, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from domain.json import UnrepresentableValue
from domain.storage.database import IDLE_TRANSACTION_TIMEOUT_S, Database
from tests.postgres import PostgresServer, StatementLog
from tests.waiting import eventually

ENDED_BY_SERVER = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError)


async def read_one(database: Database) -> int:
    (row,) = await database.fetch(select(literal_column("1")))
    return row[0]


async def write_one(database: Database) -> int:
    async with database.write() as connection:
        return await connection.fetchval("SELECT 1")


async def test_a_read_costs_one_statement(database: Database, statements: StatementLog) -> None:
    with statements.recorded() as executed:
        await read_one(database)

    assert executed.verbs == ["SELECT"]


async def test_a_write_costs_a_transaction_and_nothing_more(
    database: Database, statements: StatementLog
) -> None:
    with statements.recorded() as executed:
        await write_one(database)
        async with database.writer() as connection:
            await connection.fetchval("SELECT 2")

    assert executed.texts == ["BEGIN;", "SELECT 1", "COMMIT;", "SELECT 2"]


async def test_no_query_is_compiled_first_whatever_the_server_does_by_default(
    database: Database, postgres_server: PostgresServer, database_dsn: str
) -> None:
    name = urlsplit(database_dsn).path.removeprefix("/")
    async with (
        Database(postgres_server.dsn("postgres")) as administration,
        administration.writer() as administrator,
    ):
        await administrator.execute(f'ALTER DATABASE "{name}" SET jit = on')

    async with database.writer() as connection:
        written = await connection.fetchval("SHOW jit")
    (read,) = await database.fetch(select(func.current_setting("jit")))

    assert (written, read[0]) == ("off", "off")


async def test_an_exception_rolls_back(database: Database, statements: StatementLog) -> None:
    async def fail() -> None:
        async with database.write() as connection:
            await connection.execute("CREATE TABLE left_over ()")
            raise LookupError

    with statements.recorded() as executed, pytest.raises(LookupError):
        await fail()

    assert executed.verbs == ["BEGIN", "CREATE", "ROLLBACK"]


async def test_json_goes_both_ways_through_the_strict_encoder(database: Database) -> None:
    value = {"list": [1, None, "text"], "number": 2**63}

    async with database.writer() as connection:
        stored = await connection.fetchval("SELECT $1::jsonb", value)
        with pytest.raises(asyncpg.DataError) as refused:
            await connection.fetchval("SELECT $1::json", {"text": "\x00"})
    async with database.read() as connection:
        selected = (await connection.execute(text("""SELECT '{"a": [1, 2.5]}'::jsonb"""))).scalar_one()

    assert stored == value
    assert isinstance(refused.value.__cause__, UnrepresentableValue)
    assert selected == {"a": [1, 2.5]}


async def test_connections_that_the_server_ended_are_replaced(database: Database) -> None:
    await asyncio.gather(*(read_one(database) for _ in range(3)), *(write_one(database) for _ in range(3)))

    async with database.writer() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        async def is_alone() -> bool:
            others = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return others == 0

        await eventually(is_alone)

    answers = await asyncio.gather(
        *(read_one(database) for _ in range(4)), *(write_one(database) for _ in range(4))
    )
    assert answers == [1] * 8


async def test_reads_and_writes_come_back_after_a_restart_of_the_server(
    database: Database, postgres_server: PostgresServer
) -> None:
    server = postgres_server.embedded
    if server is None:
        pytest.skip("a server named by DATABASE_URL is not ours to restart")
    await asyncio.gather(read_one(database), write_one(database))

    await asyncio.to_thread(server.restart, immediate=True)

    async def works() -> bool:
        try:
            return (await read_one(database), await write_one(database)) == (1, 1)
        except ENDED_BY_SERVER:
            return False

    await eventually(works, deadline_s=2)


async def test_a_wrong_address_shows_when_the_database_is_opened(postgres_server: PostgresServer) -> None:
    database = Database(postgres_server.dsn("no_such_database"))

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await database.open()


async def test_sessions_carry_the_name_of_the_application(database_dsn: str) -> None:
    async with Database(database_dsn, application_name="worker 7") as database:
        async with database.read() as reader:
            read_as = (await reader.execute(text("SHOW application_name"))).scalar_one()
        async with database.writer() as writer:
            written_as = await writer.fetchval("SHOW application_name")

    assert (read_as, written_as) == ("worker 7", "worker 7")


async def test_a_ping_needs_an_answer(database: Database, statements: StatementLog) -> None:
    with statements.recorded() as executed:
        await database.ping()

    assert executed.verbs == ["SELECT"]


async def test_a_closed_database_gives_no_connections(database_dsn: str) -> None:
    database = Database(database_dsn)

    with pytest.raises(RuntimeError, match="not open"):
        await read_one(database)
    with pytest.raises(RuntimeError, match="not open"):
        await write_one(database)


async def test_a_transaction_that_is_left_open_is_ended_by_the_server(database: Database) -> None:
    async with database.writer() as connection:
        limit = await connection.fetchval("SHOW idle_in_transaction_session_timeout")

    assert limit == f"{IDLE_TRANSACTION_TIMEOUT_S}s"
