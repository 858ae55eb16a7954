"""Asking the application's authorizers, and holding their answers to what the transaction finds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import structlog

from domain.ids import ProcessId
from domain.json import JsonValue
from engine.actions import SubjectFacts
from engine.authorizers import Authorization, AuthorizedAction, Authorizer, ProcessFacts
from engine.errors import NotAllowed, ProcessMovedOn
from engine.policy import authorizers_of
from engine.registry import Registry
from engine.workflows import Workflow

NO_CLAIMS: Mapping[str, JsonValue] = MappingProxyType({})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What was allowed for a process as it was when its authorizers were asked.

    Attributes:
        asked: Those that said yes.
    """

    action: AuthorizedAction
    asked: tuple[Authorizer, ...]

    def check(self, registry: Registry, facts: ProcessFacts) -> None:
        """Check, in the transaction that acts, that nobody else would have to be asked by now.

        Raises:
            ProcessMovedOn: if the process has come to where others decide.
        """
        refusal = self.find_refusal(registry, facts)
        if refusal is not None:
            raise refusal

    def find_refusal(self, registry: Registry, facts: ProcessFacts) -> ProcessMovedOn | None:
        """What `check` would raise."""
        for authorizer in _deciding(registry, facts, self.action):
            if not any(authorizer is asked for asked in self.asked):
                return ProcessMovedOn(facts.id, since="its authorizers were asked")
        return None


async def permit(
    registry: Registry,
    facts: ProcessFacts,
    action: AuthorizedAction,
    *,
    actor: str,
    claims: Mapping[str, JsonValue],
) -> Permit:
    """Ask those who decide about a process; no transaction may be open.

    Raises:
        NotAllowed: if one says no.
    """
    asked = _deciding(registry, facts, action)
    authorization = Authorization(
        actor=actor,
        claims=claims,
        action=action,
        workflow=facts.workflow,
        step=facts.current_step,
        process=facts,
        customers=facts.customers,
    )
    for authorizer in asked:
        await ask(authorizer, authorization)
    return Permit(action=action, asked=asked)


async def permit_all(
    registry: Registry,
    processes: Iterable[ProcessFacts],
    action: AuthorizedAction,
    *,
    actor: str,
    claims: Mapping[str, JsonValue],
) -> tuple[dict[ProcessId, Permit], dict[ProcessId, NotAllowed]]:
    """What was allowed for each of several processes, and why not for the others."""
    permits: dict[ProcessId, Permit] = {}
    refusals: dict[ProcessId, NotAllowed] = {}
    for facts in processes:
        try:
            permits[facts.id] = await permit(registry, facts, action, actor=actor, claims=claims)
        except NotAllowed as refusal:
            refusals[facts.id] = refusal
    return permits, refusals


async def ask_to_start(
    workflow: Workflow, subject: SubjectFacts | None, *, actor: str, claims: Mapping[str, JsonValue]
) -> None:
    """Ask who decides about starts of the workflow, if anybody does; no transaction may be open.

    Raises:
        NotAllowed: if the answer is no.
    """
    if workflow.authorizer is not None:
        authorization = Authorization(
            actor=actor,
            claims=claims,
            action=AuthorizedAction.START,
            workflow=workflow.name,
            subscription_id=None if subject is None else subject.id,
            customers=() if subject is None else (subject.customer_id,),
        )
        await ask(workflow.authorizer, authorization)


async def ask(authorizer: Authorizer, authorization: Authorization) -> None:
    """Ask one authorizer.

    Raises:
        NotAllowed: unless it says True; also if it raises, which is logged.
    """
    try:
        allowed = await authorizer(authorization)
    except Exception:  # noqa: BLE001  # the edge to the application's code: closed when in doubt
        _log.exception(
            "authorizer.failed", workflow=authorization.workflow, action=authorization.action.value
        )
        allowed = False
    if allowed is not True:
        about = f"workflow {authorization.workflow!r}"
        if authorization.step is not None:
            about = f"step {authorization.step!r} of {about}"
        raise NotAllowed(
            f"{authorization.actor} may not {authorization.action.lower()} {about}", code="NOT_AUTHORIZED"
        )


def _deciding(registry: Registry, facts: ProcessFacts, action: AuthorizedAction) -> tuple[Authorizer, ...]:
    """Who decides about a process; nobody if its workflow is gone."""
    workflow = registry.find_workflow(facts.workflow)
    return () if workflow is None else authorizers_of(workflow, facts.current_step, action)
