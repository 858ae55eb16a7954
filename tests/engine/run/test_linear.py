from domain.json import JsonValue
from domain.scope import Scope
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus
from engine.store.records import EventKind, StepRecord
from engine.store.timeline import timeline
from tests.engine.run.house import ACTOR, House
from tests.parity import parity

FIVE = ("first", "second", "third", "fourth", "fifth")


@parity("WE-02")
async def test_a_process_runs_from_start_to_end(house: House) -> None:
    async with house.working():
        process_id = await house.start("linear", text="a")

        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "rack of a, again", "rack": "rack of a"}
    assert process.current_step is None
    assert process.ended_at is not None
    assert await house.step_statuses(process_id) == dict.fromkeys(FIVE, StepStatus.SUCCESS)


@parity("WE-18")
@parity("WE-15")
async def test_each_step_keeps_what_it_gave_and_its_attempt(house: House) -> None:
    async with house.working() as worker:
        process_id = await house.start("linear", text="a")
        await house.until(process_id, ProcessStatus.COMPLETED)

    steps = await house.steps(process_id)
    assert [step.delta for step in steps.values()] == [
        {"rack": "rack of a"},
        {"text": "rack of a, again"},
        {},
        {},
        {},
    ]
    assert [step.position for step in steps.values()] == [0, 1, 2, 3, 4]
    attempts = await house.processes.attempts_of([(process_id, "second")])
    (attempt,) = attempts[process_id, "second"]
    assert (attempt.number, attempt.status, attempt.actor, attempt.worker_id) == (
        1,
        StepStatus.SUCCESS,
        ACTOR,
        worker.id,
    )


@parity("WE-22")
@parity("WE-18")
async def test_a_step_is_told_who_and_which_attempt_it_is(house: House) -> None:
    async with house.working():
        process_id = await house.start("single", text="a")
        await house.until(process_id, ProcessStatus.COMPLETED)

    context = house.stage.contexts["first"]
    assert (context.process_id, context.attempt, context.actor, context.reporter) == (
        process_id,
        1,
        ACTOR,
        ACTOR,
    )
    assert context.idempotency_key == f"{process_id}:first"


@parity("WE-02")
async def test_a_plain_function_runs_in_a_thread(house: House) -> None:
    async with house.working():
        process_id = await house.start("in_thread", text="a")

        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "step 1"}


@parity("W-21")
async def test_the_events_of_a_process_have_no_gaps_and_tell_everything(house: House) -> None:
    async with house.working():
        process_id = await house.start("single", text="a")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    events = await house.processes.events_after(Scope.all(), process_id, 0)
    told = [(event.version, event.kind, _status(event.payload)) for event in events]
    assert told == [
        (1, EventKind.PROCESS_STATUS, "QUEUED"),
        (2, EventKind.PROCESS_STATUS, "RUNNING"),
        (2, EventKind.STEP_STARTED, "RUNNING"),
        (3, EventKind.STEP_FINISHED, "SUCCESS"),
        (3, EventKind.PROCESS_STATUS, "COMPLETED"),
    ]
    assert process.version == 3


async def test_events_are_read_behind_a_version_and_by_whole_versions(house: House) -> None:
    async with house.working():
        process_id = await house.start("linear", text="a")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    behind = await house.processes.events_after(Scope.all(), process_id, 3, limit=3)

    assert {event.version for event in behind} == {4}
    assert await house.processes.events_after(Scope.all(), process_id, process.version) == []


async def test_a_snapshot_holds_the_steps_that_began_and_the_timeline_the_planned_ones(house: House) -> None:
    gate = house.stage.hold("second")
    async with house.working():
        process_id = await house.start("linear", text="a")
        await house.stage.entry("second")

        snapshot = await house.processes.snapshot(Scope.all(), process_id)
        gate.set()
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert snapshot is not None
    process, executed = snapshot
    assert [(step.key, step.status) for step in executed] == [
        ("first", StepStatus.SUCCESS),
        ("second", StepStatus.RUNNING),
    ]
    steps: list[StepRecord] = timeline(process, executed, workflow=house.registry.workflow("linear"))
    assert [step.status for step in steps[1:]] == [StepStatus.RUNNING] + [StepStatus.PENDING] * 3
    assert [step.kind for step in steps] == [StepKind.STEP] * 5
    assert process.state == {"text": "a", "rack": "rack of a"}


async def test_a_state_that_grows_too_large_fails_the_step(house: House) -> None:
    async with house.working():
        process_id = await house.start("overfull", text="a")

        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_kind is FailureKind.ERROR
    assert process.failure_reason == (
        "the state would be 2000011 bytes of JSON, at most 1000000 are allowed; "
        "the largest value is 'text' with 2000002 bytes"
    )
    assert process.state == {"text": "a"}


def _status(payload: JsonValue) -> JsonValue:
    assert isinstance(payload, dict)
    return payload["status"]
