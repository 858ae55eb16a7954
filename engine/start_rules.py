"""What must be so of a subscription for a workflow to start on it: the workflow's side of the rules."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.model.lifecycle import ACTIVE, PROVISIONING, SubscriptionStatus
from engine.definition_errors import InvalidWorkflow
from engine.states import Target

_USABLE_IN: Mapping[Target, frozenset[SubscriptionStatus]] = MappingProxyType(
    {
        Target.MODIFY: frozenset({ACTIVE}),
        Target.TERMINATE: frozenset({ACTIVE, PROVISIONING}),
        Target.VALIDATE: frozenset({ACTIVE}),
        Target.RECONCILE: frozenset({ACTIVE}),
    }
)
"""The statuses a subject may have unless a workflow says otherwise; a target that is missing takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRules:
    """What must be so of the subject when a workflow starts.

    Attributes:
        usable_in: The statuses it may have.
        usable_out_of_sync: Whether it, and those it is related to, may be out of sync.
        blocked_by_users: Whether no subscription may use it, unless that is TERMINATED.
    """

    usable_in: frozenset[SubscriptionStatus]
    usable_out_of_sync: bool
    blocked_by_users: bool


def read_rules(
    workflow: str,
    target: Target,
    *,
    is_task: bool,
    usable_in: Collection[SubscriptionStatus] | None,
    usable_out_of_sync: bool | None,
    blocked_by_users: bool | None,
) -> StartRules | None:
    """The rules as they were declared, the rest by the target; None if the workflow starts without a subject.

    Raises:
        InvalidWorkflow: if no status is admitted, or a rule is declared where there is no subject.
    """
    usual = _USABLE_IN.get(target)
    declared = (usable_in, usable_out_of_sync, blocked_by_users)
    if usual is None:
        if any(rule is not None for rule in declared):
            raise InvalidWorkflow(
                workflow, reason=f"found a rule about the subject that it starts on, but {target} has none"
            )
        return None
    may_be_out_of_sync = is_task or target is Target.RECONCILE
    return StartRules(
        usable_in=usual if usable_in is None else _statuses(workflow, usable_in),
        usable_out_of_sync=may_be_out_of_sync if usable_out_of_sync is None else usable_out_of_sync,
        blocked_by_users=target is Target.TERMINATE if blocked_by_users is None else blocked_by_users,
    )


def _statuses(workflow: str, usable_in: Collection[object]) -> frozenset[SubscriptionStatus]:
    statuses = frozenset(status for status in usable_in if isinstance(status, SubscriptionStatus))
    if not statuses or len(statuses) != len(frozenset(usable_in)):
        raise InvalidWorkflow(
            workflow, reason=f"found usable_in={usable_in!r}, expected one or more subscription statuses"
        )
    return statuses
