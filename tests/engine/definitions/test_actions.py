from dataclasses import replace

import pytest

from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.model.lifecycle import ACTIVE, DISABLED, INITIAL, PROVISIONING, TERMINATED, SubscriptionStatus
from domain.scope import Scope
from engine.actions import (
    Action,
    Blocker,
    BlockerCode,
    RelatedFacts,
    SubjectFacts,
    actions_of,
    blockers_of,
)
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
)
from engine.workflows import Workflow
from tests.engine.definitions.catalog import Link, Port, PortInactive, new_port
from tests.parity import parity

ACME, OTHER = CustomerId("acme"), CustomerId("other")
ALL = Scope.all()
HOLDER, OTHER_HOLDER = ProcessId(new_uuid7()), ProcessId(new_uuid7())


@step("Construct")
async def construct() -> PortInactive:
    return new_port()


@create_workflow(Port)
def create_port() -> StepList:
    return begin >> construct >> done


@modify_workflow(Port)
def modify_port() -> StepList:
    return begin >> done


@modify_workflow(Port, usable_out_of_sync=True, usable_in=[INITIAL, ACTIVE])
def modify_note() -> StepList:
    return begin >> done


@terminate_workflow(Port)
def terminate_port() -> StepList:
    return begin >> done


@terminate_workflow(Port, usable_out_of_sync=True)
def wipe_port() -> StepList:
    return begin >> done


@terminate_workflow(Port, blocked_by_users=False, usable_in=SubscriptionStatus)
def force_port_out() -> StepList:
    return begin >> done


@validate_workflow(Port)
def validate_port() -> StepList:
    return begin >> done


@reconcile_workflow(Port)
def reconcile_port() -> StepList:
    return begin >> done


@modify_workflow(Link)
def modify_link() -> StepList:
    return begin >> done


@task()
def clean_up() -> StepList:
    return begin >> done


WORKFLOWS = (
    create_port,
    modify_port,
    modify_note,
    terminate_port,
    wipe_port,
    force_port_out,
    validate_port,
    reconcile_port,
    modify_link,
    clean_up,
)


def related(
    *,
    status: SubscriptionStatus = ACTIVE,
    customer_id: CustomerId = ACME,
    held_by: ProcessId | None = None,
    in_sync: bool | None = None,
) -> RelatedFacts:
    return RelatedFacts(
        id=SubscriptionId(new_uuid7()),
        customer_id=customer_id,
        status=status,
        in_sync=held_by is None if in_sync is None else in_sync,
        held_by=held_by,
    )


FACTS = SubjectFacts(
    id=SubscriptionId(new_uuid7()),
    product="Port 10G",
    family=Port.family(),
    customer_id=ACME,
    status=ACTIVE,
    version=3,
    in_sync=True,
    held_by=None,
)
HELD = replace(FACTS, in_sync=False, held_by=HOLDER)
NOT_IN_SYNC = Blocker(
    code=BlockerCode.NOT_IN_SYNC,
    message="The subscription is out of sync, held by a process; expected it in sync",
    processes=(HOLDER,),
)


def codes(facts: SubjectFacts) -> dict[str, list[BlockerCode]]:
    return {
        action.workflow.name: [blocker.code for blocker in action.blockers]
        for action in actions_of(WORKFLOWS, facts, ALL)
    }


@parity("PM-33")
def test_the_actions_of_a_subscription_are_the_workflows_made_for_it_in_their_order() -> None:
    actions = actions_of(WORKFLOWS, FACTS, ALL)

    assert actions == tuple(
        Action(workflow=workflow, blockers=())
        for workflow in (
            modify_port,
            modify_note,
            terminate_port,
            wipe_port,
            force_port_out,
            validate_port,
            reconcile_port,
        )
    )
    assert all(action.enabled for action in actions)


def test_a_subscription_whose_product_left_the_catalogue_has_no_actions() -> None:
    assert actions_of(WORKFLOWS, replace(FACTS, family=None), ALL) == ()


NOT, RELATED = BlockerCode.NOT_IN_SYNC, BlockerCode.RELATED_NOT_IN_SYNC
STATUS, USED = BlockerCode.STATUS_NOT_ADMITTED, BlockerCode.IN_USE
EXPECTED: list[tuple[str, SubjectFacts, dict[str, list[BlockerCode]]]] = [
    (
        "held",
        HELD,
        {"modify_port": [NOT], "terminate_port": [NOT], "force_port_out": [NOT]},
    ),
    (
        "a user is held",
        replace(FACTS, users=(related(held_by=HOLDER),)),
        {
            "modify_port": [RELATED],
            "terminate_port": [RELATED, USED],
            "wipe_port": [USED],
            "force_port_out": [RELATED],
        },
    ),
    (
        "one that it uses is held",
        replace(FACTS, used=(related(held_by=HOLDER),)),
        {"modify_port": [RELATED], "terminate_port": [RELATED], "force_port_out": [RELATED]},
    ),
    (
        "a terminated user that is out of sync",
        replace(FACTS, users=(related(status=TERMINATED, in_sync=False),)),
        {"modify_port": [RELATED], "terminate_port": [RELATED], "force_port_out": [RELATED]},
    ),
    ("a terminated user", replace(FACTS, users=(related(status=TERMINATED),)), {}),
    (
        "a user in service",
        replace(FACTS, users=(related(),)),
        {"terminate_port": [USED], "wipe_port": [USED]},
    ),
    ("it uses another", replace(FACTS, used=(related(),)), {}),
    (
        "provisioning",
        replace(FACTS, status=PROVISIONING),
        {
            "modify_port": [STATUS],
            "modify_note": [STATUS],
            "validate_port": [STATUS],
            "reconcile_port": [STATUS],
        },
    ),
    (
        "initial",
        replace(FACTS, status=INITIAL),
        {
            "modify_port": [STATUS],
            "terminate_port": [STATUS],
            "wipe_port": [STATUS],
            "validate_port": [STATUS],
            "reconcile_port": [STATUS],
        },
    ),
    (
        "everything at once",
        replace(HELD, status=DISABLED, users=(related(),), used=(related(in_sync=False),)),
        {
            "modify_port": [NOT, RELATED, STATUS],
            "modify_note": [STATUS],
            "terminate_port": [NOT, RELATED, STATUS, USED],
            "wipe_port": [STATUS, USED],
            "force_port_out": [NOT, RELATED],
            "validate_port": [STATUS],
            "reconcile_port": [STATUS],
        },
    ),
]


@pytest.mark.parametrize(
    ("facts", "expected"), [row[1:] for row in EXPECTED], ids=[row[0] for row in EXPECTED]
)
@parity("PM-25")
@parity("PM-33")
def test_every_rule_blocks_the_workflows_it_is_for(
    facts: SubjectFacts, expected: dict[str, list[BlockerCode]]
) -> None:
    blocked = {name: found for name, found in codes(facts).items() if found}

    assert blocked == expected


@parity("PM-33", mends="unbound")
def test_out_of_sync_and_usable_out_of_sync_and_blocked_by_users_says_what_blocks() -> None:
    user = related()

    blockers = blockers_of(wipe_port, replace(HELD, users=(user,)), ALL)

    assert blockers == (
        Blocker(
            code=BlockerCode.IN_USE,
            message="Other subscriptions use this one; expected only TERMINATED ones",
            subscriptions=(user.id,),
        ),
    )
    assert blockers_of(wipe_port, HELD, ALL) == ()


def test_a_blocker_says_what_was_found_and_expected() -> None:
    put_out_by_hand = replace(FACTS, in_sync=False, status=INITIAL)

    assert blockers_of(modify_port, HELD, ALL) == (NOT_IN_SYNC,)
    assert blockers_of(terminate_port, put_out_by_hand, ALL) == (
        Blocker(
            code=BlockerCode.NOT_IN_SYNC,
            message="The subscription is out of sync, held by no process; expected it in sync",
        ),
        Blocker(
            code=BlockerCode.STATUS_NOT_ADMITTED,
            message="The subscription is INITIAL; expected PROVISIONING or ACTIVE",
            found_status=INITIAL,
            admitted_statuses=(PROVISIONING, ACTIVE),
        ),
    )


def test_what_a_blocker_lists_is_in_scope_although_the_rule_looks_at_all() -> None:
    mine, theirs = related(held_by=HOLDER), related(customer_id=OTHER, held_by=OTHER_HOLDER)
    facts = replace(FACTS, users=(mine, theirs))

    def listed(scope: Scope) -> list[tuple[BlockerCode, list[SubscriptionId], list[ProcessId]]]:
        return [
            (blocker.code, list(blocker.subscriptions), list(blocker.processes))
            for blocker in blockers_of(terminate_port, facts, scope)
        ]

    assert listed(ALL) == [
        (RELATED, [mine.id, theirs.id], [HOLDER, OTHER_HOLDER]),
        (USED, [mine.id, theirs.id], []),
    ]
    assert listed(Scope.of(ACME)) == [(RELATED, [mine.id], [HOLDER]), (USED, [mine.id], [])]
    assert listed(Scope.of(CustomerId("third"))) == [(RELATED, [], []), (USED, [], [])]
    for blocker in blockers_of(terminate_port, facts, ALL):
        assert not any(str(each.id) in blocker.message for each in (mine, theirs))


def test_one_that_uses_and_is_used_is_listed_once() -> None:
    both = related(held_by=HOLDER)

    (blocker,) = blockers_of(modify_port, replace(FACTS, users=(both,), used=(both,)), ALL)

    assert (blocker.subscriptions, blocker.processes) == ((both.id,), (HOLDER,))


@pytest.mark.parametrize("workflow", [modify_link, create_port])
def test_the_rules_are_for_workflows_of_the_same_family_that_have_a_subject(workflow: Workflow) -> None:
    with pytest.raises(AssertionError):
        blockers_of(workflow, FACTS, ALL)
