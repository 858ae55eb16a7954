"""The commands that scripts rely on, and their exit codes."""

import subprocess
import sys
from pathlib import Path

import asyncpg

from domain.storage.embedded import create_database, drop_database
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]


def run(*arguments: str, dsn: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "orchestrion", *arguments],
        cwd=ROOT,
        env={"DATABASE_URL": dsn, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_commands_make_an_empty_database_ready_and_tell_what_differs(
    postgres_server: PostgresServer,
) -> None:
    await create_database(postgres_server.address, "by_command")
    dsn = postgres_server.dsn("by_command")

    upgraded = run("db", "upgrade", dsn=dsn)
    synced = run("catalog", "sync", dsn=dsn)
    compared = run("catalog", "diff", dsn=dsn)

    assert (upgraded.returncode, synced.returncode) == (0, 0), upgraded.stderr + synced.stderr
    assert (compared.returncode, compared.stdout) == (0, "")

    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE product SET description = 'something else' WHERE name = 'Node'")
    await connection.close()
    differing = run("catalog", "diff", dsn=dsn)

    assert differing.returncode == 1
    assert "Node" in differing.stdout
    await drop_database(postgres_server.address, "by_command", force=True)


def test_a_database_that_is_not_there_is_one_line_and_exit_code_one() -> None:
    refused = run("db", "upgrade", dsn="postgresql://nobody:secret@127.0.0.1:1/nothing")

    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "orchestrion: Cannot use the database at 127.0.0.1:1/nothing: found ConnectionRefusedError"
    )
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr


async def test_catalog_diff_on_an_empty_database_says_what_to_do(postgres_server: PostgresServer) -> None:
    await create_database(postgres_server.address, "empty")

    refused = run("catalog", "diff", dsn=postgres_server.dsn("empty"))

    assert refused.returncode == 1
    assert refused.stderr.endswith(" does not exist: run `orchestrion db upgrade` first\n")
    await drop_database(postgres_server.address, "empty", force=True)
