"""Run predicates: the application's own say in whether a workflow may start now.

A predicate is asked before anybody fills in a form, and again in the transaction that starts the process. One
that is `exclusive` is asked under a lock that the starts of its workflow take in turn, so that what it has
seen still holds when the process is written.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain.ids import SubscriptionId
from domain.json import JsonValue
from engine.authorizers import is_async
from engine.definition_errors import FunctionNotAsync
from engine.states import TERMINAL, ProcessStatus

CountProcesses: TypeAlias = Callable[[str, Collection[ProcessStatus]], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A predicate's no.

    Attributes:
        reason: Why, for people; it is shown to whoever wanted to start the workflow.
        code: Why, for programs.
    """

    reason: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateContext:
    """What a predicate may look at.

    Attributes:
        workflow: The name of the workflow that is to start.
        actor: Who wants to start it.
        claims: What else is known of the caller.
        subscription_id: The subject, if it has one.
        count_processes: Gives how many processes of a workflow, of all customers, have one of some statuses.
    """

    workflow: str
    actor: str
    claims: Mapping[str, JsonValue]
    subscription_id: SubscriptionId | None
    count_processes: CountProcesses

    async def count(self, *statuses: ProcessStatus) -> int:
        """How many processes of this workflow have one of these statuses."""
        return await self.count_processes(self.workflow, statuses)


Predicate: TypeAlias = Callable[[PredicateContext], Awaitable[Refused | None]]
"""Says None if the workflow may start. It must be quick: the second time a transaction waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPredicate:
    """A predicate as a workflow keeps it.

    Attributes:
        check: The predicate.
        exclusive: Whether the starts of the workflow are decided one after the other.
    """

    check: Predicate
    exclusive: bool = False


def exclusive(check: Predicate) -> RunPredicate:
    """The predicate, asked under a lock: between its answer and the start no other process is started."""
    return RunPredicate(check=check, exclusive=True)


def read_predicate(owner: str, predicate: Predicate | RunPredicate | None) -> RunPredicate | None:
    """What a workflow was declared with, as it keeps it.

    Raises:
        FunctionNotAsync: if the predicate is a plain function, whose answer nobody would wait for.
    """
    if predicate is None:
        return None
    declared = predicate if isinstance(predicate, RunPredicate) else RunPredicate(check=predicate)
    if not is_async(declared.check):
        raise FunctionNotAsync(owner, role="a run predicate")
    return declared


_BLOCKING = frozenset(ProcessStatus) - TERMINAL - {ProcessStatus.FAILED}


@exclusive
async def no_unfinished_process(context: PredicateContext) -> Refused | None:
    """Lets a workflow start only if none of its processes is under way; one that failed is not."""
    found = await context.count(*_BLOCKING)
    if found == 0:
        return None
    return Refused(
        reason=f"found {found} unfinished process{'es' if found > 1 else ''} of it, expected none",
        code="UNFINISHED_PROCESS",
    )
