import pytest

from domain.ids import CustomerId, ProcessId, new_uuid7
from domain.scope import Scope
from engine.errors import ApiUnavailable, InconsistentData, ProcessNotFound, WrongStatus
from engine.states import FailureKind, ProcessStatus, StepStatus
from tests.engine.run.house import ACTOR, House
from tests.parity import parity


@parity("WE-03")
async def test_a_step_is_tried_again_after_a_wait(house: House) -> None:
    house.stage.raising["flaky"] = [ApiUnavailable("away"), ApiUnavailable("still away")]
    async with house.working():
        process_id = await house.start("stubborn", text="a")

        await house.until(process_id, ProcessStatus.COMPLETED)

    attempts = (await house.processes.attempts_of([(process_id, "flaky")]))[process_id, "flaky"]
    assert [(attempt.number, attempt.status, attempt.error) for attempt in attempts] == [
        (1, StepStatus.FAILED, "away"),
        (2, StepStatus.FAILED, "still away"),
        (3, StepStatus.SUCCESS, None),
    ]
    statuses = [
        event.payload["status"]
        for event in await house.processes.events_after(Scope.all(), process_id, 0)
        if isinstance(event.payload, dict) and "currentStep" in event.payload
    ]
    assert statuses == ["QUEUED", "RUNNING", "WAITING", "RUNNING", "WAITING", "RUNNING", "COMPLETED"]
    assert house.stage.contexts["flaky"].attempt == 3


@parity("WE-03")
async def test_a_step_that_uses_up_its_attempts_fails_the_process(house: House) -> None:
    house.stage.raising["flaky"] = [ApiUnavailable("away")] * 3
    async with house.working():
        process_id = await house.start("stubborn", text="a")

        process = await house.until(process_id, ProcessStatus.FAILED)

    assert (process.failure_kind, process.failure_reason) == (FailureKind.API_UNAVAILABLE, "away")
    assert process.current_step == "flaky"
    assert (await house.steps(process_id))["flaky"].attempts == 3


async def test_an_error_that_is_not_worth_another_attempt_fails_at_once(house: House) -> None:
    house.stage.raising["flaky"] = [InconsistentData("two truths")]
    async with house.working():
        process_id = await house.start("stubborn", text="a")

        process = await house.until(process_id, ProcessStatus.FAILED)

    (attempt,) = (await house.processes.attempts_of([(process_id, "flaky")]))[process_id, "flaky"]
    assert process.failure_kind is FailureKind.INCONSISTENT_DATA
    assert attempt.error_kind is FailureKind.INCONSISTENT_DATA
    assert attempt.traceback is not None
    assert "InconsistentData: two truths" in attempt.traceback


@parity("WE-40")
async def test_a_person_retries_a_failed_process_with_a_fresh_budget(house: House) -> None:
    house.stage.raising["flaky"] = [ApiUnavailable("away")] * 5
    async with house.working():
        process_id = await house.start("stubborn", text="a")
        await house.until(process_id, ProcessStatus.FAILED)

        await house.commands.retry(process_id, actor="bob", scope=Scope.all())
        await house.until(process_id, ProcessStatus.COMPLETED)

    attempts = (await house.processes.attempts_of([(process_id, "flaky")]))[process_id, "flaky"]
    assert [(attempt.number, attempt.actor) for attempt in attempts] == [
        (1, ACTOR),
        (2, ACTOR),
        (3, ACTOR),
        (4, "bob"),
        (5, "bob"),
        (6, "bob"),
    ]
    process = await house.process(process_id)
    assert (process.failure_kind, process.failure_reason) == (None, None)
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_only_a_process_that_failed_or_waits_can_be_retried(house: House) -> None:
    async with house.working():
        process_id = await house.start("single", text="a")
        before = await house.until(process_id, ProcessStatus.COMPLETED)

    with pytest.raises(WrongStatus) as refusal:
        await house.commands.retry(process_id, actor="bob", scope=Scope.all())

    assert refusal.value.found is ProcessStatus.COMPLETED
    assert await house.process(process_id) == before


async def test_a_process_out_of_scope_cannot_be_retried(house: House) -> None:
    process_id = await house.start("single", text="a")

    for unseen, scope in (
        (process_id, Scope.of(CustomerId("acme"))),
        (ProcessId(new_uuid7()), Scope.all()),
    ):
        with pytest.raises(ProcessNotFound):
            await house.commands.retry(unseen, actor="bob", scope=scope)


async def test_a_mistake_of_a_step_fails_its_process_alone(house: House) -> None:
    house.stage.raising["first"] = [KeyError("oops")]
    async with house.working():
        broken = await house.start("single", text="a")
        failed = await house.until(broken, ProcessStatus.FAILED)
        healthy = await house.start("single", text="b")
        await house.until(healthy, ProcessStatus.COMPLETED)

    assert (failed.failure_kind, failed.failure_reason) == (FailureKind.ERROR, "'oops'")


async def test_text_that_cannot_be_stored_does_not_hide_the_failure(house: House) -> None:
    house.stage.raising["first"] = [RuntimeError("bad \0 and \ud800 text")]
    async with house.working():
        process_id = await house.start("single", text="a")

        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_reason == "bad � and ? text"


async def test_a_waiting_process_can_be_retried_at_once(house: House) -> None:
    process_id = await house.start("stubborn", text="a")
    await house.rows(
        "UPDATE process SET status = 'WAITING', run_no = 2, wake_at = now() + interval '1 hour', version = 2"
    )

    await house.commands.retry(process_id, actor="bob", scope=Scope.all())

    async with house.working():
        await house.until(process_id, ProcessStatus.COMPLETED)
