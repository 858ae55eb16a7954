"""Pausing the engine and letting it go on."""

from domain.scope import Scope
from engine.errors import NotAllowed
from engine.run.commands.context import CommandContext
from engine.run.reconciler import ask_for_runs
from engine.store import pauses, recovery
from engine.store.pauses import EngineView


async def pause(context: CommandContext, *, actor: str, scope: Scope) -> EngineView:
    """Let every worker stop before its next step. Steps in flight end, and are recorded.

    Until the engine goes on, starts are refused; what arrives for processes is taken in and waits. To pause
    an engine that is paused changes nothing.

    Returns:
        The engine, PAUSING unless nobody was at work.

    Raises:
        NotAllowed: if the caller's scope is not all customers, who are all concerned.
    """
    _check_scope(scope)
    async with context.database.write() as connection:
        await pauses.pause(connection, actor=actor)
    return await view(context)


async def unpause(context: CommandContext, *, actor: str, scope: Scope) -> EngineView:
    """Let the workers go on, and ask for a run of each process that can go on, in one transaction.

    Five statements for any number of processes. To unpause an engine that is not paused changes nothing. A
    process whose step is still in flight is left alone: its run goes on by itself.

    Locks: the processes that can go on and that nobody has locked.

    Raises:
        NotAllowed: if the caller's scope is not all customers.
    """
    _check_scope(scope)
    async with context.database.write() as connection:
        if await pauses.unpause(connection, actor=actor):
            await ask_for_runs(connection, context.dispatcher, await recovery.find_runnable(connection))
    return await view(context)


async def view(context: CommandContext) -> EngineView:
    """The engine with its workers, as of one moment."""
    async with context.database.writer() as connection:
        return await pauses.engine_view(connection)


def _check_scope(scope: Scope) -> None:
    if scope.customers is not None:
        raise NotAllowed("to pause the engine or let it go on needs a scope of all customers")
