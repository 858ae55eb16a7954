"""Whether a workflow could be started by the viewer, and why not."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.ids import SubscriptionId
from engine.blockers import Blocker as BlockerData
from engine.errors import (
    ActionBlocked,
    InvalidInput,
    NotAllowed,
    PredicateFailed,
    Refusal,
    SubjectNotFound,
)
from engine.run.commands import StartProspect
from engine.workflows import Workflow as WorkflowDefinition
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.enums import define_enum

if TYPE_CHECKING:
    from graph.types.action import Blocker


class StartRefusalCode(Enum):
    """Why a start would be refused."""

    NOT_PERMITTED = "NOT_PERMITTED"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    NO_SUBSCRIPTION = "NO_SUBSCRIPTION"
    OTHER_SUBSCRIPTION = "OTHER_SUBSCRIPTION"
    BLOCKED = "BLOCKED"
    PREDICATE_FAILED = "PREDICATE_FAILED"


define_enum(
    StartRefusalCode,
    description="Why starting a workflow would be refused.",
    values={
        "NOT_PERMITTED": "The viewer lacks the permission.",
        "NOT_AUTHORIZED": "The workflow's authorizer says no to this viewer.",
        "OUT_OF_SCOPE": "It concerns no customer, and the viewer sees the data of some customers only.",
        "NO_SUBSCRIPTION": "It is about a subscription, and none is named, or none that is there for the "
        "viewer.",
        "OTHER_SUBSCRIPTION": "It is not about subscriptions, or not about such ones.",
        "BLOCKED": "Something stands in the way: `blockedBy` has it.",
        "PREDICATE_FAILED": "The workflow's run predicate says no: `predicateCode` has its reason.",
    },
)


@strawberry.type(
    description="Whether starting a workflow would be taken from the viewer, as things stand.",
    directives=requires(Permission.CONNECT),
)
class StartCheck:
    """Whether starting a workflow would be taken from the viewer."""

    blockers: strawberry.Private[tuple[BlockerData, ...]] = ()
    allowed: bool = strawberry.field(description="Whether nothing stands in its way but its input.")
    code: StartRefusalCode | None = strawberry.field(description="What does, for programs.", default=None)
    reason: str | None = strawberry.field(description="What does, for people.", default=None)
    predicate_code: str | None = strawberry.field(
        description="What does, for programs, as the workflow's run predicate says.", default=None
    )

    @strawberry.field(description="Everything about the subscription that stands in the way.")
    def blocked_by(self, info: Info) -> list[Annotated["Blocker", strawberry.lazy("graph.types.action")]]:
        """Everything about the subscription that stands in the way."""
        return info.context.families.blockers(self.blockers)


async def check_start(
    info: Info, workflow: WorkflowDefinition, subscription_id: SubscriptionId | None
) -> StartCheck:
    """Gives whether the viewer could start a workflow."""
    if not _permitted(info):
        return start_check(info, None)
    prospect = StartProspect(workflow=workflow.name, subscription_id=subscription_id)
    read = await info.context.loaders.start_refusals.load(prospect)
    return start_check(info, None if read is None else read.refusal)


def start_check(info: Info, refusal: Refusal | None) -> StartCheck:
    """Gives what a start would be refused with as a result; None for nothing but a lack of permission."""
    if not _permitted(info):
        return StartCheck(
            allowed=False,
            code=StartRefusalCode.NOT_PERMITTED,
            reason=f"It needs the permission {Permission.START_WORKFLOW.name}.",
        )
    return StartCheck(allowed=True) if refusal is None else _refused(refusal)


def _permitted(info: Info) -> bool:
    return Permission.START_WORKFLOW in info.context.viewer.permissions


def _refused(refusal: Refusal) -> StartCheck:
    match refusal:
        case NotAllowed():
            code, reason = StartRefusalCode[refusal.code], refusal.reason
        case SubjectNotFound():
            code, reason = StartRefusalCode.NO_SUBSCRIPTION, "There is no such subscription"
        case InvalidInput():
            missing = any(error.code == "missing" for error in refusal.errors)
            code = StartRefusalCode.NO_SUBSCRIPTION if missing else StartRefusalCode.OTHER_SUBSCRIPTION
            reason = " ".join(error.message for error in refusal.errors)
        case PredicateFailed():
            return StartCheck(
                allowed=False,
                code=StartRefusalCode.PREDICATE_FAILED,
                reason=_sentence(refusal.reason),
                predicate_code=refusal.code,
            )
        case ActionBlocked():
            return StartCheck(
                allowed=False,
                code=StartRefusalCode.BLOCKED,
                reason=" ".join(f"{each.message}." for each in refusal.blockers),
                blockers=tuple(refusal.blockers),
            )
        case _:
            raise TypeError(f"no start is refused so before its input is looked at: {refusal}")
    return StartCheck(allowed=False, code=code, reason=_sentence(reason))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?")) else ".")
