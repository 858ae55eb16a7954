"""Ending a process by a person's decision."""

from collections.abc import Mapping

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.saving.locks import release_subscriptions
from engine.authorizers import AuthorizedAction
from engine.errors import ProcessNotFound, WrongStatus
from engine.run.commands.checks import check_reason
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import permit
from engine.states import TERMINAL, ProcessStatus
from engine.store import aborts, locking


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
    check_reason(reason)
    async with context.database.writer() as connection:
        seen = (await locking.facts(connection, [process_id], scope=scope)).get(process_id)
    if seen is None:
        raise ProcessNotFound(process_id)
    allowed = await permit(context.registry, seen, AuthorizedAction.ABORT, actor=actor, claims=claims)
    async with context.database.write() as connection:
        found = await locking.lock(connection, process_id, scope=scope)
        if found is None:
            raise ProcessNotFound(process_id)
        allowed.check(context.registry, found)
        aborted = await aborts.abort(connection, process_id, reason=reason, actor=actor)
        if aborted is None:
            expected = frozenset(ProcessStatus) - TERMINAL - {ProcessStatus.ABORTING}
            raise WrongStatus(process_id, found=found.status, expected=expected)
        if not aborted.began:
            held = await locking.subscriptions_of(connection, process_id)
            await release_subscriptions(connection, process_id, held)
        return aborted.status
