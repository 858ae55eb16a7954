"""Commands that every application has: start by pages, resume, retry, abort."""

from typing import Annotated

import strawberry

from domain.ids import SubscriptionId
from engine.errors import InvalidInput
from engine.run.commands import Commands
from graph.context import Info
from graph.ids import parse_process_id, parse_subscription_id
from graph.mutations.answers import (
    ABORT_REFUSALS,
    FORM_START_REFUSALS,
    PROCESS_REFUSALS,
    RESUME_REFUSALS,
    answer_abort,
    answer_command,
    answer_form_start,
    answer_resume,
    process_started,
    process_updated,
)
from graph.mutations.sent_ids import below, read_id, require_id
from graph.permissions import Permission, requires
from graph.types.refusals import (
    AbortProcessResult,
    NotFound,
    ResumeProcessResult,
    RetryProcessResult,
    StartWorkflowResult,
)
from graph.types.scalars import Json, json_value

ProcessArgument = Annotated[strawberry.ID, strawberry.argument(description="The process.")]
PagesArgument = Annotated[
    list[Json],
    strawberry.argument(
        description="The pages filled in so far, from the first on. If another is needed, it is the answer."
    ),
]


@strawberry.type
class ProcessMutations:
    """Commands that every application has."""

    @strawberry.mutation(
        description="Starts a workflow by the pages of its form, or asks for the next page.",
        directives=requires(Permission.START_WORKFLOW),
    )
    async def start_workflow(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        workflow: Annotated[str, strawberry.argument(description="The workflow's name.")],
        pages: PagesArgument,
        subscription: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The subscription it is about; to create one, none."),
        ] = None,
        version: Annotated[
            int | None,
            strawberry.argument(description="The subscription's version that the pages are about."),
        ] = None,
        idempotency_key: Annotated[
            str | None,
            strawberry.argument(
                description="Repeated requests of the viewer with the same key start one process."
            ),
        ] = None,
    ) -> StartWorkflowResult:
        """Starts a workflow by the pages of its form, or asks for the next page."""
        given = [json_value(page) for page in pages]
        try:
            subscription_id = _subject(subscription)
            started = await _commands(info).start(
                workflow,
                pages=given,
                subscription_id=subscription_id,
                expected_version=version,
                idempotency_key=idempotency_key,
                actor=info.context.viewer.name,
                scope=info.context.viewer.scope,
                claims=info.context.viewer.claims,
            )
        except FORM_START_REFUSALS as refusal:
            return answer_form_start(refusal, pages=given)
        return await process_started(info, started)

    @strawberry.mutation(
        description="Fills in the form of a suspended process, or asks for its next page.",
        directives=requires(Permission.RESUME_PROCESS),
    )
    async def resume_process(
        self, info: Info, process: ProcessArgument, pages: PagesArgument
    ) -> ResumeProcessResult:
        """Fills in the form of a suspended process."""
        given = [json_value(page) for page in pages]
        process_id = read_id(process, parse_process_id)
        if isinstance(process_id, NotFound):
            return process_id
        try:
            await _commands(info).resume(
                process_id,
                pages=given,
                actor=info.context.viewer.name,
                scope=info.context.viewer.scope,
                claims=info.context.viewer.claims,
            )
        except RESUME_REFUSALS as refusal:
            return answer_resume(refusal, pages=given)
        return await process_updated(info, process_id)

    @strawberry.mutation(
        description="Tries the failed step of a process again.",
        directives=requires(Permission.RETRY_PROCESS),
    )
    async def retry_process(self, info: Info, process: ProcessArgument) -> RetryProcessResult:
        """Tries the failed step of a process again."""
        process_id = read_id(process, parse_process_id)
        if isinstance(process_id, NotFound):
            return process_id
        try:
            await _commands(info).retry(
                process_id,
                actor=info.context.viewer.name,
                scope=info.context.viewer.scope,
                claims=info.context.viewer.claims,
            )
        except PROCESS_REFUSALS as refusal:
            return answer_command(refusal)
        return await process_updated(info, process_id)

    @strawberry.mutation(
        description="Ends a process; a step in flight is waited for.",
        directives=requires(Permission.ABORT_PROCESS),
    )
    async def abort_process(
        self,
        info: Info,
        process: ProcessArgument,
        reason: Annotated[str | None, strawberry.argument(description="Why, for the record.")] = None,
    ) -> AbortProcessResult:
        """Ends a process."""
        process_id = read_id(process, parse_process_id)
        if isinstance(process_id, NotFound):
            return process_id
        try:
            await _commands(info).abort(
                process_id,
                reason=reason,
                actor=info.context.viewer.name,
                scope=info.context.viewer.scope,
                claims=info.context.viewer.claims,
            )
        except ABORT_REFUSALS as refusal:
            return answer_abort(refusal)
        return await process_updated(info, process_id)


def _commands(info: Info) -> Commands:
    return info.context.dependencies.commands


def _subject(text: str | None) -> SubscriptionId | None:
    """The subscription that was named.

    Raises:
        InvalidInput: if it is no id of one.
    """
    if text is None:
        return None
    try:
        return require_id(text, parse_subscription_id)
    except InvalidInput as refusal:
        raise InvalidInput(below("subscription", refusal)) from None
