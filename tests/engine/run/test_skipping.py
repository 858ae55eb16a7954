import asyncio
from datetime import timedelta

import pytest
from typing_extensions import TypedDict

from domain.ids import CustomerId, ProcessId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from engine.context import StepContext
from engine.errors import (
    CallbackUsed,
    InvalidInput,
    ProcessNotFound,
    StepNotCurrent,
    StepNotSkippable,
    WrongStatus,
)
from engine.registry import Registry
from engine.states import ProcessStatus, StepStatus
from engine.step_lists import StepList, begin, done
from engine.steps import retry, step
from engine.store.records import AttemptRecord
from engine.workflow_decorators import task
from engine.wrappers import conditional, focus
from tests.engine.run.application import Note, Rack, Stage, fourth, new_registry, third
from tests.engine.run.house import PORT, QUIET, House


class Size(TypedDict):
    size: int


@step("Measure")
async def measure(stage: Stage, ctx: StepContext) -> Size:
    await stage.play(ctx)
    return {"size": 1}


@step("Take the size")
async def take(size: int) -> Rack:
    return {"rack": f"of {size}"}


def never(text: str) -> bool:
    return not text


@task(input=Note)
def measured() -> StepList:
    """A step in a part of the state, and one under a condition behind it."""
    return begin >> focus("site")(begin >> measure >> take) >> conditional(never)(third) >> done


@task(input=Note)
def patiently() -> StepList:
    """A step that waits for long before it is tried again."""
    hour = timedelta(hours=1)
    return begin >> retry(third.with_key("patient"), first_delay=hour, max_delay=hour) >> fourth >> done


def new_house(house: House) -> House:
    usual = new_registry(house.stage)
    registry = Registry((*usual.workflows, measured, patiently), usual.services)
    return House(house.database, registry=registry, stage=house.stage)


async def skip(house: House, process_id: ProcessId, step_key: str, **values: JsonValue) -> None:
    await house.commands.skip(
        process_id, step_key, reason="known to be so", values=values, actor="bob", scope=Scope.all()
    )


async def failed_at(house: House, step_key: str, *, workflow: str = "linear") -> ProcessId:
    house.stage.raising[step_key] = [RuntimeError("no")]
    process_id = await house.start(workflow, text="a")
    await house.until(process_id, ProcessStatus.FAILED)
    return process_id


async def attempts(house: House, process_id: ProcessId, step_key: str) -> list[AttemptRecord]:
    return (await house.processes.attempts_of([(process_id, step_key)]))[process_id, step_key]


async def test_a_failed_step_is_left_out_and_the_process_goes_on_behind_it(house: House) -> None:
    async with house.working():
        process_id = await failed_at(house, "third")

        await skip(house, process_id, "third")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    step = (await house.steps(process_id))["third"]
    assert (step.status, step.skipped_by, step.skip_reason) == (StepStatus.SKIPPED, "bob", "known to be so")
    assert step.finished_at is not None
    assert [(each.status, each.error) for each in await attempts(house, process_id, "third")] == [
        (StepStatus.FAILED, "no")
    ]
    assert (process.failure_kind, process.failure_reason) == (None, None)
    assert house.stage.contexts["fourth"].actor == "bob"
    assert await house.versions(process_id) == list(range(1, process.version + 1))
    events = [
        (event.kind, event.payload["status"], event.payload.get("skippedBy"))
        for event in await house.processes.events_after(Scope.all(), process_id, process.version - 6)
        if isinstance(event.payload, dict)
    ]
    assert ("STEP_FINISHED", "SKIPPED", "bob") in events


async def test_the_last_step_is_left_out_and_the_process_is_completed(house: House) -> None:
    async with house.working():
        process_id = await failed_at(house, "fifth")

        await skip(house, process_id, "fifth")

    process = await house.process(process_id)
    assert (process.status, process.current_step) == (ProcessStatus.COMPLETED, None)
    assert process.ended_at is not None
    assert await house.rows("SELECT count(*) FROM pgqueuer") == [{"count": 0}]


async def test_a_form_is_left_out(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)

        await skip(house, process_id, "confirm", confirmed=False)
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "rack": "rack of a", "confirmed": False}
    assert process.assignee is None
    step = (await house.steps(process_id))["confirm"]
    assert (step.status, step.assignee, step.delta) == (StepStatus.SKIPPED, None, {"confirmed": False})
    assert [each.status for each in await attempts(house, process_id, "confirm")] == [StepStatus.SKIPPED]


async def test_a_callback_that_is_not_waited_for_any_more_is_void(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)

        await skip(house, process_id, "order")
        process = await house.until(process_id, ProcessStatus.COMPLETED)
        with pytest.raises(CallbackUsed):
            await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})

    assert process.state == {"text": "a", "order_number": 1}
    assert (await house.steps(process_id))["order"].delta == {"order_number": 1}


async def test_a_step_that_waits_for_its_next_attempt_is_left_out(house: House) -> None:
    house = new_house(house)
    house.stage.raising["patient"] = [RuntimeError("away")]
    async with house.working(QUIET):
        process_id = await house.start("patiently", text="a")
        await house.until(process_id, ProcessStatus.WAITING)

        await skip(house, process_id, "patient")
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert await house.rows("SELECT wake_at, run_no FROM process") == [{"wake_at": None, "run_no": 3}]


async def test_what_later_steps_take_must_be_given(house: House) -> None:
    async with house.working():
        process_id = await failed_at(house, "first")
        before = await house.process(process_id)

        with pytest.raises(StepNotSkippable) as refusal:
            await skip(house, process_id, "first")
        after_refusal = await house.process(process_id)
        await skip(house, process_id, "first", rack="R-1")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert refusal.value.missing == ("rack",)
    assert str(refusal.value) == (
        "step 'first' cannot be skipped: later steps take rack, expected values for that"
    )
    assert after_refusal == before
    assert process.state == {"text": "R-1, again", "rack": "R-1"}
    assert (await house.steps(process_id))["first"].delta == {"rack": "R-1"}


@pytest.mark.parametrize(
    ("values", "path", "code"),
    [
        ({"rack": 7}, ("values", "rack"), "string_type"),
        ({"rack": "R-1", "shelf": 1}, ("values", "shelf"), "unknown_output"),
        ({"rack": "R\0"}, ("values", "rack"), "unrepresentable"),
        ({"rack": "x" * 2_000_000}, ("values",), "too_large"),
    ],
    ids=["type", "name", "text", "size"],
)
async def test_values_that_do_not_fit_are_refused(
    house: House, values: dict[str, JsonValue], path: tuple[str, ...], code: str
) -> None:
    async with house.working():
        process_id = await failed_at(house, "first")
    before = await house.process(process_id)

    with pytest.raises(InvalidInput) as refusal:
        await skip(house, process_id, "first", **values)

    assert [(error.path, error.code) for error in refusal.value.errors] == [(path, code)]
    assert await house.process(process_id) == before


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2001])
async def test_a_reason_is_needed(house: House, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.commands.skip(
            ProcessId(new_uuid7()), "first", reason=reason, actor="bob", scope=Scope.all()
        )

    assert [error.path for error in refusal.value.errors] == [("reason",)]


async def test_a_subscription_cannot_be_given_in_a_steps_place(house: House) -> None:
    house.stage.raising["construct"] = [RuntimeError("no")]
    async with house.working():
        process_id = await house.start("create_port", **PORT)
        await house.until(process_id, ProcessStatus.FAILED)

    with pytest.raises(StepNotSkippable) as without:
        await skip(house, process_id, "construct")
    with pytest.raises(InvalidInput) as given:
        await skip(house, process_id, "construct", port=str(new_uuid7()))

    assert without.value.missing == ("port",)
    assert [error.code for error in given.value.errors] == ["subscription"]


@pytest.mark.parametrize("step_key", ["set_status", "resync"])
async def test_the_steps_that_let_a_subscription_go_cannot_be_left_out(house: House, step_key: str) -> None:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=20)
    await house.rows(
        "UPDATE process SET status = 'FAILED', current_step = $1, workflow = 'create_port' WHERE id = $2",
        step_key,
        process_id,
    )

    with pytest.raises(StepNotSkippable) as refusal:
        await skip(house, process_id, step_key)

    assert refusal.value.missing == ()
    assert (await house.process(process_id)).status is ProcessStatus.FAILED


async def test_only_the_current_step_of_a_process_that_waits_or_failed_is_left_out(house: House) -> None:
    async with house.working():
        process_id = await failed_at(house, "third")
        completed = await house.start("single", text="a")
        await house.until(completed, ProcessStatus.COMPLETED)
    before = await house.process(process_id)

    with pytest.raises(StepNotCurrent) as elsewhere:
        await skip(house, process_id, "fourth")
    with pytest.raises(WrongStatus) as ended:
        await skip(house, completed, "first")
    for unseen, scope in ((process_id, Scope.of(CustomerId("acme"))), (new_uuid7(), Scope.all())):
        with pytest.raises(ProcessNotFound):
            await house.commands.skip(ProcessId(unseen), "third", reason="so", actor="bob", scope=scope)

    assert (elsewhere.value.found, elsewhere.value.expected) == ("third", "fourth")
    assert ended.value.found is ProcessStatus.COMPLETED
    assert await house.process(process_id) == before


async def test_a_step_is_left_out_once_by_many_at_once(house: House) -> None:
    async with house.working():
        process_id = await failed_at(house, "third")
        house.stage.hold("fourth")

        answers = await asyncio.gather(
            *(skip(house, process_id, "third") for _ in range(4)), return_exceptions=True
        )

    assert [answer for answer in answers if answer is None] == [None]


async def test_values_go_into_the_part_of_the_state_that_the_step_works_in(house: House) -> None:
    house = new_house(house)
    async with house.working():
        process_id = await failed_at(house, "measure", workflow="measured")

        with pytest.raises(StepNotSkippable) as refusal:
            await skip(house, process_id, "measure")
        await skip(house, process_id, "measure", size=4)
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert refusal.value.missing == ("size",)
    assert process.state == {"text": "a", "site": {"size": 4, "rack": "of 4"}}
    statuses = await house.step_statuses(process_id)
    assert statuses == {
        "measure": StepStatus.SKIPPED,
        "take": StepStatus.SUCCESS,
        "third": StepStatus.SKIPPED,
    }
