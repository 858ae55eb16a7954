"""The steps of a process as a reader sees them: those that began, then those that are to come."""

from collections.abc import Iterable, Sequence

from engine.errors import WorkflowChanged
from engine.states import TERMINAL, ProcessStatus, StepStatus
from engine.steps import Step
from engine.store.records import PlannedStep, ProcessRecord, StepRecord
from engine.workflows import Workflow

_DONE = frozenset({StepStatus.SUCCESS, StepStatus.SKIPPED})


def timeline(
    process: ProcessRecord, executed: Iterable[StepRecord], *, workflow: Workflow | None
) -> list[StepRecord]:
    """Every step in order; one that has not begun is PENDING.

    A step that began stays where it was carried out, whatever became of the workflow. What is to come is what
    the workflow has now; of a process that was aborted, or whose workflow is gone, what it had at the start.

    Args:
        process: The process, with its planned steps.
        executed: The steps that began.
        workflow: Its workflow as it is now; None if it is gone.
    """
    begun = sorted(executed, key=lambda step: step.position)
    known = {step.key for step in begun}
    coming = [step for step in _coming(process, begun, workflow) if step.key not in known]
    pending = [
        StepRecord(
            process_id=process.id,
            key=step.key,
            position=position,
            name=step.name,
            kind=step.kind,
            status=StepStatus.PENDING,
            assignee=step.assignee,
            attempts=0,
            started_at=None,
            finished_at=None,
        )
        for position, step in enumerate(coming, start=len(begun))
    ]
    return [*begun, *pending]


def _coming(
    process: ProcessRecord, begun: Sequence[StepRecord], workflow: Workflow | None
) -> Sequence[PlannedStep | Step]:
    """The step at which the process stands, and those behind it."""
    if process.status is ProcessStatus.COMPLETED:
        return ()
    if workflow is None or process.status in TERMINAL or process.current_step is None:
        return process.planned_steps
    done = [step.key for step in begun if step.status in _DONE]
    planned = [step.key for step in process.planned_steps]
    left = workflow.left_after(process.current_step, done=done, planned=planned)
    return [*_current(process, workflow, process.current_step), *left]


def _current(process: ProcessRecord, workflow: Workflow, key: str) -> Sequence[PlannedStep | Step]:
    try:
        return [workflow.step(key)]
    except WorkflowChanged:
        return [step for step in process.planned_steps if step.key == key]
