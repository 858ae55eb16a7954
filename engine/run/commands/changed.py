"""Finding the step at which a process stands in a workflow that may have changed since the process began."""

from domain.ids import ProcessId
from engine.authorizers import ProcessFacts
from engine.errors import StepGone, WorkflowChanged
from engine.registry import Registry
from engine.steps import Step
from engine.workflows import Workflow


def workflow_of(registry: Registry, process_id: ProcessId, *, workflow: str) -> Workflow:
    """The workflow of a process.

    Raises:
        StepGone: if the application does not have it any more.
    """
    found = registry.find_workflow(workflow)
    if found is None:
        raise StepGone(process_id, WorkflowChanged(workflow))
    return found


def step_of(registry: Registry, process_id: ProcessId, *, workflow: str, key: str) -> Step:
    """The step that a process's key stands for, under that key.

    Raises:
        StepGone: if it stands for none, or the workflow is gone.
    """
    try:
        return workflow_of(registry, process_id, workflow=workflow).step(key)
    except WorkflowChanged as change:
        raise StepGone(process_id, change) from change


def find_change(registry: Registry, facts: ProcessFacts) -> StepGone | None:
    """Why the process cannot go on from where it stands; None if it can."""
    try:
        if facts.current_step is not None:
            step_of(registry, facts.id, workflow=facts.workflow, key=facts.current_step)
    except StepGone as gone:
        return gone
    return None
