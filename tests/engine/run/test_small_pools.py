"""No connection is held while users' code runs: two connections serve any number of steps, and the API."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.paging import PageRequest
from engine.context import StepContext
from engine.errors import ApiUnavailable
from engine.registry import Registry
from engine.states import ProcessStatus
from engine.step_lists import StepList, begin, done
from engine.workflow_decorators import task
from engine.wrappers import conditional
from tests.engine.run.application import CATALOG, Note, Stage, confirm, order, third
from tests.engine.run.house import ACTOR, SETTINGS, House
from tests.parity import parity
from tests.waiting import eventually

WAITING = 50
ROOMY = replace(SETTINGS, concurrent_runs=WAITING + 20)
EVERYTHING = Scope.all()

step = third.with_key("step")


async def condition_waits(stage: Stage, ctx: StepContext) -> bool:
    await stage.play(replace(ctx, step_key="condition"))
    return True


@task(input=Note)
def by_step() -> StepList:
    return begin >> step >> done


@task(input=Note)
def by_callback() -> StepList:
    return begin >> order >> done


@task(input=Note)
def by_condition() -> StepList:
    return begin >> conditional(condition_waits)(third) >> done


@task(input=Note)
def asking() -> StepList:
    return begin >> confirm >> done


@task(input=Note)
def failing() -> StepList:
    return begin >> third.with_key("failing") >> done


WORKFLOWS = (by_step, by_callback, by_condition, asking, failing)
HELD = {"by_step": "step", "by_callback": "order", "by_condition": "condition"}


@asynccontextmanager
async def two_connections(dsn: str) -> AsyncGenerator[Database]:
    async with Database(dsn, read_pool_size=1, write_pool_size=1) as database:
        yield database


def new_house(database: Database, stage: Stage) -> House:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    registry = Registry(WORKFLOWS, {Stage: opened})
    registry.check(CATALOG)
    return House(database, registry=registry, stage=stage)


@parity("WE-38")
@pytest.mark.parametrize("own_pool", [False, True], ids=["the worker's pool", "a pool of its own"])
async def test_commands_and_reads_answer_while_fifty_steps_wait(database_dsn: str, *, own_pool: bool) -> None:
    stage = Stage()
    async with two_connections(database_dsn) as pool, two_connections(database_dsn) as other:
        house, api = new_house(pool, stage), new_house(other if own_pool else pool, stage)
        stage.raising["failing"] = [ApiUnavailable("not now")]
        gates = {key: stage.hold(key) for key in HELD.values()}
        async with house.working(ROOMY):
            suspended, failed = await api.start("asking"), await api.start("failing")
            await api.until(suspended, ProcessStatus.SUSPENDED)
            await api.until(failed, ProcessStatus.FAILED)
            waiting = [await api.start(list(HELD)[number % len(HELD)]) for number in range(WAITING)]
            await entered(stage, waiting)

            async with asyncio.timeout(5):
                await everything_answers(api, suspended=suspended, failed=failed, waiting=waiting)
            await eventually(partial(nobody_idles_in_a_transaction, api))
            for gate in gates.values():
                gate.set()
            await everything_ends(api, stage, waiting[1:])


async def entered(stage: Stage, process_ids: list[ProcessId]) -> None:
    """Wait until a step of each process is carried out, or its condition."""
    missing = set(process_ids)
    async with asyncio.timeout(10):
        while missing:
            missing.discard((await stage.entered.get()).process_id)


async def everything_answers(
    api: House, *, suspended: ProcessId, failed: ProcessId, waiting: list[ProcessId]
) -> None:
    started = await api.start("asking")
    await api.until(started, ProcessStatus.SUSPENDED)
    form = await api.commands.form(suspended, scope=EVERYTHING)
    await api.commands.resume(suspended, pages=[{"sure": True}], actor=ACTOR, scope=EVERYTHING)
    await api.until(suspended, ProcessStatus.COMPLETED)
    await api.commands.retry(failed, actor=ACTOR, scope=EVERYTHING)
    await api.until(failed, ProcessStatus.COMPLETED)
    await api.abort(waiting[0])
    await api.until(waiting[0], ProcessStatus.ABORTED)
    page = await api.processes.page(EVERYTHING, request=PageRequest(first=100))
    snapshot = await api.processes.snapshot(EVERYTHING, waiting[1])
    engine = await api.commands.engine()

    assert form.title == "ConfirmPage"
    assert len(page.rows) == WAITING + 3
    assert snapshot is not None
    assert snapshot[0].status is ProcessStatus.RUNNING
    assert engine.running_processes == WAITING - 1


async def nobody_idles_in_a_transaction(api: House) -> bool:
    (row,) = await api.rows(
        "SELECT count(*) AS open FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    return row["open"] == 0


async def everything_ends(api: House, stage: Stage, waiting: list[ProcessId]) -> None:
    for process_id in waiting:
        process = await api.until(process_id, ProcessStatus.COMPLETED, ProcessStatus.AWAITING_CALLBACK)
        if process.status is ProcessStatus.AWAITING_CALLBACK:
            await api.abort(process_id)
    assert stage.cancelled.qsize() == 1
