"""Ending processes by a person's decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from engine.authorizers import AuthorizedAction, ProcessFacts
from engine.errors import ProcessNotFound, Refusal, WrongStatus
from engine.run.commands.checks import check_reason
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import Permit, permit_all
from engine.states import TERMINAL, ProcessStatus
from engine.store import aborts, locking

ABORTABLE = frozenset(ProcessStatus) - TERMINAL - {ProcessStatus.ABORTING}
"""The statuses from which a process can be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The process is ABORTED, or ABORTING while a step is in flight."""

    process_id: ProcessId
    status: ProcessStatus


AbortResult: TypeAlias = Ended | Refusal


async def abort(
    context: CommandContext,
    process_id: ProcessId,
    *,
    reason: str | None,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> ProcessStatus:
    """End a process: at once if nothing is in flight, otherwise as soon as the step in flight has ended.

    Its subscriptions stay out of sync, as nobody knows what was done to them; only a process that never began
    a step lets them go.

    Returns:
        ABORTED, or ABORTING while a step is in flight.

    Raises:
        InvalidInput: if a reason is given that is blank, too long or cannot be stored.
        ProcessNotFound: if there is no such process in scope.
        NotAllowed: if an authorizer says no.
        WrongStatus: if it has ended, or its abort was asked for before.
        ProcessMovedOn: if others decide about it than when the authorizers were asked.
    """
    results = await abort_many(context, [process_id], reason=reason, actor=actor, scope=scope, claims=claims)
    result = results[process_id]
    if isinstance(result, Refusal):
        raise result
    return result.status


async def abort_many(
    context: CommandContext,
    process_ids: Collection[ProcessId],
    *,
    reason: str | None,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> dict[ProcessId, AbortResult]:
    """End those of the processes that can be, each as `abort` does, in one transaction; what became of each.

    At most four statements for any number of processes, and as many questions as they have authorizers.

    Locks: the processes, in the order of their ids; then the subscriptions that are let go.
    """
    try:
        check_reason(reason)
    except Refusal as refusal:
        return dict.fromkeys(process_ids, refusal)
    async with context.database.writer() as connection:
        found = await locking.facts(connection, process_ids, scope=scope)
    permits, refusals = await permit_all(
        context.registry, found.values(), AuthorizedAction.ABORT, actor=actor, claims=claims
    )
    answers: dict[ProcessId, AbortResult] = {
        process_id: ProcessNotFound(process_id) for process_id in process_ids
    }
    answers |= refusals
    if permits:
        answers |= await _carry_out(context, permits, reason=reason, actor=actor, scope=scope)
    return answers


async def _carry_out(
    context: CommandContext,
    permits: Mapping[ProcessId, Permit],
    *,
    reason: str | None,
    actor: str,
    scope: Scope,
) -> dict[ProcessId, AbortResult]:
    async with context.database.write() as connection:
        locked = await locking.lock_all(connection, permits.keys(), scope=scope)
        answers: dict[ProcessId, AbortResult] = {
            process_id: refusal
            for process_id, allowed in permits.items()
            if (refusal := _refusal(context, process_id, locked.get(process_id), allowed)) is not None
        }
        going = [process_id for process_id in permits if process_id not in answers]
        aborted = await aborts.abort(connection, going, reason=reason, actor=actor) if going else {}
        untouched = [process_id for process_id, end in aborted.items() if not end.began]
        if untouched:
            await aborts.release(connection, untouched)
    return answers | {
        process_id: Ended(process_id=process_id, status=end.status) for process_id, end in aborted.items()
    }


def _refusal(
    context: CommandContext, process_id: ProcessId, facts: ProcessFacts | None, allowed: Permit
) -> Refusal | None:
    """Why a locked process cannot be ended; None if it can."""
    if facts is None:
        return ProcessNotFound(process_id)
    if facts.status not in ABORTABLE:
        return WrongStatus(process_id, found=facts.status, expected=ABORTABLE)
    return allowed.find_refusal(context.registry, facts)
