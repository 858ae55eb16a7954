"""What the story knows of a process, as far as a person watching it cares."""

from dataclasses import dataclass, replace
from typing import Self, assert_never

from engine.states import ProcessStatus
from orchestrion.demo.answers import Event, Process, SnapshotTaken, StatusChanged, Step, StepChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """A process with all its steps.

    Attributes:
        cursor: Where its events were read to; None before the first.
    """

    id: str
    workflow: str
    status: ProcessStatus
    failure: str | None
    steps: tuple[Step, ...]
    cursor: str | None = None

    @classmethod
    def of(cls, process: Process, *, cursor: str | None = None) -> Self:
        """The view of a process as the server told it."""
        return cls(
            id=process.id,
            workflow=process.workflow_name,
            status=process.status,
            failure=process.failure_reason,
            steps=process.steps,
            cursor=cursor,
        )

    def after(self, event: Event) -> "ProcessView":
        """The view once this has happened too."""
        match event:
            case SnapshotTaken():
                return ProcessView.of(event.process, cursor=event.cursor)
            case StepChanged():
                steps = tuple(event.step if step.key == event.step.key else step for step in self.steps)
                return replace(self, steps=steps, cursor=event.cursor)
            case StatusChanged():
                return replace(self, status=event.status, failure=event.failure_reason, cursor=event.cursor)
            case _:
                assert_never(event)
