"""The steps of a process as a reader sees them: those that began, then those that are planned."""

from collections.abc import Iterable

from engine.states import StepStatus
from engine.store.records import ProcessRecord, StepRecord


def timeline(process: ProcessRecord, executed: Iterable[StepRecord]) -> list[StepRecord]:
    """Every step in order; one that has not begun is PENDING.

    A step that began but is no longer planned (the workflow changed) stays where it was carried out.
    """
    begun = {step.key: step for step in executed}
    planned = {step.key for step in process.planned_steps}
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
        for position, step in enumerate(process.planned_steps)
        if step.key not in begun
    ]
    unplanned = [step for key, step in begun.items() if key not in planned]
    kept = [step for key, step in begun.items() if key in planned]
    return sorted([*kept, *unplanned, *pending], key=lambda step: (step.position, step.started_at is None))
