"""Trying failed processes again: one, several, or all tasks that failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from engine.authorizers import AuthorizedAction, ProcessFacts
from engine.errors import ProcessNotFound, Refusal, WrongStatus
from engine.run.commands.changed import find_change
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import Permit, permit_all
from engine.run.runs import Run, RunRequest
from engine.states import ProcessStatus
from engine.store import locking, retries

RETRIABLE = frozenset({ProcessStatus.FAILED, ProcessStatus.WAITING})
"""The statuses from which a process can be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The process will be tried again."""

    process_id: ProcessId


RetryResult: TypeAlias = Queued | Refusal


async def retry(
    context: CommandContext,
    process_id: ProcessId,
    *,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> None:
    """Queue a process that failed, or that waits for its next attempt, with a fresh budget of attempts.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        NotAllowed: if an authorizer says no.
        WrongStatus: if it neither failed nor waits.
        ProcessMovedOn: if others decide about it than when the authorizers were asked.
        StepGone: if its workflow has lost the step at which it stands, and has nothing that replaces it.
    """
    results = await retry_many(context, [process_id], actor=actor, scope=scope, claims=claims)
    result = results[process_id]
    if isinstance(result, Refusal):
        raise result


async def retry_many(
    context: CommandContext,
    process_ids: Collection[ProcessId] | None,
    *,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> dict[ProcessId, RetryResult]:
    """Queue those of the processes that failed or wait, in one transaction; what became of each.

    Four statements for any number of processes, and as many questions as they have authorizers.

    Locks: the processes, in the order of their ids.

    Args:
        context: What every command needs.
        process_ids: Which; None is all tasks in scope that failed.
        actor: Who wants it.
        scope: What the caller may see; the rest is not found.
        claims: What else is known of the caller.
    """
    async with context.database.writer() as connection:
        if process_ids is None:
            found = await locking.failed_tasks(connection, scope=scope)
        else:
            found = await locking.facts(connection, process_ids, scope=scope)
    permits, refusals = await permit_all(
        context.registry, found.values(), AuthorizedAction.RETRY, actor=actor, claims=claims
    )
    wanted = found.keys() if process_ids is None else process_ids
    answers: dict[ProcessId, RetryResult] = {process_id: ProcessNotFound(process_id) for process_id in wanted}
    answers |= refusals
    if permits:
        answers |= await _carry_out(context, permits, actor=actor, scope=scope)
    return answers


async def _carry_out(
    context: CommandContext, permits: Mapping[ProcessId, Permit], *, actor: str, scope: Scope
) -> dict[ProcessId, RetryResult]:
    async with context.database.write() as connection:
        locked = await locking.lock_all(connection, permits.keys(), scope=scope)
        refusals: dict[ProcessId, RetryResult] = {
            process_id: refusal
            for process_id, allowed in permits.items()
            if (refusal := _refusal(context, process_id, locked.get(process_id), allowed)) is not None
        }
        going = [process_id for process_id in permits if process_id not in refusals]
        runs = await retries.retry(connection, going, actor=actor) if going else {}
        requests = [
            RunRequest(run=Run(process_id=process_id, run_no=run_no)) for process_id, run_no in runs.items()
        ]
        if requests:
            await context.dispatcher.enqueue(connection, requests)
    return refusals | {process_id: Queued(process_id=process_id) for process_id in runs}


def _refusal(
    context: CommandContext, process_id: ProcessId, facts: ProcessFacts | None, allowed: Permit
) -> Refusal | None:
    """Why a locked process cannot be retried; None if it can."""
    if facts is None:
        return ProcessNotFound(process_id)
    if facts.status not in RETRIABLE:
        return WrongStatus(process_id, found=facts.status, expected=RETRIABLE)
    return allowed.find_refusal(context.registry, facts) or find_change(context.registry, facts)
