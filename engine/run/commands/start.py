"""Starting a process."""

from dataclasses import dataclass, replace

from domain.ids import ProcessId
from domain.scope import Scope
from engine.actions import SubjectFacts
from engine.errors import (
    ActionBlocked,
    Conflict,
    EngineChanged,
    EnginePaused,
    FieldError,
    IdempotencyKeyUsed,
    InvalidInput,
    PredicateFailed,
    SubjectNotFound,
)
from engine.named_subscriptions import named_in
from engine.run.commands import predicates, subjects
from engine.run.commands.checks import check_key
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import ask_to_start
from engine.run.commands.preparation import StartRequest, load_models, prepare, stored_key, with_page
from engine.run.runs import Run, RunRequest
from engine.states import EngineStatus
from engine.store import pauses, starts
from engine.store.starts import EarlierStart, NewProcess
from engine.workflows import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedProcess:
    """The process, and whether this very call created it."""

    process_id: ProcessId
    created: bool


async def start(context: CommandContext, request: StartRequest) -> StartedProcess:
    """Start a process: its row, the lock on its subject, its first event and its job are one transaction.

    Forms are carried out before it, with no transaction open.

    Raises:
        WorkflowNotFound: if the registry has no such workflow.
        InvalidInput: if the pages or values do not fit, are too much for a state, or name a subscription that
            cannot be used; or if a version is given without a subscription.
        FormPageNeeded: if the form asks for another page.
        SubjectNotFound: if the subscription is not there, out of scope, or not of the workflow's kind.
        ActionBlocked: if the workflow cannot be started on the subscription as it, and what is related to it,
            is now.
        Conflict: if the subject has another version, or the idempotency key was used for something else.
        EnginePaused: if the engine takes no work.
        NotAllowed: if the process would be for a customer out of scope, or the workflow's authorizer says no.
        PredicateFailed: if the workflow's run predicate says no.
    """
    check_key(request.idempotency_key)
    _check_version(request)
    workflow = context.registry.workflow(request.workflow)
    subject = await subjects.find(context, workflow, request.subscription_id, scope=request.scope)
    await ask_to_start(workflow, subject, actor=request.actor, claims=request.claims)
    await _refuse_early(context, workflow, request, subject)
    found = [] if subject is None else [subject]
    models = await load_models(context, workflow, found, scope=request.scope)
    process = await prepare(context, workflow, request, subject=subject, models=models)
    earlier = await _find_earlier(context, process, scope=request.scope)
    if earlier is not None:
        return earlier
    try:
        await _carry_out(context, workflow, request, process=process)
    except InvalidInput as refusal:
        shown = await with_page(context, workflow, request, refusal, subject=subject, models=models)
        return await _earlier_or_raise(context, process, shown, scope=request.scope)
    except (SubjectNotFound, ActionBlocked, Conflict) as refusal:
        return await _earlier_or_raise(context, process, refusal, scope=request.scope)
    except _NotInserted:
        refusal = await why_not_inserted(context)
        return await _earlier_or_raise(context, process, refusal, scope=request.scope)
    return StartedProcess(process_id=process.id, created=True)


async def _carry_out(
    context: CommandContext, workflow: Workflow, request: StartRequest, *, process: NewProcess
) -> None:
    async with context.database.write() as connection:
        await predicates.check_locked(connection, context, workflow, _question(workflow, request))
        subject = await subjects.admit(
            connection,
            context,
            workflow,
            subject=request.subscription_id,
            expected_version=request.expected_version,
            named=named_in(workflow.inputs, process.values, pages=request.pages),
            scope=request.scope,
        )
        # One that starts out of sync does not hold its subject: whoever does goes on undisturbed.
        holds = subject is not None and subject.in_sync
        if not await starts.insert(connection, [replace(process, holds=holds)]):
            raise _NotInserted
        run = Run(process_id=process.id, run_no=1)
        await context.dispatcher.enqueue(connection, [RunRequest(run=run)])


class _NotInserted(Exception):  # rolls the transaction back, and is not an error
    """The process could not be written: the engine is paused, or its key is taken."""


def _check_version(request: StartRequest) -> None:
    if request.expected_version is None or request.subscription_id is not None:
        return
    message = f"Found version {request.expected_version} of a subscription, but no subscription"
    raise InvalidInput([FieldError(path=("version",), message=message, code="unexpected_version")])


def _question(workflow: Workflow, request: StartRequest) -> predicates.Question:
    return predicates.Question(
        workflow=workflow.name,
        actor=request.actor,
        claims=request.claims,
        subscription_id=request.subscription_id,
    )


async def _refuse_early(
    context: CommandContext, workflow: Workflow, request: StartRequest, subject: SubjectFacts | None
) -> None:
    """Let nobody fill in a form for nothing. What decides is asked in the transaction."""
    try:
        await predicates.check_early(context, workflow, _question(workflow, request))
        if subject is not None:
            subjects.refuse_blocked(workflow, subject, request.scope)
    except (ActionBlocked, PredicateFailed):
        if not await _is_repetition(context, request):
            raise


async def _is_repetition(context: CommandContext, request: StartRequest) -> bool:
    """Whether something was started under the key before, which is then what the request is answered with."""
    key = stored_key(request)
    if key is None:
        return False
    async with context.database.writer() as connection:
        return bool(await starts.find_earlier(connection, [key], scope=request.scope))


def repeated(earlier: EarlierStart, *, digest: bytes) -> StartedProcess:
    """What a repetition is answered with.

    Raises:
        Conflict: if the process was started with something else.
    """
    if earlier.start_digest != digest:
        shown = earlier.process_id if earlier.in_scope else None
        raise IdempotencyKeyUsed(process_id=shown)
    return StartedProcess(process_id=earlier.process_id, created=False)


async def _find_earlier(
    context: CommandContext, process: NewProcess, *, scope: Scope
) -> StartedProcess | None:
    """The process that was started under the same key.

    Raises:
        Conflict: if it was started for something else.
    """
    if process.key is None:
        return None
    async with context.database.writer() as connection:
        found = await starts.find_earlier(connection, [process.key], scope=scope)
    earlier = found.get(process.key)
    return None if earlier is None else repeated(earlier, digest=process.start_digest)


async def _earlier_or_raise(
    context: CommandContext, process: NewProcess, refusal: Exception, *, scope: Scope
) -> StartedProcess:
    """A repetition that lost the race to the first call is answered like any other repetition."""
    earlier = await _find_earlier(context, process, scope=scope)
    if earlier is None:
        raise refusal
    return earlier


async def why_not_inserted(context: CommandContext) -> EngineChanged | EnginePaused:
    """Why a process could not be written whose key was not taken."""
    async with context.database.writer() as connection:
        status = await pauses.engine_status(connection)
    if status is EngineStatus.RUNNING:
        return EngineChanged()
    return EnginePaused()
