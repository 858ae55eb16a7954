"""The worker: takes runs from the queue, carries them out, and stays the owner of their processes."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from random import Random
from uuid import UUID

import structlog

from domain.ids import ProcessId, new_uuid7
from domain.model.catalog import Catalog
from domain.storage.database import Database
from domain.storage.listing.lookups import Subscriptions
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from engine.run.calls import Calls
from engine.run.claimer import Claimer
from engine.run.dispatcher import PgQueuerDispatcher
from engine.run.environment import RunEnvironment
from engine.run.executor import Interruption, ProcessRun
from engine.run.listener import Listener
from engine.run.outage import is_outage, through_outages
from engine.run.pausing import Pause
from engine.run.progress import ProgressReports
from engine.run.reconciler import Reconciler
from engine.run.runs import Dispatcher, Run
from engine.run.signals import WorkerSignals
from engine.run.writer import CheckpointWriter
from engine.settings import EngineSettings
from engine.states import TERMINAL, ProcessStatus
from engine.store import leases
from engine.store.channels import INBOX_CHANNEL

_HAND_BACK_TIMEOUT_S = 2.0

_log = structlog.get_logger(__name__)


class Worker:
    """One worker. Any number of them, on any machines, work on one database.

    Args:
        database: Open, and used by the worker alone: a pool that others exhaust would cost it its leases.
        catalog: What is sold.
        registry: What is carried out; its services are opened when the worker runs.
        dispatcher: Where runs come from; PgQueuer on the same database unless given.
        settings: Timings and limits.
        public_url: The address under which the outside world reaches the callbacks.
        random: Spreads the waits between attempts.
    """

    def __init__(
        self,
        database: Database,
        *,
        catalog: Catalog,
        registry: Registry,
        dispatcher: Dispatcher | None = None,
        settings: EngineSettings,
        public_url: str,
        random: Random | None = None,
    ) -> None:
        self.id: UUID = new_uuid7()
        self.signals = WorkerSignals()
        self._database = database
        self._catalog = catalog
        self._registry = registry
        self._dispatcher = dispatcher or PgQueuerDispatcher(
            database.dsn, concurrent_runs=settings.concurrent_runs, poll_s=settings.poll_s
        )
        self._settings = settings
        self._public_url = public_url
        self._random = random or Random()  # noqa: S311  # spreads waits, keeps no secret
        self._writer = CheckpointWriter(database, self._dispatcher, lease_s=settings.lease_s)
        self._progress = ProgressReports(database, interval_s=settings.progress_interval_s)
        self._claimer = Claimer(database, worker_id=self.id, lease_s=settings.lease_s)
        self._reconciler = Reconciler(database, self._dispatcher, patience_s=settings.lease_s)
        self._runs: dict[ProcessId, ProcessRun] = {}
        self._slots = asyncio.Semaphore(settings.concurrent_runs)
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._pause = Pause(on_news=self._news.set)

    def stop(self) -> None:
        """Ask the worker to stop; `run` then returns when what is in flight has ended or was handed back."""
        self._stop.set()
        self._pause.give_up()

    async def run(self) -> None:
        """Work until stopped or cancelled; either way what is in flight is ended or handed back first."""
        async with self._environment() as environment, asyncio.TaskGroup() as tasks:
            background = (
                tasks.create_task(self._writer.run(), name="checkpoint writer"),
                tasks.create_task(self._claimer.run(), name="claimer"),
                tasks.create_task(self._progress.run(), name="progress"),
                tasks.create_task(self._keep_leases(), name="heartbeat"),
                tasks.create_task(self._listen(), name="inbox listener"),
                tasks.create_task(self._keep_reconciling(), name="reconciler"),
            )
            dispatching = tasks.create_task(
                self._dispatcher.run(lambda run: self._handle(run, environment), stop=self._stop),
                name="dispatcher",
            )
            _log.info("worker.started", worker_id=str(self.id))
            try:
                await self._stop.wait()
            finally:
                await self._wind_down(dispatching)
                for task in background:
                    task.cancel()
        _log.info("worker.stopped", worker_id=str(self.id))

    async def _wind_down(self, dispatching: asyncio.Task[None]) -> None:
        """Let steps in flight end, then cut them short, then give up: what is left expires by itself."""
        self.stop()
        for run in self._runs.values():
            run.stop_soon()
        await asyncio.wait({dispatching}, timeout=self._settings.stop_grace_s)
        for run in self._runs.values():
            run.interrupt(Interruption.STOP)
        await asyncio.wait({dispatching}, timeout=_HAND_BACK_TIMEOUT_S)
        if not dispatching.done():
            _log.warning("worker.gave_up", processes=[str(process_id) for process_id in self._runs])
            dispatching.cancel()

    async def _handle(self, run: Run, environment: RunEnvironment) -> bool:
        """Carry out a run from the queue. Never raises."""
        async with self._slots, self._pause.working():
            if self._stop.is_set():
                return False
            try:
                claim = await self._claimer.claim(run)
                if claim is not None:
                    await self._carry_out(ProcessRun(claim, environment))
            except Exception:  # noqa: BLE001  # the worker loop's edge: the lease expires, somebody tries again
                _log.exception("run.broken", process_id=str(run.process_id))
            return True

    async def _carry_out(self, run: ProcessRun) -> None:
        process_id = run.claim.process_id
        superseded = self._runs.get(process_id)
        if superseded is not None:
            superseded.interrupt(Interruption.LOST)
        self._runs[process_id] = run
        if self._stop.is_set():
            run.stop_soon()
        self.signals.claimed.emit(process_id)
        try:
            await run.carry_out()
        finally:
            if self._runs.get(process_id) is run:
                del self._runs[process_id]
            self.signals.released.emit(process_id)

    async def _keep_leases(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.heartbeat_s):
                    await self._news.wait()
            self._news.clear()
            await _survive(self._renew_leases, "heartbeat.failed")

    async def _renew_leases(self) -> None:
        epochs = {process_id: run.claim.epoch for process_id, run in self._runs.items()}
        async with self._database.writer() as connection:
            renewal = await leases.renew(
                connection,
                self.id,
                epochs=epochs,
                lease_s=self._settings.lease_s,
                pause_seen=self._pause.acknowledged,
            )
        self._pause.learn(renewal.pause_no)
        if not renewal.known:
            _log.warning("worker.was_forgotten", worker_id=str(self.id))
            await self._register(idle=False)
        news = {item.process_id: item for item in renewal.leases}
        for process_id, epoch in epochs.items():
            run = self._runs.get(process_id)
            if run is not None and run.claim.epoch == epoch:
                _tell(run, news.get(process_id))

    async def _listen(self) -> None:
        await Listener(
            self._database.dsn, INBOX_CHANNEL, on_notice=self._hear, probe_s=self._settings.poll_s
        ).run()

    def _hear(self, named: frozenset[ProcessId] | None) -> None:
        if named is None:
            self.signals.listening.emit(None)
        if named is None or not named.isdisjoint(self._runs):
            self._news.set()

    async def _keep_reconciling(self) -> None:
        async def reconcile() -> None:
            self.signals.reconciled.emit(await self._reconciler.reconcile())

        while True:
            await _survive(reconcile, "reconciler.failed")
            await asyncio.sleep(self._settings.reconcile_s)

    @asynccontextmanager
    async def _environment(self) -> AsyncGenerator[RunEnvironment]:
        """What the runs share: the services open, the worker known to the database."""
        calls = Calls(threads=self._settings.thread_pool_size, patience_s=self._settings.give_up_s)
        try:
            async with AsyncExitStack() as stack:
                services: dict[type, object] = {
                    kind: await stack.enter_async_context(opened())
                    for kind, opened in self._registry.services.items()
                }
                services[Subscriptions] = Subscriptions(self._database, self._catalog)
                await self._register(idle=True)
                stack.push_async_callback(_survive, self._unregister, "worker.not_unregistered")
                yield RunEnvironment(
                    database=self._database,
                    subscriptions=SubscriptionRepository(self._database),
                    catalog=self._catalog,
                    registry=self._registry,
                    writer=self._writer,
                    services=services,
                    calls=calls,
                    progress=self._progress,
                    settings=self._settings,
                    random=self._random,
                    public_url=self._public_url,
                )
        finally:
            await calls.close()

    async def _register(self, *, idle: bool) -> None:
        async for trial in through_outages():
            with trial:
                async with self._database.writer() as connection:
                    await leases.register(
                        connection,
                        self.id,
                        host=socket.gethostname(),
                        pid=os.getpid(),
                        lease_s=self._settings.lease_s,
                        idle=idle,
                    )

    async def _unregister(self) -> None:
        async with self._database.writer() as connection:
            await leases.unregister(connection, self.id)


def _tell(run: ProcessRun, news: leases.LeaseNews | None) -> None:
    """Cut the run short if its process is gone, somebody else's, at its end, or to be aborted.

    A process whose lease had expired is aborted, and may be deleted, without waiting for its worker.
    """
    if news is None or not news.owned or news.status in TERMINAL:
        run.interrupt(Interruption.LOST)
    elif news.status is ProcessStatus.ABORTING:
        run.interrupt(Interruption.ABORT)


async def _survive(action: Callable[[], Awaitable[None]], event: str) -> None:
    """Do something that is done again soon: if it fails, say so and go on."""
    try:
        await action()
    except Exception as error:  # noqa: BLE001  # the worker loop's edge
        if is_outage(error):
            _log.warning(event, error=str(error), error_type=type(error).__name__)
        else:
            _log.exception(event)
