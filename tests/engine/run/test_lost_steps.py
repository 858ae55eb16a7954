"""Processes whose workflow has lost the step at which they stand, or is gone: what is said and kept."""

from datetime import timedelta

import pytest

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import ApiUnavailable, Refusal, StepGone, WorkflowChanged
from engine.run.commands.delete import Deleted
from engine.run.commands.retry import Queued
from engine.states import FailureKind, ProcessStatus, StepStatus
from engine.steps import Step, retry
from tests.engine.run.application import Stage, confirm, fifth, order, third
from tests.engine.run.house import ACTOR, House
from tests.engine.run.releases import carried_out, release, shown
from tests.parity import parity

A, B, C, K = (third.with_key(key) for key in "ABCK")
EVERYTHING = Scope.all()
_HOUR = timedelta(hours=1)


async def park(house: House, status: ProcessStatus) -> ProcessId:
    async with house.working():
        process_id = await house.start("changing")
        await house.until(process_id, status)
    return process_id


async def fail_at(house: House, key: str) -> ProcessId:
    house.stage.raising[key] = [ApiUnavailable("not now")]
    return await park(house, ProcessStatus.FAILED)


async def callback(house: House) -> None:
    await house.commands.receive_callback(house.stage.callback_token("K"), {"parcel": "p"})


@parity("W-16")
async def test_a_queued_process_whose_step_is_gone_fails_and_says_what_is_missing(database: Database) -> None:
    old, new = release(database, A, B), release(database, B, C)
    process_id = await old.start("changing")

    async with new.working():
        failed = await new.until(process_id, ProcessStatus.FAILED)

    assert failed.failure_kind is FailureKind.WORKFLOW_CHANGED
    assert failed.failure_reason == (
        "workflow 'changing' has no step 'A' any more, and nothing that replaces it; found B, C"
    )


@parity("W-16")
async def test_a_failed_process_goes_on_when_its_step_is_back_or_has_a_replacement(
    database: Database,
) -> None:
    old, new = release(database, A, K, B), release(database, A, B)
    mended = release(database, A, C, B, replaces={"K": "C"})
    process_id = await fail_at(old, "K")

    with pytest.raises(StepGone) as refused:
        await new.commands.retry(process_id, actor=ACTOR, scope=EVERYTHING)
    async with mended.working():
        await mended.commands.retry(process_id, actor=ACTOR, scope=EVERYTHING)
        await mended.until(process_id, ProcessStatus.COMPLETED)

    assert (refused.value.process_id, refused.value.workflow) == (process_id, "changing")
    assert (refused.value.key, refused.value.keys) == ("K", ("A", "B"))
    assert await carried_out(mended, process_id) == [
        ("A", "SUCCESS", 1),
        ("K", "SUCCESS", 2),
        ("B", "SUCCESS", 1),
    ]
    assert mended.stage.contexts["K"].idempotency_key == f"{process_id}:K"


@pytest.mark.parametrize("step", [confirm, order], ids=["input", "callback"])
async def test_what_arrived_for_a_step_that_was_lost_is_kept_until_something_replaces_it(
    database: Database, step: Step
) -> None:
    stage = Stage()
    old = release(database, A, step.with_key("K"), B, stage=stage)
    new = release(database, A, B, stage=stage)
    mended = release(database, A, step.with_key("C"), B, stage=stage, replaces={"K": "C"})
    status = ProcessStatus.SUSPENDED if step is confirm else ProcessStatus.AWAITING_CALLBACK
    process_id = await park(old, status)
    if step is confirm:
        await old.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=EVERYTHING)
    else:
        await callback(old)

    async with new.working():
        failed = await new.until(process_id, ProcessStatus.FAILED)
    stage.contexts.clear()
    async with mended.working():
        await mended.commands.retry(process_id, actor=ACTOR, scope=EVERYTHING)
        process = await mended.until(process_id, ProcessStatus.COMPLETED, ProcessStatus.SUSPENDED)

    assert failed.failure_kind is FailureKind.WORKFLOW_CHANGED
    assert process.status is ProcessStatus.COMPLETED
    assert await carried_out(mended, process_id) == [
        ("A", "SUCCESS", 1),
        ("K", "SUCCESS", 2),
        ("B", "SUCCESS", 1),
    ]
    given = {"confirmed": True} if step is confirm else {"order_number": 1, "parcel": "p"}
    assert process.state == {"text": "a"} | given
    assert "K" not in stage.contexts


async def test_a_callback_can_be_repeated_once_something_replaces_its_step(database: Database) -> None:
    stage = Stage()
    old, new = release(database, order.with_key("K"), stage=stage), release(database, B, stage=stage)
    mended = release(database, order.with_key("C"), B, stage=stage, replaces={"K": "C"})
    process_id = await park(old, ProcessStatus.AWAITING_CALLBACK)
    waiting = await old.process(process_id)

    with pytest.raises(StepGone):
        await callback(new)
    assert await new.process(process_id) == waiting
    async with mended.working():
        await callback(mended)
        await mended.until(process_id, ProcessStatus.COMPLETED)

    assert await carried_out(mended, process_id) == [("K", "SUCCESS", 1), ("B", "SUCCESS", 1)]


async def test_a_step_that_takes_the_place_of_another_kind_is_carried_out_as_its_own_kind(
    database: Database,
) -> None:
    stage = Stage()
    old = release(database, confirm.with_key("K"), stage=stage)
    new = release(database, order, fifth, stage=stage, replaces={"K": "order"})
    process_id = await park(old, ProcessStatus.SUSPENDED)

    async with new.working():
        await new.commands.resume(process_id, pages=[{}], actor=ACTOR, scope=EVERYTHING)
        await new.until(process_id, ProcessStatus.AWAITING_CALLBACK)
        await callback(new)
        process = await new.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "order_number": 1, "parcel": "p"}
    assert [key for key, *_ in await carried_out(new, process_id)] == ["K", "fifth"]


async def test_the_form_of_a_step_that_is_not_needed_any_more_has_no_fields(database: Database) -> None:
    old = release(database, confirm.with_key("K"), B)
    new = release(database, B, replaces={"K": None})
    process_id = await park(old, ProcessStatus.SUSPENDED)

    page = await new.commands.form(process_id, scope=EVERYTHING)

    assert (page.title, page.has_next, page.page_index) == ("Nothing to fill in", False, 0)
    assert isinstance(page.schema, dict)
    assert page.schema["properties"] == {}


async def test_a_person_can_leave_out_a_step_that_was_lost(database: Database) -> None:
    stage = Stage()
    old = release(database, A, K, C, stage=stage)
    new = release(database, A, B, C, stage=stage)
    process_id = await fail_at(old, "K")

    assert await shown(new, process_id) == "A K B C"
    async with new.working():
        await new.commands.skip(process_id, "K", reason="it is gone", actor=ACTOR, scope=EVERYTHING)
        await new.until(process_id, ProcessStatus.COMPLETED)

    assert await carried_out(new, process_id) == [
        ("A", "SUCCESS", 1),
        ("K", "SKIPPED", 1),
        ("B", "SUCCESS", 1),
        ("C", "SUCCESS", 1),
    ]
    assert (await new.steps(process_id))["K"].skip_reason == "it is gone"


PARKED = [
    pytest.param([K, B], ProcessStatus.FAILED, id="FAILED"),
    pytest.param([retry(K, first_delay=_HOUR, max_delay=_HOUR), B], ProcessStatus.WAITING, id="WAITING"),
    pytest.param([confirm.with_key("K"), B], ProcessStatus.SUSPENDED, id="SUSPENDED"),
    pytest.param([order.with_key("K"), B], ProcessStatus.AWAITING_CALLBACK, id="AWAITING_CALLBACK"),
]


@parity("WE-42")
@pytest.mark.parametrize("after", [[A, B], []], ids=["the step is gone", "the workflow is gone"])
@pytest.mark.parametrize(("before", "status"), PARKED)
async def test_a_process_whose_step_is_gone_can_be_read_and_aborted_and_its_task_deleted(
    database: Database, before: list[Step], status: ProcessStatus, after: list[Step]
) -> None:
    old, new = release(database, A, *before), release(database, *after)
    if status in {ProcessStatus.FAILED, ProcessStatus.WAITING}:
        old.stage.raising["K"] = [ApiUnavailable("not now")]
    process_id = await park(old, status)
    parked = await old.process(process_id)

    for refused in await refusals(old, new, process_id):
        assert isinstance(refused, StepGone)
        assert refused.key == ("K" if after else None)
    assert await new.process(process_id) == parked
    assert await shown(new, process_id) == ("A K B")

    aborted = await new.abort(process_id)
    deleted = await new.commands.delete([process_id], actor=ACTOR, scope=EVERYTHING)

    assert aborted is ProcessStatus.ABORTED
    assert deleted == {process_id: Deleted(process_id=process_id)}


async def refusals(old: House, new: House, process_id: ProcessId) -> list[Refusal]:
    """What is answered to each command that the process's status lets through."""
    match (await new.process(process_id)).status:
        case ProcessStatus.SUSPENDED:
            with pytest.raises(Refusal) as resumed:
                await new.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=EVERYTHING)
            with pytest.raises(Refusal) as viewed:
                await new.commands.form(process_id, scope=EVERYTHING)
            assert await new.commands.find_forms([process_id], scope=EVERYTHING) == {}
            return [resumed.value, viewed.value]
        case ProcessStatus.AWAITING_CALLBACK:
            with pytest.raises(Refusal) as called:
                await new.commands.receive_callback(old.stage.callback_token("K"), {"parcel": "p"})
            return [called.value]
        case _:
            answers = await new.commands.retry_many([process_id], actor=ACTOR, scope=EVERYTHING)
            return [answer for answer in answers.values() if not isinstance(answer, Queued)]


async def test_nothing_can_be_left_out_of_a_workflow_that_is_gone(database: Database) -> None:
    old, new = release(database, K, B), release(database)
    process_id = await fail_at(old, "K")
    failed = await old.process(process_id)

    with pytest.raises(StepGone, match="workflow 'changing' is gone"):
        await new.commands.skip(process_id, "K", reason="no", actor=ACTOR, scope=EVERYTHING)

    assert await new.process(process_id) == failed


async def test_a_process_that_was_aborted_shows_what_it_was_to_do(database: Database) -> None:
    old, new = release(database, A, K, B), release(database, A, K, C)
    process_id = await fail_at(old, "K")
    await new.abort(process_id)

    assert await shown(new, process_id) == "A K B"
    assert (await new.step_statuses(process_id))["K"] is StepStatus.ABORTED


def test_a_changed_workflow_says_which_step_is_gone_and_which_there_are() -> None:
    change = WorkflowChanged("changing", key="A", keys=["B", "C"])

    assert (change.workflow, change.key, change.keys) == ("changing", "A", ("B", "C"))
    assert (WorkflowChanged("changing").key, str(WorkflowChanged("changing"))) == (
        None,
        "workflow 'changing' is gone",
    )
