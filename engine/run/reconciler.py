"""Looking after what nobody works on: runs without a job, expired leases and deadlines."""

from collections.abc import Sequence

import asyncpg
import structlog

from domain.ids import ProcessId
from domain.storage.database import Database
from engine.run.runs import Dispatcher, Run, RunRequest
from engine.store import aborts, recovery
from engine.store.recovery import Neglect, NeglectedProcess

_LARGEST_BATCH = 500

_log = structlog.get_logger(__name__)


class Reconciler:
    """Puts neglected processes right. Every worker has one; they do not get in each other's way.

    Args:
        database: The database.
        dispatcher: Whom to ask for new runs.
        patience_s: How long a queued or overdue process may wait for a worker before it is looked into.
    """

    def __init__(self, database: Database, dispatcher: Dispatcher, *, patience_s: float) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._patience_s = patience_s

    async def reconcile(self) -> int:
        """Look once, in one statement if there is nothing to do; the number of new runs asked for."""
        async with self._database.writer() as connection:
            neglected = await recovery.find_neglected(
                connection, patience_s=self._patience_s, limit=_LARGEST_BATCH
            )
        if not neglected:
            return 0
        async with self._database.write() as connection:
            return await self._put_right(connection, neglected)

    async def _put_right(self, connection: asyncpg.Connection, neglected: Sequence[NeglectedProcess]) -> int:
        ended = await aborts.end_abandoned(connection, _of(neglected, Neglect.ABORT_ABANDONED))
        failed = await recovery.expire_callbacks(connection, _of(neglected, Neglect.CALLBACK_EXPIRED))
        runnable = [process for process in neglected if process.neglect in recovery.RUNNABLE]
        requested = await ask_for_runs(connection, self._dispatcher, runnable)
        if ended or failed or requested:
            _log.warning("processes.recovered", aborted=len(ended), timed_out=len(failed), requeued=requested)
        return requested


async def ask_for_runs(
    connection: asyncpg.Connection, dispatcher: Dispatcher, runnable: Sequence[NeglectedProcess]
) -> int:
    """Ask for new runs, except of those that merely wait their turn in the queue; three statements if any."""
    if not runnable:
        return 0
    queued = await dispatcher.find_queued(connection, [_run(process) for process in runnable])
    stranded = [process for process in runnable if _run(process) not in queued]
    if not stranded:
        return 0
    runs = await recovery.raise_run_numbers(connection, stranded)
    if runs:
        await dispatcher.enqueue(
            connection,
            [
                RunRequest(run=Run(process_id=process_id, run_no=run_no))
                for process_id, run_no in runs.items()
            ],
        )
    return len(runs)


def _of(neglected: Sequence[NeglectedProcess], neglect: Neglect) -> list[ProcessId]:
    return [process.process_id for process in neglected if process.neglect is neglect]


def _run(process: NeglectedProcess) -> Run:
    return Run(process_id=process.process_id, run_no=process.run_no)
