"""What may be started on a subscription, and what stands in the way: rules without any reading."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import TERMINATED, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from engine.blockers import Blocker, BlockerCode
from engine.errors import Refusal
from engine.start_rules import StartRules
from engine.workflows import Workflow

__all__ = ["Action", "Blocker", "BlockerCode", "RelatedFacts", "SubjectFacts", "actions_of", "blockers_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedFacts:
    """A subscription that uses blocks of another one, or whose blocks that one uses."""

    id: SubscriptionId
    customer_id: CustomerId
    status: SubscriptionStatus
    in_sync: bool
    held_by: ProcessId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """What the rules look at, as of one moment.

    Attributes:
        family: The family of its models; None if its product has left the catalogue.
        version: The stored version of its tree.
        held_by: The process that holds it; None if it is in sync, or was put out of sync by hand.
        users: The subscriptions that refer to blocks of this one, in the order of their ids.
        used: The subscriptions whose blocks this one refers to, in the order of their ids.
    """

    id: SubscriptionId
    product: str
    family: ModelFamily[SubscriptionModel] | None
    customer_id: CustomerId
    status: SubscriptionStatus
    version: int
    in_sync: bool
    held_by: ProcessId | None
    users: tuple[RelatedFacts, ...] = ()
    used: tuple[RelatedFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A workflow that is made for a subscription; enabled if nothing stands in the way.

    Attributes:
        blockers: What of the subscription stands in the way.
        refusal: What starting it would be refused with, whatever its input; None, too, if nobody was asked.
    """

    workflow: Workflow
    blockers: tuple[Blocker, ...]
    refusal: Refusal | None = None

    @property
    def enabled(self) -> bool:
        """Whether it can be started now."""
        return self.refusal is None and not self.blockers


def actions_of(workflows: Iterable[Workflow], facts: SubjectFacts, scope: Scope) -> tuple[Action, ...]:
    """The workflows that are about subscriptions of this kind, in their order, with what blocks each.

    Args:
        workflows: Any workflows; those for other subjects, or for none, are left out.
        facts: The subscription.
        scope: Whose subscriptions the blockers may list; the rules themselves look at all.
    """
    return tuple(
        Action(workflow=workflow, blockers=blockers_of(workflow, facts, scope))
        for workflow in workflows
        if workflow.rules is not None and workflow.model is facts.family
    )


def blockers_of(workflow: Workflow, facts: SubjectFacts, scope: Scope) -> tuple[Blocker, ...]:
    """Everything that keeps a workflow from being started on a subscription of its family; empty if nothing.

    The order is that of `BlockerCode`.
    """
    rules = workflow.rules
    assert rules is not None, f"{workflow.name} starts without a subject"
    assert workflow.model is facts.family, f"{workflow.name} is not about {facts.product}"
    blockers: list[Blocker] = []
    if not rules.usable_out_of_sync:
        blockers += _out_of_sync(facts, scope)
    if facts.status not in rules.usable_in:
        blockers.append(_status_not_admitted(rules, facts))
    if rules.blocked_by_users:
        blockers += _in_use(facts, scope)
    return tuple(blockers)


def _out_of_sync(facts: SubjectFacts, scope: Scope) -> list[Blocker]:
    blockers: list[Blocker] = []
    if not facts.in_sync:
        holder = "a process" if facts.held_by is not None else "no process"
        blockers.append(
            Blocker(
                code=BlockerCode.NOT_IN_SYNC,
                message=f"The subscription is out of sync, held by {holder}; expected it in sync",
                processes=() if facts.held_by is None else (facts.held_by,),
            )
        )
    related = {each.id: each for each in (*facts.users, *facts.used) if not each.in_sync}
    if related:
        visible = [related[each] for each in sorted(related) if scope.allows(related[each].customer_id)]
        blockers.append(
            Blocker(
                code=BlockerCode.RELATED_NOT_IN_SYNC,
                message="A subscription that uses this one, or that it uses, is out of sync;"
                " expected all of them in sync",
                subscriptions=tuple(each.id for each in visible),
                processes=_holders(visible),
            )
        )
    return blockers


def _status_not_admitted(rules: StartRules, facts: SubjectFacts) -> Blocker:
    admitted = tuple(status for status in SubscriptionStatus if status in rules.usable_in)
    return Blocker(
        code=BlockerCode.STATUS_NOT_ADMITTED,
        message=f"The subscription is {facts.status}; expected {' or '.join(admitted)}",
        found_status=facts.status,
        admitted_statuses=admitted,
    )


def _in_use(facts: SubjectFacts, scope: Scope) -> list[Blocker]:
    users = [user for user in facts.users if user.status is not TERMINATED]
    if not users:
        return []
    return [
        Blocker(
            code=BlockerCode.IN_USE,
            message="Other subscriptions use this one; expected only TERMINATED ones",
            subscriptions=tuple(user.id for user in users if scope.allows(user.customer_id)),
        )
    ]


def _holders(subscriptions: Collection[RelatedFacts]) -> tuple[ProcessId, ...]:
    holders = (each.held_by for each in subscriptions)
    return tuple(dict.fromkeys(holder for holder in holders if holder is not None))
