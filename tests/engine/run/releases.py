"""Releases of an application whose one workflow, `changing`, has other steps in each."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import Step
from engine.store.timeline import timeline
from engine.workflow_decorators import task
from tests.engine.run.application import CATALOG, Note, Stage
from tests.engine.run.house import House


def release(
    database: Database,
    *steps: Step,
    stage: Stage | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> House:
    """The application with this list of steps in its workflow; with none the workflow is gone."""
    stage = stage or Stage()

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    def changing() -> StepList:
        listed = begin
        for each in steps:
            listed = listed >> each
        return listed >> done

    workflows = (task(input=Note, replaces=replaces)(changing),) if steps else ()
    registry = Registry(workflows, {Stage: opened})
    registry.check(CATALOG)
    return House(database, registry=registry, stage=stage)


async def shown(house: House, process_id: ProcessId) -> str:
    """The keys of all steps as a reader sees them."""
    snapshot = await house.processes.snapshot(Scope.all(), process_id)
    assert snapshot is not None
    process, begun = snapshot
    steps = timeline(process, begun, workflow=house.registry.find_workflow("changing"))
    assert [step.position for step in steps] == list(range(len(steps)))
    return " ".join(step.key for step in steps)


async def carried_out(house: House, process_id: ProcessId) -> list[tuple[str, str, int]]:
    """Key, status and number of attempts of each step that began, in order."""
    steps = (await house.processes.steps_of([process_id]))[process_id]
    assert [step.position for step in steps] == list(range(len(steps)))
    return [(step.key, step.status.value, step.attempts) for step in steps]
