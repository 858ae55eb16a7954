"""A process that parked under one release of its workflow goes on under another: by key."""

import pytest

from domain.scope import Scope
from domain.storage.database import Database
from engine.context import StepContext
from engine.errors import Conflict
from engine.registry import Registry
from engine.states import FailureKind, ProcessStatus, StepStatus
from engine.step_lists import begin, done
from engine.steps import Step, step
from engine.workflow_decorators import task
from engine.workflows import Workflow
from tests.engine.run.application import CATALOG, Note, confirm
from tests.engine.run.house import ACTOR, House
from tests.parity import parity


@step("Note down")
async def note_down(ctx: StepContext) -> None:
    pass


A, B, C, D = (note_down.with_key(key) for key in "ABCD")


def release(database: Database, *steps: Step) -> House:
    """The application with this list of steps in its workflow."""

    def build() -> Workflow:
        def changing():  # noqa: ANN202  # a workflow's definition
            listed = begin
            for each in steps:
                listed = listed >> each
            return listed >> done

        return task(input=Note)(changing)

    registry = Registry((build(),) if steps else (), {})
    registry.check(CATALOG)
    return House(database, registry=registry)


@parity("WE-40", mends="positional")
@parity("W-16")
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([A, confirm, B], [A, confirm, C, B], "A confirm C B", id="a step is inserted to come"),
        pytest.param([A, confirm, B], [C, A, confirm, B], "A confirm B", id="a step is inserted before"),
        pytest.param(
            [A, confirm, B], [confirm, A, B], "A confirm B", id="a step that is done now comes later"
        ),
        pytest.param([A, B, confirm, C], [confirm, A, D, B, C], "A B confirm D C", id="all is rearranged"),
        pytest.param(
            [A, confirm, B, C], [confirm, C], "A confirm C", id="steps before and after are removed"
        ),
        pytest.param([A, confirm, B], [A, confirm], "A confirm", id="nothing is left to do"),
        pytest.param([A, confirm], [confirm, A], "A confirm", id="only what is done is left"),
    ],
)
async def test_a_parked_process_goes_on_by_key(
    database: Database, before: list[Step], after: list[Step], expected: str
) -> None:
    old, new = release(database, *before), release(database, *after)
    async with old.working():
        process_id = await old.start("changing")
        await old.until(process_id, ProcessStatus.SUSPENDED)

    async with new.working():
        await new.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
        process = await new.until(process_id, ProcessStatus.COMPLETED, ProcessStatus.FAILED)

    assert (process.status, process.failure_reason) == (ProcessStatus.COMPLETED, None)
    steps = sorted((await new.steps(process_id)).values(), key=lambda each: str(each.started_at))
    assert " ".join(each.key for each in steps) == expected
    assert {(each.status, each.attempts) for each in steps} == {(StepStatus.SUCCESS, 1)}


@pytest.mark.parametrize("after", [[A, B], []], ids=["the step is gone", "the workflow is gone"])
async def test_a_process_whose_step_is_gone_can_be_read_and_aborted(
    database: Database, after: list[Step]
) -> None:
    old, new = release(database, A, confirm, B), release(database, *after)
    async with old.working():
        process_id = await old.start("changing")
        suspended = await old.until(process_id, ProcessStatus.SUSPENDED)

    async with new.working():
        with pytest.raises(Conflict):
            await new.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
        assert await new.process(process_id) == suspended

        await new.abort(process_id)

    assert (await new.process(process_id)).status is ProcessStatus.ABORTED


async def test_a_queued_process_whose_step_is_gone_fails_and_goes_on_when_it_is_back(
    database: Database,
) -> None:
    old, new = release(database, A, B), release(database, B)
    process_id = await old.start("changing")

    async with new.working():
        failed = await new.until(process_id, ProcessStatus.FAILED)
    async with old.working():
        await old.commands.retry(process_id, actor=ACTOR, scope=Scope.all())
        await old.until(process_id, ProcessStatus.COMPLETED)

    assert failed.failure_kind is FailureKind.WORKFLOW_CHANGED
    assert failed.failure_reason == "workflow 'changing' has no step 'A' any more"
