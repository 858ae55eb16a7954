import asyncio

import pytest

from domain.scope import Scope
from engine.errors import WrongStatus
from engine.states import ProcessStatus, StepStatus
from tests.engine.run.house import ACTOR, IMPATIENT, QUIET, House
from tests.parity import parity


async def test_a_queued_process_is_aborted_at_once(house: House) -> None:
    process_id = await house.start("single", text="a")

    assert await house.abort(process_id) is ProcessStatus.ABORTED

    async with house.working(IMPATIENT) as worker:
        with worker.signals.reconciled.armed() as reconciled:
            await asyncio.wait_for(reconciled.get(), timeout=5)
    process = await house.process(process_id)
    assert (process.status, process.failure_reason) == (ProcessStatus.ABORTED, "enough")
    assert await house.steps(process_id) == {}
    assert await house.versions(process_id) == [1, 2]


@parity("WE-42")
@parity("W-14")
@pytest.mark.parametrize(
    ("workflow", "parked_as", "step"),
    [
        ("confirmed", ProcessStatus.SUSPENDED, "confirm"),
        ("ordered", ProcessStatus.AWAITING_CALLBACK, "order"),
    ],
)
async def test_a_parked_process_is_aborted_at_once(
    house: House, workflow: str, parked_as: ProcessStatus, step: str
) -> None:
    async with house.working():
        process_id = await house.start(workflow, text="a")
        await house.until(process_id, parked_as)

        assert await house.abort(process_id, actor="grace") is ProcessStatus.ABORTED

    process = await house.process(process_id)
    assert (process.created_by, process.run_by) == (ACTOR, "grace")
    assert (await house.step_statuses(process_id))[step] is StepStatus.ABORTED
    attempts = (await house.processes.attempts_of([(process_id, step)]))[process_id, step]
    assert [attempt.status for attempt in attempts] == [StepStatus.ABORTED]


async def test_a_failed_process_is_aborted_at_once(house: House) -> None:
    house.stage.raising["first"] = [RuntimeError("no")]
    async with house.working():
        process_id = await house.start("single", text="a")
        await house.until(process_id, ProcessStatus.FAILED)

        assert await house.abort(process_id) is ProcessStatus.ABORTED

    attempts = (await house.processes.attempts_of([(process_id, "first")]))[process_id, "first"]
    assert [(attempt.status, attempt.error) for attempt in attempts] == [(StepStatus.FAILED, "no")]


@parity("WE-42")
@parity("WE-42", mends="running")
@parity("W-05")
async def test_the_step_in_flight_is_cancelled(house: House) -> None:
    house.stage.hold("second")
    async with house.working(QUIET):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("second")

        assert await house.abort(process_id) is ProcessStatus.ABORTING
        await asyncio.wait_for(house.stage.cancelled.get(), timeout=5)
        process = await house.until(process_id, ProcessStatus.ABORTED)

    assert process.failure_reason == "enough"
    assert await house.step_statuses(process_id) == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.ABORTED,
    }
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_a_step_that_ends_while_the_abort_is_asked_for_is_recorded_as_it_ended(house: House) -> None:
    gate = house.stage.hold("second")
    async with house.working(QUIET):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("second")
        async with house.database.write() as connection:
            await connection.execute("UPDATE process SET status = 'ABORTING', version = version + 1")
            await connection.execute(
                "INSERT INTO event (process_id, version, ordinal, kind, payload)"
                " SELECT id, version, 0, 'PROCESS_STATUS', '{\"status\": \"ABORTING\"}' FROM process"
            )

        gate.set()
        process = await house.until(process_id, ProcessStatus.ABORTED)

    assert process.state == {"text": "rack of a, again", "rack": "rack of a"}
    assert await house.step_statuses(process_id) == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.SUCCESS,
    }


@parity("WE-42", mends="running")
@parity("W-05")
async def test_nothing_overwrites_an_abort(house: House) -> None:
    async with house.working():
        process_id = await house.start("single", text="a")
        await house.until(process_id, ProcessStatus.COMPLETED)
        aborted = await house.start("confirmed", text="a")
        await house.until(aborted, ProcessStatus.SUSPENDED)
        await house.abort(aborted)

        for ended in (process_id, aborted):
            before = await house.process(ended)
            with pytest.raises(WrongStatus):
                await house.abort(ended)
            with pytest.raises(WrongStatus):
                await house.commands.retry(ended, actor=ACTOR, scope=Scope.all())
            with pytest.raises(WrongStatus):
                await house.commands.resume(ended, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
            assert await house.process(ended) == before


async def test_an_abort_whose_worker_is_lost_is_ended_by_another(house: House) -> None:
    process_id = await house.start("single", text="a")
    await house.rows(
        "UPDATE process SET status = 'ABORTING', epoch = 1, lease_until = now() - interval '1 second',"
        " version = version + 1"
    )

    async with house.working(IMPATIENT):
        process = await house.until(process_id, ProcessStatus.ABORTED)

    assert process.ended_at is not None


async def test_a_thread_is_waited_for_and_its_end_recorded(house: House) -> None:
    async with house.working(QUIET):
        process_id = await house.start("long_in_thread", text="a")
        await asyncio.wait_for(house.stage.thread_began.wait(), timeout=5)

        assert await house.abort(process_id) is ProcessStatus.ABORTING
        house.stage.thread_may_end.set()
        process = await house.until(process_id, ProcessStatus.ABORTED)

    assert process.state == {"text": "a", "rack": "from a thread"}
    assert await house.step_statuses(process_id) == {"long_threaded": StepStatus.SUCCESS}
