"""The dispatcher on PgQueuer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import OnConflict

from domain.ids import ProcessId
from domain.storage.database import session_settings
from engine.run.runs import Run, RunHandler, RunRequest
from engine.run.waiting import first_of

_ENTRYPOINT = "run"
_LARGEST_BATCH = 100
_HEARTBEAT_TIMEOUT = timedelta(seconds=30)
_CONNECT_TIMEOUT_S = 10.0
_PAUSE_AFTER_LOSS_S = 0.2
_PRUNE_EVERY_S = 300.0

_log = structlog.get_logger(__name__)


class PgQueuerDispatcher:
    """Distributes runs with PgQueuer: one job per run, deleted when the run has ended or parked.

    Args:
        dsn: The database; while it runs the dispatcher holds one connection of its own, on which it listens.
        concurrent_runs: How many runs it hands out at the same time.
        poll_s: How often it looks at the queue if no notification comes.
    """

    def __init__(self, dsn: str, *, concurrent_runs: int, poll_s: float) -> None:
        self._dsn = dsn
        self._concurrent_runs = max(concurrent_runs, 2)
        self._poll_s = poll_s

    async def enqueue(self, connection: asyncpg.Connection, requests: Sequence[RunRequest]) -> None:
        """Ask for runs in the connection's transaction, in one statement."""
        await _queries(connection).enqueue(
            [_ENTRYPOINT] * len(requests),
            [_key(request.run).encode() for request in requests],
            [0] * len(requests),
            [timedelta(seconds=request.after_s) for request in requests],
            [_key(request.run) for request in requests],
            on_conflict="skip",
        )

    async def find_queued(self, connection: asyncpg.Connection, runs: Sequence[Run]) -> frozenset[Run]:
        """Those of the runs whose job is there and taken by nobody."""
        table = queue_settings().qualified.queue_table
        rows = await connection.fetch(
            f"SELECT dedupe_key FROM {table} WHERE dedupe_key = ANY($1::text[]) AND status = 'queued'",  # noqa: S608  # PgQueuer's own table name
            [_key(run) for run in runs],
        )
        return frozenset(_run(row["dedupe_key"]) for row in rows)

    async def run(self, handler: RunHandler, *, stop: asyncio.Event) -> None:
        """Hand runs to the handler until told to stop, on a new connection whenever the old one is lost.

        A lost connection ends PgQueuer's queue manager, but not the runs: they belong to this call.
        """
        async with asyncio.TaskGroup() as runs:
            while not stop.is_set():
                try:
                    connection = await asyncpg.connect(
                        self._dsn,
                        timeout=_CONNECT_TIMEOUT_S,
                        server_settings=session_settings("orchestrion queue"),
                    )
                    try:
                        await _Shift(connection, handler, runs, stop).work(
                            concurrent_runs=self._concurrent_runs, poll_s=self._poll_s
                        )
                    finally:
                        connection.terminate()
                except Exception as error:  # noqa: BLE001  # the worker loop's edge: whatever broke, begin anew
                    _log.warning("queue.interrupted", error=str(error), error_type=type(error).__name__)
                    await _wait(stop, timeout_s=_PAUSE_AFTER_LOSS_S)


class _Shift:
    """The time one connection lasts.

    A job stays in hand until its run has ended, so that the queue's limit counts the runs. When the
    connection is lost the jobs are let go at once, as nothing can be said about them any more; the runs go
    on.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        handler: RunHandler,
        runs: asyncio.TaskGroup,
        stop: asyncio.Event,
    ) -> None:
        self._connection = connection
        self._handler = handler
        self._runs = runs
        self._stop = stop
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._manager = QueueManager(_queries(connection))
        self._manager.entrypoint(_ENTRYPOINT, on_failure="hold", accepts_context=False)(self._carry_out)
        connection.add_termination_listener(self._on_termination)

    async def work(self, *, concurrent_runs: int, poll_s: float) -> None:
        """Take jobs until the connection is lost or the stop is asked for; then wait for those in hand."""
        async with asyncio.TaskGroup() as tasks:
            watchers = (
                tasks.create_task(self._stop_manager(), name="queue stop"),
                tasks.create_task(self._prune_log(), name="queue log"),
            )
            await self._manager.run(
                dequeue_timeout=timedelta(seconds=poll_s),
                batch_size=min(concurrent_runs // 2, _LARGEST_BATCH),
                max_concurrent_tasks=concurrent_runs,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=_HEARTBEAT_TIMEOUT,
                log_aggregation_interval=timedelta(0),
            )
            for watcher in watchers:
                watcher.cancel()

    async def _carry_out(self, job: Job) -> None:
        run = _run((job.payload or b"").decode())
        carried_out = self._runs.create_task(self._handler(run), name=f"run {run.process_id}")
        await first_of(carried_out, self._lost)
        if carried_out.done() and not carried_out.result():
            raise RetryRequested(reason="the worker did not take the run")

    async def _stop_manager(self) -> None:
        await self._stop.wait()
        self._manager.shutdown.set()

    def _on_termination(self, _connection: object) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        self._manager.shutdown.set()

    async def _prune_log(self) -> None:
        """Keep PgQueuer's log of jobs short: what happened is in the process's own rows."""
        table = queue_settings().qualified.queue_table_log
        while True:
            await asyncio.sleep(_PRUNE_EVERY_S)
            await self._manager.queries.driver.execute(
                f"DELETE FROM {table} WHERE created < now() - interval '1 hour'"  # noqa: S608  # PgQueuer's own table name
            )


async def install_queue(connection: asyncpg.Connection) -> None:
    """Create PgQueuer's tables, or bring them up to the installed version of PgQueuer."""
    queries = _queries(connection)
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install()


def queue_settings() -> DBSettings:
    """What PgQueuer's tables are called, and that only the jobs themselves outlive a crash of the server."""
    return DBSettings(prefix="", durability=Durability.balanced)


class _CodecProofBuilder(QueryQueueBuilder):
    """Passes job headers as text: our pools encode `jsonb` parameters themselves, once too often."""

    def build_enqueue_query(self, on_conflict: OnConflict = "raise") -> str:
        """PgQueuer's statement with one cast more."""
        return super().build_enqueue_query(on_conflict).replace("$6::jsonb[]", "$6::text[]::jsonb[]")


def _queries(connection: asyncpg.Connection) -> Queries:
    settings = queue_settings()
    return Queries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(settings),
        qbq=_CodecProofBuilder(settings),
    )


def _key(run: Run) -> str:
    return f"{run.process_id.hex}:{run.run_no}"


def _run(key: str) -> Run:
    process_id, run_no = key.split(":")
    return Run(process_id=ProcessId(UUID(process_id)), run_no=int(run_no))


async def _wait(event: asyncio.Event, *, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
