import asyncio

import pytest

from domain.ids import CustomerId, new_uuid7
from domain.scope import Scope
from engine.errors import EnginePaused, NotAllowed
from engine.run.commands.commands import Commands
from engine.states import EngineStatus, ProcessStatus, StepStatus
from engine.store import claims
from engine.store.pauses import EngineView
from tests.engine.run.house import ACTOR, QUIET, House
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually


async def pause(house: House) -> EngineView:
    return await house.commands.pause(actor="bob", scope=Scope.all())


async def unpause(house: House) -> EngineView:
    return await house.commands.unpause(actor="eve", scope=Scope.all())


async def until_paused(commands: Commands) -> EngineView:
    async def paused() -> bool:
        return (await commands.engine()).status is EngineStatus.PAUSED

    await eventually(paused)
    return await commands.engine()


@parity("WE-44")
@parity("W-35")
@parity("WE-46")
async def test_an_engine_is_paused_when_the_steps_in_flight_have_ended(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET) as busy, house.working(QUIET) as idle:
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")
        asked = await pause(house)
        at_work = {worker.id: (worker.live, worker.running_steps) for worker in asked.workers}

        gate.set()
        paused = await until_paused(house.commands)

    assert (asked.status, asked.changed_by, asked.running_processes) == (EngineStatus.PAUSING, "bob", 1)
    assert sorted(at_work) == sorted([busy.id, idle.id])
    assert sorted(at_work.values()) == [(True, 0), (True, 1)]
    assert (paused.changed_at, paused.changed_by) == (asked.changed_at, "bob")
    assert [worker.paused for worker in paused.workers] == [True, True]
    assert paused.running_processes == 0
    process = await house.process(process_id)
    assert (process.status, process.current_step) == (ProcessStatus.QUEUED, "second")
    assert await house.step_statuses(process_id) == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.PENDING,
    }


@parity("WE-44", mends="paused-while-running")
async def test_an_engine_is_not_said_to_be_paused_while_a_step_runs(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET):
        await house.start("single", text="a")
        await house.stage.entry("first")
        await pause(house)

        # Whatever a worker acknowledges, a live lease says that somebody is at work.
        await house.rows("UPDATE worker SET pause_seen = 99")
        held = await house.commands.engine()
        gate.set()
        await until_paused(house.commands)

    assert held.status is EngineStatus.PAUSING


@parity("WE-44", mends="double-run")
@parity("W-02")
async def test_a_pause_that_is_taken_back_while_a_step_runs_runs_nothing_twice(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET), house.working(QUIET):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")
        await pause(house)

        going_on = await unpause(house)
        gate.set()
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert (going_on.status, going_on.changed_by) == (EngineStatus.RUNNING, "eve")
    assert [step.attempts for step in (await house.steps(process_id)).values()] == [1] * 5
    assert house.stage.entered.qsize() == 4
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_what_was_handed_back_goes_on_at_once_after_the_pause(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET):
        process_ids = [await house.start("linear", text=str(number)) for number in range(3)]
        for _ in process_ids:
            await house.stage.entry("first")
        await pause(house)
        gate.set()
        await until_paused(house.commands)

        await unpause(house)
        for process_id in process_ids:
            await house.until(process_id, ProcessStatus.COMPLETED)

    assert await house.rows("SELECT count(*) AS steps, max(attempts) AS attempts FROM process_step") == [
        {"steps": 15, "attempts": 1}
    ]


@parity("WE-44", mends="unguarded-commands")
async def test_a_paused_engine_takes_in_what_arrives_and_starts_nothing(house: House) -> None:
    house.stage.raising["first"] = [RuntimeError("no"), RuntimeError("no")]
    async with house.working(QUIET):
        failed = await house.start("single", text="a")
        skipped = await house.start("confirmed", text="a")
        for process_id in (failed, skipped):
            await house.until(process_id, ProcessStatus.FAILED)
        suspended = await house.start("confirmed", text="a")
        await house.until(suspended, ProcessStatus.SUSPENDED)
        awaiting = await house.start("ordered", text="a")
        await house.until(awaiting, ProcessStatus.AWAITING_CALLBACK)
        aborted = await house.start("confirmed", text="a")
        await house.until(aborted, ProcessStatus.SUSPENDED)
        await pause(house)
        await until_paused(house.commands)

        with pytest.raises(EnginePaused):
            await house.start("single", text="a")
        everybody = Scope.all()
        await house.commands.retry(failed, actor=ACTOR, scope=everybody)
        await house.commands.resume(suspended, pages=[{"sure": True}], actor=ACTOR, scope=everybody)
        await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})
        await house.commands.skip(skipped, "first", reason="known", actor=ACTOR, scope=everybody)
        await house.abort(aborted)
        queued = [failed, suspended, awaiting, skipped]
        statuses = [(await house.process(process_id)).status for process_id in queued]
        await unpause(house)
        for process_id in (failed, suspended, awaiting):
            await house.until(process_id, ProcessStatus.COMPLETED)
        await house.until(skipped, ProcessStatus.SUSPENDED)

    assert statuses == [ProcessStatus.QUEUED] * 4
    assert (await house.process(aborted)).status is ProcessStatus.ABORTED
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 5}]


async def test_to_pause_or_unpause_again_changes_nothing(house: House) -> None:
    never = await house.commands.unpause(actor="eve", scope=Scope.all())
    first = await pause(house)
    again = await house.commands.pause(actor="someone else", scope=Scope.all())
    process_row = "SELECT run_no, version FROM process"
    over = await unpause(house)
    process_id = await house.start("single", text="a")
    before = await house.rows(process_row)

    over_again = await house.commands.unpause(actor="someone else", scope=Scope.all())

    assert never == EngineView(
        status=EngineStatus.RUNNING, changed_at=None, changed_by=None, workers=(), running_processes=0
    )
    assert first.status is EngineStatus.PAUSED  # nobody is there to wait for
    assert again == first
    assert over_again == over
    assert await house.rows(process_row) == before
    assert (await house.process(process_id)).status is ProcessStatus.QUEUED


async def test_a_worker_that_comes_up_in_a_pause_begins_nothing_and_can_be_stopped(house: House) -> None:
    process_id = await house.start("single", text="a")
    await pause(house)

    async with asyncio.timeout(5):
        async with house.working(QUIET) as worker:
            paused = await until_paused(house.commands)
    waiting = await house.process(process_id)
    await unpause(house)
    async with house.working(QUIET):
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert [(seen.id, seen.paused) for seen in paused.workers] == [(worker.id, True)]
    assert waiting.status is ProcessStatus.QUEUED


async def test_a_step_begins_in_a_pause_not_even_where_the_worker_has_not_heard_of_it(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")
        await house.rows("INSERT INTO engine (status, pause_no) VALUES ('PAUSING', 1)")

        gate.set()
        process = await house.until(process_id, ProcessStatus.QUEUED)

    assert process.current_step == "second"
    assert process.state == {"text": "a", "rack": "rack of a"}
    assert await house.step_statuses(process_id) == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.PENDING,
    }
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_a_subscription_that_the_step_in_flight_made_is_saved_in_a_pause(house: House) -> None:
    gate = house.stage.hold("construct")
    async with house.working(QUIET):
        process_id = await house.start("create_port", customer_id="acme", speed=10)
        await house.stage.entry("construct")
        await pause(house)
        gate.set()
        await until_paused(house.commands)
        saved = await house.rows("SELECT customer_id, version FROM subscription")

        await unpause(house)
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert saved == [{"customer_id": "acme", "version": 1}]


async def test_a_lost_worker_holds_a_pause_up_as_long_as_its_lease_does(house: House) -> None:
    process_id = await house.start("single", text="a")
    async with house.database.writer() as connection:
        await claims.claim(connection, process_id, run_no=1, worker_id=new_uuid7(), lease_s=60)
    await house.rows(
        "INSERT INTO worker (id, host, pid, live_until) VALUES ($1, 'gone', 1, now() + interval '1 minute')",
        new_uuid7(),
    )
    asked = await pause(house)

    await house.rows("UPDATE process SET lease_until = now()")
    silent = await house.commands.engine()
    await house.rows("UPDATE worker SET live_until = now()")
    paused = await house.commands.engine()

    assert [view.status for view in (asked, silent, paused)] == [
        EngineStatus.PAUSING,
        EngineStatus.PAUSING,
        EngineStatus.PAUSED,
    ]
    assert [(worker.live, worker.paused) for worker in paused.workers] == [(False, False)]


@parity("WE-44", mends="one-by-one")
@parity("W-37")
async def test_unpausing_asks_for_all_runs_in_constant_statements(
    house: House, statements: StatementLog
) -> None:
    verbs: list[list[str]] = []
    for more in (1, 30):
        for number in range(more):
            await house.start("single", text=str(number))
        await pause(house)
        await house.rows("DELETE FROM pgqueuer")

        with statements.recorded() as recorded:
            await unpause(house)

        verbs.append(recorded.verbs)
    assert verbs[0] == verbs[1]
    assert verbs[0] == ["BEGIN", "WITH", "SELECT", "SELECT", "WITH", "WITH", "COMMIT", "SELECT"]
    assert await house.rows("SELECT count(*) FROM pgqueuer") == [{"count": 31}]


async def test_a_wait_that_ended_in_a_pause_goes_on_after_it(house: House) -> None:
    process_id = await house.start("stubborn", text="a")
    await pause(house)
    await house.rows("UPDATE process SET status = 'WAITING', run_no = 2, wake_at = now(), version = 2")
    await house.rows("DELETE FROM pgqueuer")

    await unpause(house)

    async with house.working(QUIET):
        await house.until(process_id, ProcessStatus.COMPLETED)


async def test_only_a_caller_who_sees_everybody_may_pause(house: House) -> None:
    for command in (house.commands.pause, house.commands.unpause):
        with pytest.raises(NotAllowed):
            await command(actor=ACTOR, scope=Scope.of(CustomerId("acme")))

    assert await house.rows("SELECT count(*) FROM engine") == [{"count": 0}]


async def test_many_pauses_under_load_run_every_step_once(house: House) -> None:
    async with house.working(), house.working():
        process_ids = [await house.start("linear", text=str(number)) for number in range(30)]
        for _ in range(5):
            await pause(house)
            paused = await until_paused(house.commands)
            assert paused.running_processes == 0
            await unpause(house)

        for process_id in process_ids:
            await house.until(process_id, ProcessStatus.COMPLETED, deadline_s=20)

    assert await house.rows("SELECT count(*) AS steps, max(attempts) AS attempts FROM process_step") == [
        {"steps": 150, "attempts": 1}
    ]
