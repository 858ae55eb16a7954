"""Deleting tasks that have ended."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from engine.authorizers import AuthorizedAction, ProcessFacts
from engine.errors import HoldsSubscriptions, NotATask, ProcessNotFound, Refusal, WrongStatus
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import Permit, permit_all
from engine.states import TERMINAL
from engine.store import deletions, locking

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The process is gone."""

    process_id: ProcessId


DeleteResult: TypeAlias = Deleted | Refusal


async def delete(
    context: CommandContext,
    process_ids: Collection[ProcessId],
    *,
    actor: str,
    scope: Scope,
    claims: Mapping[str, JsonValue],
) -> dict[ProcessId, DeleteResult]:
    """Delete those of the processes that can be, with all that was recorded of them; what became of each.

    Only tasks that have ended; one that failed has to be aborted first. What they changed stays, and the
    change records go on naming them. Four statements in one transaction and before it, for any number.

    Locks: the processes, in the order of their ids.
    """
    async with context.database.writer() as connection:
        found = await locking.facts(connection, process_ids, scope=scope)
    permits, results = await permit_all(
        context.registry, found.values(), AuthorizedAction.DELETE, actor=actor, claims=claims
    )
    answers: dict[ProcessId, DeleteResult] = {
        process_id: ProcessNotFound(process_id) for process_id in process_ids
    }
    answers |= results
    if permits:
        answers |= await _carry_out(context, permits, scope=scope)
    for process_id, answer in answers.items():
        if isinstance(answer, Deleted):
            _log.info("process.deleted", process_id=str(process_id), actor=actor)
    return answers


async def _carry_out(
    context: CommandContext, permits: Mapping[ProcessId, Permit], *, scope: Scope
) -> dict[ProcessId, DeleteResult]:
    async with context.database.write() as connection:
        locked = await locking.lock_all(connection, permits.keys(), scope=scope, to_delete=True)
        holders = await deletions.holders(connection, locked.keys())
        answers: dict[ProcessId, DeleteResult] = {}
        for process_id, allowed in permits.items():
            refusal = _refusal(context, process_id, locked.get(process_id), allowed, holders=holders)
            answers[process_id] = Deleted(process_id=process_id) if refusal is None else refusal
        going = [process_id for process_id, answer in answers.items() if isinstance(answer, Deleted)]
        deleted = await deletions.delete(connection, going)
        assert deleted == frozenset(going), "they are locked, so they are as they were found"
    return answers


def _refusal(
    context: CommandContext,
    process_id: ProcessId,
    facts: ProcessFacts | None,
    allowed: Permit,
    *,
    holders: Collection[ProcessId],
) -> Refusal | None:
    """Why a locked process cannot be deleted; None if it can."""
    if facts is None:
        return ProcessNotFound(process_id)
    if not facts.is_task:
        return NotATask(process_id)
    if facts.status not in TERMINAL:
        return WrongStatus(process_id, found=facts.status, expected=TERMINAL)
    if process_id in holders:
        return HoldsSubscriptions(process_id)
    return allowed.find_refusal(context.registry, facts)
