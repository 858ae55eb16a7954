"""Noting something about a subscription, and putting it back in sync."""

from typing import Annotated, TypeAlias, assert_never

import strawberry

from domain.errors import (
    CustomerDescriptionNotFound,
    InvalidAnnotation,
    StaleAnnotation,
    SubscriptionNotFound,
)
from domain.ids import CustomerId, SubscriptionId
from domain.storage import annotations
from engine.errors import Conflict, NotAllowed, SubjectNotFound, WrongStatus
from graph.context import Info
from graph.ids import IdKind, encode_id, parse_subscription_id
from graph.mutations.answers import conflict, not_allowed, not_found, wrong_status
from graph.mutations.sent_ids import read_id
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.types.refusals import Conflict as ConflictAnswer
from graph.types.refusals import InputProblem, InvalidInput, NotFound, StaleVersion
from graph.types.refusals import NotAllowed as NotAllowedAnswer
from graph.types.refusals import WrongStatus as WrongStatusAnswer
from graph.types.scalars import Json, json_value
from graph.types.subscription import ProductSubscription, subscription_columns
from graph.types.subscription_answers import (
    AnnotationResult,
    CustomerDescriptionResult,
    RepairResult,
    SubscriptionUpdated,
)

ANNOTATION_REFUSALS = (
    CustomerDescriptionNotFound,
    InvalidAnnotation,
    StaleAnnotation,
    SubscriptionNotFound,
)
AnnotationRefusal: TypeAlias = (
    CustomerDescriptionNotFound | InvalidAnnotation | StaleAnnotation | SubscriptionNotFound
)

REPAIR_REFUSALS = (SubjectNotFound, WrongStatus, Conflict)
RepairRefusal: TypeAlias = SubjectNotFound | WrongStatus | Conflict

SubscriptionArgument = Annotated[strawberry.ID, strawberry.argument(description="The subscription.")]
CustomerArgument = Annotated[str, strawberry.argument(description="The customer, who need not hold it.")]


@strawberry.type
class AnnotationMutations:
    """Noting something about a subscription, and putting it back in sync."""

    @strawberry.mutation(
        description="Replaces the note of a subscription; disturbs no process.",
        directives=requires(Permission.ANNOTATE_SUBSCRIPTION),
    )
    async def set_subscription_note(
        self,
        info: Info,
        subscription: SubscriptionArgument,
        note: Annotated[
            str | None, strawberry.argument(description="The note; blank or null for none.")
        ] = None,
        version: Annotated[
            int | None,
            strawberry.argument(description="The `noteVersion` that was read; null replaces any."),
        ] = None,
    ) -> AnnotationResult:
        """Replaces the note of a subscription."""
        scope = info.context.viewer.scope
        subscription_id = read_id(subscription, parse_subscription_id)
        if isinstance(subscription_id, NotFound):
            return subscription_id
        try:
            async with info.context.dependencies.database.writer() as connection:
                await annotations.set_note(connection, scope, subscription_id, note, expected_version=version)
        except ANNOTATION_REFUSALS as refusal:
            return await _answer(info, subscription_id, refusal)
        return await _updated(info, subscription_id)

    @strawberry.mutation(
        description="Replaces the metadata of a subscription; disturbs no process.",
        directives=requires(Permission.ANNOTATE_SUBSCRIPTION),
    )
    async def set_subscription_metadata(
        self,
        info: Info,
        subscription: SubscriptionArgument,
        metadata: Annotated[
            Json, strawberry.argument(description="A JSON object, of the application's form if it has one.")
        ],
        version: Annotated[
            int, strawberry.argument(description="The version that was read; 0 if there was no metadata.")
        ],
    ) -> AnnotationResult:
        """Replaces the metadata of a subscription."""
        dependencies, viewer = info.context.dependencies, info.context.viewer
        subscription_id = read_id(subscription, parse_subscription_id)
        if isinstance(subscription_id, NotFound):
            return subscription_id
        try:
            async with dependencies.database.writer() as connection:
                await annotations.set_metadata(
                    connection,
                    viewer.scope,
                    subscription_id,
                    json_value(metadata),
                    expected_version=version,
                    actor=viewer.name,
                    model=dependencies.catalog.metadata,
                )
        except ANNOTATION_REFUSALS as refusal:
            return await _answer(info, subscription_id, refusal)
        return await _updated(info, subscription_id)

    @strawberry.mutation(
        description="Replaces what a customer calls a subscription; disturbs no process.",
        directives=requires(Permission.ANNOTATE_SUBSCRIPTION),
    )
    async def set_customer_description(  # GraphQL arguments have names
        self,
        info: Info,
        subscription: SubscriptionArgument,
        customer_id: CustomerArgument,
        description: Annotated[str, strawberry.argument(description="What the customer calls it.")],
        version: Annotated[
            int | None,
            strawberry.argument(
                description="The version that was read, 0 if there was none; null replaces any."
            ),
        ] = None,
    ) -> CustomerDescriptionResult:
        """Replaces what a customer calls a subscription."""
        viewer = info.context.viewer
        if not viewer.scope.allows(CustomerId(customer_id)):
            return _out_of_scope()
        subscription_id = read_id(subscription, parse_subscription_id)
        if isinstance(subscription_id, NotFound):
            return subscription_id
        try:
            async with info.context.dependencies.database.writer() as connection:
                await annotations.set_customer_description(
                    connection,
                    viewer.scope,
                    subscription_id,
                    CustomerId(customer_id),
                    description,
                    expected_version=version,
                    actor=viewer.name,
                )
        except ANNOTATION_REFUSALS as refusal:
            return await _answer(info, subscription_id, refusal)
        return await _updated(info, subscription_id)

    @strawberry.mutation(
        description="Takes away what a customer calls a subscription; disturbs no process.",
        directives=requires(Permission.ANNOTATE_SUBSCRIPTION),
    )
    async def delete_customer_description(
        self,
        info: Info,
        subscription: SubscriptionArgument,
        customer_id: CustomerArgument,
        version: Annotated[
            int | None,
            strawberry.argument(description="The version that was read; null takes any away."),
        ] = None,
    ) -> CustomerDescriptionResult:
        """Takes away what a customer calls a subscription."""
        scope = info.context.viewer.scope
        if not scope.allows(CustomerId(customer_id)):
            return _out_of_scope()
        subscription_id = read_id(subscription, parse_subscription_id)
        if isinstance(subscription_id, NotFound):
            return subscription_id
        try:
            async with info.context.dependencies.database.writer() as connection:
                await annotations.delete_customer_description(
                    connection, scope, subscription_id, CustomerId(customer_id), expected_version=version
                )
        except ANNOTATION_REFUSALS as refusal:
            return await _answer(info, subscription_id, refusal)
        return await _updated(info, subscription_id)

    @strawberry.mutation(
        description="Puts a subscription back in sync that no process gives back: whoever does it has made "
        "sure that it is. The process that holds it must have been completed or aborted.",
        directives=requires(Permission.REPAIR_SUBSCRIPTION),
    )
    async def set_subscription_in_sync(self, info: Info, subscription: SubscriptionArgument) -> RepairResult:
        """Puts a subscription back in sync that no process gives back."""
        viewer = info.context.viewer
        subscription_id = read_id(subscription, parse_subscription_id)
        if isinstance(subscription_id, NotFound):
            return subscription_id
        try:
            await info.context.dependencies.commands.repair(
                subscription_id, actor=viewer.name, scope=viewer.scope
            )
        except REPAIR_REFUSALS as refusal:
            return answer_repair(refusal)
        return await _updated(info, subscription_id)


async def _answer(
    info: Info, subscription_id: SubscriptionId, refusal: AnnotationRefusal
) -> AnnotationResult:
    match refusal:
        case SubscriptionNotFound():
            return not_found(encode_id(IdKind.SUBSCRIPTION, subscription_id))
        case InvalidAnnotation():
            first, *rest = refusal.field.split(".")
            message = f"Found {refusal.found}, expected {refusal.expected}"
            return _invalid([field_name(first), *rest], message, code="annotation")
        case CustomerDescriptionNotFound():
            shown = encode_id(IdKind.SUBSCRIPTION, subscription_id)
            message = f"The customer has no description of {shown}."
            return NotFound(message=message, missing_id=strawberry.ID(refusal.customer_id))
        case StaleAnnotation():
            return StaleVersion(
                message=f"The {refusal.noun} has version {refusal.found}, expected version"
                f" {refusal.expected}.",
                found_version=refusal.found,
                expected_version=refusal.expected,
                current_subscription=await _read(info, subscription_id, "currentSubscription"),
            )


def answer_repair(refusal: RepairRefusal) -> NotFound | WrongStatusAnswer | ConflictAnswer:
    """Gives the answer to whom a subscription was not put in sync."""
    match refusal:
        case SubjectNotFound():
            return not_found(encode_id(IdKind.SUBSCRIPTION, refusal.subscription_id))
        case WrongStatus():
            return wrong_status(refusal)
        case Conflict():
            return conflict(refusal)
        case _:
            assert_never(refusal)


def _out_of_scope() -> NotAllowedAnswer:
    return not_allowed(NotAllowed("the customer is out of scope"))


def _invalid(path: list[str], message: str, *, code: str) -> InvalidInput:
    problem = InputProblem(path=path, message=message, code=code)
    return InvalidInput(message="The input does not fit what is asked for.", errors=[problem])


async def _updated(info: Info, subscription_id: SubscriptionId) -> SubscriptionUpdated:
    return SubscriptionUpdated(subscription=await _read(info, subscription_id, "subscription"))


async def _read(info: Info, subscription_id: SubscriptionId, field: str) -> ProductSubscription:
    """Gives a subscription as it is after a mutation, with what is selected below a field of the answer."""
    info.context.forget()
    loader = info.context.loaders.subscriptions(subscription_columns(info, field))
    record = await loader.load(subscription_id)
    assert record is not None, "the mutation has just found it in the same scope, and none is ever deleted"
    return info.context.families.subscription(record)
