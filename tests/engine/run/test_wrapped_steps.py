"""Steps under a condition or in a focus, carried out: what is recorded, and what the state holds then."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypedDict

import pytest

from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import ApiUnavailable, Conflict
from engine.forms import Ask
from engine.registry import Registry
from engine.states import ProcessStatus, StepStatus
from engine.step_lists import OpenStepList, begin, done
from engine.steps import callback_step, input_step, retry, step
from engine.store.records import EventKind
from engine.workflow_decorators import task
from engine.workflows import Workflow
from engine.wrappers import conditional, focus
from tests.engine.run.application import CATALOG, Confirmed, ConfirmPage, Delivery, Note, Rack, Stage, Text
from tests.engine.run.application import order as order_step
from tests.engine.run.house import ACTOR, House
from tests.parity import parity


class Floor(TypedDict):
    floor: int


class SiteNote(TypedDict):
    remark: str


def is_long(text: str) -> bool:
    return len(text) > 3


async def is_short(text: str, stage: Stage) -> bool:
    if stage.raising.get("is_short"):
        raise stage.raising["is_short"].pop(0)
    return len(text) <= 3


def is_odd(text: str) -> bool:
    return "yes" if text else ""  # pyright: ignore[reportReturnType]  # wrong on purpose


def is_on_the_ground(floor: int) -> bool:
    return floor == 0


@step("Mount")
async def mount(text: str) -> Rack:
    return {"rack": f"rack of {text}"}


@step("Remark")
def remark(text: str, rack: str | None) -> SiteNote:
    return {"remark": f"{text} in {rack}"}


@step("Climb")
async def climb() -> Floor:
    return {"floor": 3}


@step("Say more")
async def say_more(text: str) -> Text:
    return {"text": f"{text} and more"}


@step("Fail once")
async def fail_once(stage: Stage, text: str) -> Text:
    if stage.raising.get("fail_once"):
        raise stage.raising["fail_once"].pop(0)
    return {"text": f"{text}!"}


@input_step("Confirm", "NOC")
async def confirm(ask: Ask, rack: str) -> Confirmed:
    page = await ask(ConfirmPage)
    return {"confirmed": page.sure and bool(rack)}


@callback_step("Order", Delivery)
async def order_here(rack: str) -> SiteNote:
    return {"remark": rack}


stubborn = retry(fail_once.with_key("stubborn"), attempts=2, first_delay=timedelta(), max_delay=timedelta())
no_confirmation = conditional(is_long)(begin >> mount >> confirm >> order_step)


def workflow_of(name: str, steps: OpenStepList) -> Workflow:
    def defined():  # noqa: ANN202  # a workflow's definition
        return steps >> done

    defined.__name__ = name
    return task(input=Note)(defined)


WORKFLOWS = (
    workflow_of("perhaps", begin >> conditional(is_long)(mount) >> climb >> remark),
    workflow_of("never", no_confirmation),
    workflow_of("only_short", begin >> climb >> conditional(is_short)(remark) >> say_more),
    workflow_of("odd", conditional(is_odd)(mount)),
    workflow_of("changing", conditional(is_short)(begin >> say_more >> mount)),
    workflow_of("stubborn", begin >> conditional(is_short)(stubborn)),
    workflow_of(
        "in_focus",
        begin >> focus("site")(begin >> say_more >> mount >> remark) >> focus("site")(focus("room")(climb)),
    ),
    workflow_of(
        "guarded_focus", begin >> focus("room")(begin >> climb >> conditional(is_on_the_ground)(mount))
    ),
    workflow_of("asking_in_focus", begin >> focus("site")(begin >> mount >> confirm >> order_here)),
    workflow_of("failing_in_focus", begin >> focus("site")(begin >> mount >> fail_once)),
)


@pytest.fixture
def house(database: Database) -> House:
    stage = Stage()

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    registry = Registry(WORKFLOWS, {Stage: opened})
    registry.check(CATALOG)
    return House(database, registry=registry, stage=stage)


async def run(house: House, workflow: str, text: str = "abc") -> JsonValue:
    """The state after a whole run."""
    async with house.working():
        process_id = await house.start(workflow, text=text)
        return (await house.until(process_id, ProcessStatus.COMPLETED)).state


@parity("WE-06")
async def test_a_step_whose_condition_does_not_hold_is_skipped_and_the_run_goes_on(house: House) -> None:
    async with house.working():
        process_id = await house.start("perhaps", text="abc")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "abc", "floor": 3, "remark": "abc in None"}
    assert await house.step_statuses(process_id) == {
        "mount": StepStatus.SKIPPED,
        "climb": StepStatus.SUCCESS,
        "remark": StepStatus.SUCCESS,
    }
    (attempt,) = (await house.processes.attempts_of([(process_id, "mount")]))[process_id, "mount"]
    assert (attempt.status, attempt.error) == (StepStatus.SKIPPED, "the condition 'is_long' does not hold")
    ends = [
        event.payload
        for event in await house.processes.events_after(Scope.all(), process_id, 0)
        if event.kind is EventKind.STEP_FINISHED and isinstance(event.payload, dict)
    ]
    assert [(end["key"], end["status"]) for end in ends] == [
        ("mount", "SKIPPED"),
        ("climb", "SUCCESS"),
        ("remark", "SUCCESS"),
    ]
    # The claim, one checkpoint for each step: the one that skips a step begins the next.
    assert process.version == 1 + 1 + 3
    assert (await house.steps(process_id))["mount"].finished_at is not None


@parity("WE-06")
async def test_a_step_whose_condition_holds_is_carried_out(house: House) -> None:
    assert await run(house, "perhaps", "abcd") == {
        "text": "abcd",
        "rack": "rack of abcd",
        "floor": 3,
        "remark": "abcd in rack of abcd",
    }


async def test_steps_that_would_park_are_skipped_and_the_last_step_may_be(house: House) -> None:
    async with house.working():
        process_id = await house.start("never", text="abc")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "abc"}
    assert await house.step_statuses(process_id) == dict.fromkeys(
        ("mount", "confirm", "order"), StepStatus.SKIPPED
    )
    assert await house.rows("SELECT count(*) FROM callback") == [{"count": 0}]


@parity("W-04")
async def test_steps_under_a_condition_that_park_go_on_without_asking_again(house: House) -> None:
    async with house.working():
        process_id = await house.start("never", text="abcd")
        await house.until(process_id, ProcessStatus.SUSPENDED)
        await house.rows('UPDATE process SET state = \'{"text": "", "rack": "r"}\'')
        await house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "", "rack": "r", "confirmed": True}
    assert await house.step_statuses(process_id) == {
        "mount": StepStatus.SUCCESS,
        "confirm": StepStatus.SUCCESS,
        "order": StepStatus.SKIPPED,
    }


@parity("WE-06")
async def test_a_condition_is_asked_before_each_step(house: House) -> None:
    async with house.working():
        process_id = await house.start("changing", text="abc")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "abc and more"}
    assert await house.step_statuses(process_id) == {
        "say_more": StepStatus.SUCCESS,
        "mount": StepStatus.SKIPPED,
    }


async def test_a_condition_that_raises_fails_its_step_and_is_asked_again_at_a_retry(house: House) -> None:
    house.stage.raising["is_short"] = [RuntimeError("cannot tell")]
    async with house.working():
        process_id = await house.start("only_short", text="abc")
        failed = await house.until(process_id, ProcessStatus.FAILED)
        await house.commands.retry(process_id, actor=ACTOR, scope=Scope.all())
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert (failed.current_step, failed.failure_reason) == ("remark", "cannot tell")
    assert failed.state == {"text": "abc", "floor": 3}
    assert process.state == {"text": "abc and more", "floor": 3, "remark": "abc in None"}


async def test_a_retried_step_keeps_its_policy_under_a_condition(house: House) -> None:
    house.stage.raising["is_short"] = [ApiUnavailable("away")]
    async with house.working():
        process_id = await house.start("stubborn", text="abc")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "abc!"}
    assert (await house.steps(process_id))["stubborn"].attempts == 2


async def test_a_condition_that_gives_something_else_than_a_bool_fails_its_step(house: House) -> None:
    async with house.working():
        process_id = await house.start("odd", text="abc")
        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_reason == "step 'mount': its condition 'is_odd' gave str, expected bool"


@parity("WE-07")
async def test_steps_in_a_focus_read_and_write_their_part(house: House) -> None:
    async with house.working():
        process_id = await house.start("in_focus", text="abc")
        process = await house.until(process_id, ProcessStatus.COMPLETED)
        steps = (await house.processes.steps_of([process_id], deltas=True))[process_id]

    assert process.state == {
        "text": "abc",
        "site": {
            "text": "abc and more",
            "rack": "rack of abc and more",
            "remark": "abc and more in rack of abc and more",
            "room": {"floor": 3},
        },
    }
    assert {each.key: each.delta for each in steps} == {
        "say_more": {"site": {"text": "abc and more"}},
        "mount": {"site": {"rack": "rack of abc and more"}},
        "remark": {"site": {"remark": "abc and more in rack of abc and more"}},
        "climb": {"site": {"room": {"floor": 3}}},
    }


async def test_a_condition_in_a_focus_sees_its_part(house: House) -> None:
    assert await run(house, "guarded_focus") == {"text": "abc", "room": {"floor": 3}}


@parity("WE-07")
async def test_forms_and_callbacks_in_a_focus_read_and_write_their_part(house: House) -> None:
    async with house.working():
        process_id = await house.start("asking_in_focus", text="abc")
        await house.until(process_id, ProcessStatus.SUSPENDED)
        await house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
        awaiting = await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)

    assert awaiting.state == {
        "text": "abc",
        "site": {"rack": "rack of abc", "confirmed": True, "remark": "rack of abc"},
    }


@parity("WE-07")
async def test_what_fails_in_a_focus_writes_nothing_and_a_retry_goes_on_there(house: House) -> None:
    house.stage.raising["fail_once"] = [RuntimeError("no")]
    async with house.working():
        process_id = await house.start("failing_in_focus", text="abc")
        failed = await house.until(process_id, ProcessStatus.FAILED)
        await house.commands.retry(process_id, actor=ACTOR, scope=Scope.all())
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert failed.state == {"text": "abc", "site": {"rack": "rack of abc"}}
    assert process.state == {"text": "abc", "site": {"rack": "rack of abc", "text": "abc!"}}


async def test_what_is_no_object_in_a_focuss_place_fails_the_step(house: House) -> None:
    process_id = await house.start("in_focus", text="abc")
    await house.rows('UPDATE process SET state = \'{"text": "abc", "site": [1]}\'')

    async with house.working():
        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_reason == "the focus 'site' expects an object of the state, found [1]"
    assert process.state == {"text": "abc", "site": [1]}


async def test_a_form_in_a_focus_that_is_no_object_any_more_is_a_conflict_of_its_process(
    house: House,
) -> None:
    async with house.working():
        fine_id, changed_id = [await house.start("asking_in_focus", text="abc") for _ in range(2)]
        for process_id in (fine_id, changed_id):
            await house.until(process_id, ProcessStatus.SUSPENDED)
    await house.rows("""UPDATE process SET state = '{"site": "Paris"}' WHERE id = $1""", changed_id)

    forms = await house.commands.find_forms([fine_id, changed_id], scope=Scope.all())
    page = await house.commands.view_form(forms[fine_id])

    assert page.title == "ConfirmPage"
    with pytest.raises(Conflict, match="the form of step 'confirm' does not fit what the process holds"):
        await house.commands.view_form(forms[changed_id])
    with pytest.raises(Conflict, match="the form of step 'confirm' does not fit what the process holds"):
        await house.commands.resume(changed_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
