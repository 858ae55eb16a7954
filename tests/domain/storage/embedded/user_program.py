"""A process that uses the embedded PostgreSQL: `user_program.py FOLDER ROWS [ACCOUNT]`.

Starts, adds the rows, prints one line of JSON, and closes when its standard input ends.
"""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg
import structlog

from domain.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, PostgresOptions


async def add_rows(dsn: str, rows: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        for number in range(rows):
            await connection.execute("INSERT INTO kept VALUES ($1)", number)
    finally:
        await connection.close()


def say(**facts: str | int) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main(folder: str, rows: str, account: str | None = None) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        server = EmbeddedPostgres.start(Path(folder), options=PostgresOptions(account=account))
    except EmbeddedPostgresError as error:
        say(error=type(error).__name__, message=str(error))
        return
    with server:
        asyncio.run(add_rows(server.dsn("postgres"), int(rows)))
        say(dsn=server.dsn("postgres"), process_id=server.process_id)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
