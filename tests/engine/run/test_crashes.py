import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from domain.ids import ProcessId
from domain.storage.database import Database
from engine.run.outage import through_outages
from engine.states import ProcessStatus, StepStatus
from tests.engine.run.house import SETTINGS, House
from tests.engine.run.remote_stage import Entry, entrance
from tests.parity import parity
from tests.postgres import PostgresServer

RECOVERY_S = 10


@asynccontextmanager
async def worker_process(dsn: str, socket: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.engine.run.crash_worker",
        dsn,
        str(socket),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def socket() -> Path:
    """A place with a path short enough for a socket."""
    return Path(tempfile.mkdtemp(prefix="o-")) / "stage"


async def next_entry(entries: asyncio.Queue[Entry], step: str) -> Entry:
    entry = await asyncio.wait_for(entries.get(), timeout=20)
    assert entry.step == step
    return entry


@parity("WE-39")
@parity("WE-39", mends="for-ever")
@parity("W-01")
async def test_another_worker_takes_over_when_one_is_killed_in_a_step(
    house: House, database_dsn: str, socket: Path
) -> None:
    process_id = await house.start("linear", text="a")
    async with entrance(socket) as entries:
        async with worker_process(database_dsn, socket) as doomed:
            await (await next_entry(entries, "first")).go_on()
            in_flight = await next_entry(entries, "second")

            doomed.kill()
            killed_at = time.monotonic()
            await in_flight.until_gone()

        async with worker_process(database_dsn, socket):
            again = await next_entry(entries, "second")
            took_over_after_s = time.monotonic() - killed_at
            for entry in (again, *[None] * 3):
                await (entry or await asyncio.wait_for(entries.get(), timeout=10)).go_on()
            process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert took_over_after_s < RECOVERY_S
    assert again.attempt == 2
    steps = await house.steps(process_id)
    assert [(step.status, step.attempts) for step in steps.values()] == [
        (StepStatus.SUCCESS, 1),
        (StepStatus.SUCCESS, 2),
        (StepStatus.SUCCESS, 1),
        (StepStatus.SUCCESS, 1),
        (StepStatus.SUCCESS, 1),
    ]
    attempts = (await house.processes.attempts_of([(process_id, "second")]))[process_id, "second"]
    assert [attempt.status for attempt in attempts] == [StepStatus.ABORTED, StepStatus.SUCCESS]
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_many_processes_survive_a_kill(house: House, database_dsn: str, socket: Path) -> None:
    process_ids = [await house.start("linear", text=str(number)) for number in range(10)]
    async with entrance(socket) as entries:
        async with worker_process(database_dsn, socket) as doomed:
            for _ in range(23):
                await (await asyncio.wait_for(entries.get(), timeout=20)).go_on()
            doomed.kill()
            await doomed.wait()

        async with house.working(SETTINGS):
            for process_id in process_ids:
                await house.until(process_id, ProcessStatus.COMPLETED, deadline_s=20)

    assert await house.rows(
        "SELECT count(*) AS steps, count(*) FILTER (WHERE status = 'SUCCESS') AS done FROM process_step"
    ) == [{"steps": 50, "done": 50}]
    for process_id in process_ids:
        process = await house.process(process_id)
        assert await house.versions(process_id) == list(range(1, process.version + 1))


@pytest_asyncio.fixture
async def durable_house(house: House, database_dsn: str) -> AsyncGenerator[House]:
    """Like production: a commit is on disk, which the suite's server does not care for otherwise."""
    (row,) = await house.rows("SELECT quote_ident(current_database()) AS name")
    await house.rows(f"ALTER DATABASE {row['name']} SET synchronous_commit = on")
    async with Database(database_dsn, read_pool_size=4, write_pool_size=4) as database:
        yield House(database)


async def test_nothing_is_lost_when_the_database_restarts(
    durable_house: House, postgres_server: PostgresServer
) -> None:
    house, server = durable_house, postgres_server.embedded
    if server is None:
        pytest.skip("a server named by DATABASE_URL is not restarted")
    gates = [house.stage.hold("second"), house.stage.hold("fourth")]
    async with house.working(SETTINGS):
        process_ids = [await house.start("linear", text=str(number)) for number in range(10)]
        for _ in process_ids:
            await house.stage.entry("second")

        restarting = asyncio.create_task(asyncio.to_thread(server.restart, immediate=True), name="restart")
        gates[0].set()
        await restarting
        for _ in process_ids:
            await house.stage.entry("fourth")
        await asyncio.to_thread(server.restart, immediate=True)
        gates[1].set()
        late = await _when_the_database_is_back(house)

        for process_id in (*process_ids, late):
            await house.until(process_id, ProcessStatus.COMPLETED, deadline_s=20)

    assert await house.rows("SELECT count(*) AS steps, max(attempts) AS attempts FROM process_step") == [
        {"steps": 51, "attempts": 1}
    ]
    for process_id in process_ids:
        process = await house.process(process_id)
        assert await house.versions(process_id) == list(range(1, process.version + 1))


async def _when_the_database_is_back(house: House) -> ProcessId:
    async for trial in through_outages():
        with trial:
            return await house.start("single", text="late")
    raise AssertionError
