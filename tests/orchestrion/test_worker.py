"""A real worker process, told to end while a step goes on."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.run.commands import Commands
from engine.states import ProcessStatus
from engine.store.processes import ProcessRepository
from orchestrion.preparing import prepare_database
from orchestrion.settings import Settings
from tests.orchestrion.slow_application import app
from tests.waiting import eventually

SHUTDOWN_S = 4.0


@asynccontextmanager
async def worker_process(dsn: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "orchestrion.worker",
        env={
            **os.environ,
            "DATABASE_URL": dsn,
            "ORCHESTRION_APP": "tests.orchestrion.slow_application:app",
            "ORCHESTRION_SHUTDOWN_S": str(SHUTDOWN_S),
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("workflow", "left"),
    [("waiting", ProcessStatus.QUEUED), ("waiting_in_a_thread", ProcessStatus.RUNNING)],
)
async def test_a_worker_ends_in_time_whatever_its_steps_do(
    database: Database, database_dsn: str, workflow: str, left: ProcessStatus
) -> None:
    await prepare_database(database_dsn, app.catalog)
    commands = Commands(database, catalog=app.catalog, registry=app.registry)
    process_id = (await commands.start(workflow, actor="ada", scope=Scope.all())).process_id

    async with worker_process(database_dsn) as worker:
        await eventually(lambda: has_status(database, process_id, ProcessStatus.RUNNING), deadline_s=30)
        worker.terminate()
        told_at = time.monotonic()
        exit_code = await asyncio.wait_for(worker.wait(), timeout=30)

    assert exit_code == 0
    # More than a second is left to the interpreter's own end.
    assert time.monotonic() - told_at < SHUTDOWN_S + 1.5
    assert await has_status(database, process_id, left)


async def has_status(database: Database, process_id: ProcessId, status: ProcessStatus) -> bool:
    (process,) = (await ProcessRepository(database).by_ids(Scope.all(), [process_id])).values()
    return process.status is status


def test_half_of_the_time_to_end_in_is_left_for_handing_back() -> None:
    settings = Settings(shutdown_s=8)

    assert settings.engine().stop_grace_s == 4
