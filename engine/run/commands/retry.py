"""Trying a failed process again."""

from domain.ids import ProcessId
from domain.scope import Scope
from engine.errors import ProcessNotFound, WrongStatus
from engine.run.commands.context import CommandContext
from engine.run.runs import Run, RunRequest
from engine.states import ProcessStatus
from engine.store import locking, retries


async def retry(context: CommandContext, process_id: ProcessId, *, actor: str, scope: Scope) -> None:
    """Queue a process that failed, or that waits for its next attempt, with a fresh budget of attempts.

    Raises:
        ProcessNotFound: if there is no such process in scope.
        WrongStatus: if it neither failed nor waits.
    """
    async with context.database.write() as connection:
        found = await locking.lock(connection, process_id, scope=scope)
        if found is None:
            raise ProcessNotFound(process_id)
        run_no = await retries.retry(connection, process_id, actor=actor)
        if run_no is None:
            expected = {ProcessStatus.FAILED, ProcessStatus.WAITING}
            raise WrongStatus(process_id, found=found, expected=expected)
        run = Run(process_id=process_id, run_no=run_no)
        await context.dispatcher.enqueue(connection, [RunRequest(run=run)])
