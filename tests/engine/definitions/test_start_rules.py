from collections.abc import Callable

import pytest

from domain.model.lifecycle import ACTIVE, DISABLED, PROVISIONING
from engine.definition_errors import InvalidWorkflow
from engine.start_rules import StartRules
from engine.states import Target
from engine.step_lists import StepList, begin, done
from engine.workflow_decorators import (
    Decorator,
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
    workflow,
)
from tests.engine.definitions.catalog import Port
from tests.parity import parity


def nothing() -> StepList:
    """Does nothing."""
    return begin >> done


def rules(
    *,
    usable_in: object = frozenset({ACTIVE}),
    usable_out_of_sync: bool = False,
    blocked_by_users: bool = False,
) -> StartRules:
    assert isinstance(usable_in, frozenset)
    return StartRules(
        usable_in=usable_in,  # pyright: ignore[reportUnknownArgumentType]  # narrowed from object
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
    )


@parity("WE-25")
@parity("WE-26")
@parity("WE-27")
@parity("WE-28")
@parity("WE-32")
@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        (modify_workflow(Port), rules()),
        (
            terminate_workflow(Port),
            rules(usable_in=frozenset({ACTIVE, PROVISIONING}), blocked_by_users=True),
        ),
        (validate_workflow(Port), rules(usable_out_of_sync=True)),
        (reconcile_workflow(Port), rules(usable_out_of_sync=True)),
        (workflow(target=Target.VALIDATE, model=Port), rules()),
        (workflow(target=Target.RECONCILE, model=Port), rules(usable_out_of_sync=True)),
        (create_workflow(Port), None),
        (workflow(), None),
        (task(), None),
    ],
)
@parity("PM-33")
def test_a_workflow_has_the_rules_of_its_target(decorator: Decorator, expected: StartRules | None) -> None:
    assert decorator(nothing).rules == expected


@pytest.mark.parametrize(
    "declare",
    [modify_workflow, terminate_workflow, validate_workflow, reconcile_workflow],
)
@parity("PM-33")
def test_a_workflow_may_say_its_own_rules(declare: Callable[..., Decorator]) -> None:
    decorator = declare(Port, usable_in=[DISABLED, ACTIVE], usable_out_of_sync=True, blocked_by_users=True)
    strict = declare(Port, usable_out_of_sync=False, blocked_by_users=False)

    assert decorator(nothing).rules == rules(
        usable_in=frozenset({ACTIVE, DISABLED}), usable_out_of_sync=True, blocked_by_users=True
    )
    found = strict(nothing).rules
    assert found is not None
    assert (found.usable_out_of_sync, found.blocked_by_users) == (False, False)


@pytest.mark.parametrize(
    ("decorator", "reason"),
    [
        (
            modify_workflow(Port, usable_in=[]),
            "found usable_in=[], expected one or more subscription statuses",
        ),
        (
            modify_workflow(Port, usable_in="ACTIVE"),  # pyright: ignore[reportArgumentType]  # what is refused
            "found usable_in='ACTIVE', expected one or more subscription statuses",
        ),
        (
            workflow(usable_in=[ACTIVE]),
            "found a rule about the subject that it starts on, but SYSTEM has none",
        ),
        (
            workflow(target=Target.CREATE, model=Port, blocked_by_users=False),
            "found a rule about the subject that it starts on, but CREATE has none",
        ),
        (
            workflow(target=Target.SYSTEM, usable_out_of_sync=True),
            "found a rule about the subject that it starts on, but SYSTEM has none",
        ),
    ],
)
def test_rules_that_cannot_hold_are_refused(decorator: Decorator, reason: str) -> None:
    with pytest.raises(InvalidWorkflow) as refused:
        decorator(nothing)

    assert str(refused.value) == f"workflow 'nothing': {reason}"
