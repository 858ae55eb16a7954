"""Which authorizers are asked about a command: the whole policy, without asking any.

| to      | asked                                                                                        |
|---------|----------------------------------------------------------------------------------------------|
| start   | the workflow's authorizer                                                                    |
| resume  | the last resume authorizer of the steps up to the current one, else the workflow's           |
| retry   | the last retry authorizer of these steps, a resume authorizer counting as one where a step   |
|         | has no other; else the workflow's retry authorizer, else the workflow's                      |
| abort   | as retry                                                                                     |
| skip    | both that of resume and that of retry: a skip goes round what either guards                  |
| delete  | the workflow's retry authorizer, else the workflow's                                         |

Where none is declared, everybody may whom the caller's permissions and scope let.
"""

from collections.abc import Sequence
from typing import assert_never

from engine.authorizers import AuthorizedAction, Authorizer
from engine.steps import Step
from engine.workflows import Workflow


def authorizers_of(
    workflow: Workflow, step_key: str | None, action: AuthorizedAction
) -> tuple[Authorizer, ...]:
    """Those that must all say yes, each once; empty if nobody is asked.

    Args:
        workflow: The process's workflow, or the one to start.
        step_key: Where the process stands; if the step is gone, where the one in its place is. Without one in
            its place no step counts.
        action: What somebody wants to do.
    """
    passed = _up_to(workflow, step_key)
    match action:
        case AuthorizedAction.START:
            asked = [workflow.authorizer]
        case AuthorizedAction.RESUME:
            asked = [_of_resume(workflow, passed)]
        case AuthorizedAction.RETRY | AuthorizedAction.ABORT:
            asked = [_of_retry(workflow, passed)]
        case AuthorizedAction.SKIP:
            asked = [_of_resume(workflow, passed), _of_retry(workflow, passed)]
        case AuthorizedAction.DELETE:
            asked = [_of_retry(workflow, ())]
        case _:
            assert_never(action)
    return tuple({id(authorizer): authorizer for authorizer in asked if authorizer is not None}.values())


def _up_to(workflow: Workflow, step_key: str | None) -> Sequence[Step]:
    """The steps from the last passed one, which is the current, back to the first."""
    position = None if step_key is None else workflow.find_position(step_key)
    return () if position is None else workflow.steps[position::-1]


def _of_resume(workflow: Workflow, passed: Sequence[Step]) -> Authorizer | None:
    explicit = (step.resume_authorizer for step in passed)
    return next((authorizer for authorizer in explicit if authorizer is not None), workflow.authorizer)


def _of_retry(workflow: Workflow, passed: Sequence[Step]) -> Authorizer | None:
    explicit = (step.retry_authorizer or step.resume_authorizer for step in passed)
    usual = workflow.retry_authorizer or workflow.authorizer
    return next((authorizer for authorizer in explicit if authorizer is not None), usual)
