import asyncio
from dataclasses import replace

from engine.states import ProcessStatus, StepStatus
from tests.engine.run.house import QUIET, House

PATIENT = replace(QUIET, stop_grace_s=10.0)
HASTY = replace(QUIET, stop_grace_s=0.05)


async def test_a_stopping_worker_lets_the_step_end_and_hands_the_process_on(house: House) -> None:
    gate = house.stage.hold("second")
    async with house.working(PATIENT) as worker:
        process_id = await house.start("linear", text="a")
        await house.stage.entry("second")
        worker.stop()
        gate.set()
    handed_on = await house.process(process_id)
    statuses = await house.step_statuses(process_id)

    async with house.working(QUIET):
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert (handed_on.status, handed_on.current_step) == (ProcessStatus.QUEUED, "third")
    assert statuses == {
        "first": StepStatus.SUCCESS,
        "second": StepStatus.SUCCESS,
        "third": StepStatus.PENDING,
    }
    assert [step.attempts for step in (await house.steps(process_id)).values()] == [1] * 5
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_a_step_that_does_not_end_in_time_is_cancelled_and_handed_back(house: House) -> None:
    gate = house.stage.hold("second")
    async with house.working(HASTY):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("second")
    handed_back = await house.process(process_id)
    gate.set()

    async with house.working(QUIET):
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert handed_back.status is ProcessStatus.QUEUED
    attempts = (await house.processes.attempts_of([(process_id, "second")]))[process_id, "second"]
    assert [(attempt.status, attempt.error) for attempt in attempts] == [
        (StepStatus.ABORTED, "the worker was stopped while it carried out the step"),
        (StepStatus.SUCCESS, None),
    ]
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_a_worker_that_is_cancelled_hands_back_too_and_leaves_no_trace(house: House) -> None:
    house.stage.hold("first")
    worker = house.new_worker(HASTY)
    running = asyncio.create_task(worker.run(), name="worker")
    process_id = await house.start("single", text="a")
    await house.stage.entry("first")

    running.cancel()
    await asyncio.wait({running}, timeout=10)

    assert running.cancelled()
    assert (await house.process(process_id)).status is ProcessStatus.QUEUED
    assert await house.rows("SELECT lease_until, owner FROM process") == [
        {"lease_until": None, "owner": None}
    ]
    assert await house.rows("SELECT count(*) FROM worker") == [{"count": 0}]


async def test_an_idle_worker_stops_at_once(house: House) -> None:
    async with asyncio.timeout(3):
        async with house.working(PATIENT):
            pass
