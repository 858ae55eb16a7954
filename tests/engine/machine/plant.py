"""The engine that is compared with the model: two clients, workers that come and go, one database."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import Refusal
from engine.run.commands import Commands, StartedProcess
from engine.run.dispatcher import queue_settings
from engine.run.worker import Worker
from engine.settings import EngineSettings
from engine.states import EngineStatus, ProcessStatus
from tests.engine.machine.orders import (
    Abort,
    Callback,
    LetTimePass,
    Order,
    Pause,
    Release,
    Resume,
    Retry,
    Skip,
)
from tests.engine.machine.plans import Subject, WorkflowPlan
from tests.engine.machine.script import GrowingRegistry, Script
from tests.engine.machine.views import ProcessView, look_at
from tests.engine.run.application import CATALOG
from tests.waiting import eventually

ACTOR = "ada"
PATIENCE_S = 20.0
SETTINGS = EngineSettings(
    lease_s=4.0, heartbeat_s=1.0, reconcile_s=0.2, poll_s=0.1, stop_grace_s=0.0, concurrent_runs=20
)
WORKERS = 2

_EVERYTHING = Scope.all()
_MAKE_DUE = """
UPDATE process SET wake_at = now() - interval '1 minute'
WHERE id = $1 AND status IN ('WAITING', 'AWAITING_CALLBACK')
"""
_MAKE_JOBS_DUE = f"""
UPDATE {queue_settings().qualified.queue_table} SET execute_after = now()
WHERE dedupe_key LIKE $1 AND status = 'queued'
"""  # noqa: S608  # PgQueuer's own table name


_STRAGGLERS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start <= $1)
"""
_SWEEP_UP = (
    "UPDATE process SET status = 'ABORTED', owner = NULL, lease_until = NULL, wake_at = NULL",
    "UPDATE engine SET status = 'RUNNING'",
    f"DELETE FROM {queue_settings().qualified.queue_table}",  # noqa: S608  # PgQueuer's own table name
)


@dataclass(frozen=True, slots=True)
class Hired:
    """A worker at work."""

    worker: Worker
    task: asyncio.Task[None]


class Plant:
    """All that is real."""

    def __init__(
        self, clients: Sequence[Database], databases: Sequence[Database], tasks: asyncio.TaskGroup
    ) -> None:
        self._databases = databases
        self._tasks = tasks
        self._calls = count()
        self._numbers = count(1)
        self.database = clients[0]
        self.script = Script()
        self.registry = GrowingRegistry(self.script)
        self.clients = [
            Commands(client, catalog=CATALOG, registry=self.registry, settings=SETTINGS) for client in clients
        ]
        self.hired: dict[int, Hired] = {}
        self.is_paused = False
        self._paused_at: datetime | None = None

    async def hire(self, number: int) -> None:
        """Let the nth worker work."""
        worker = Worker(
            self._databases[number],
            catalog=CATALOG,
            registry=self.registry,
            settings=SETTINGS,
            public_url="http://orchestrion.test",
        )
        with worker.signals.listening.armed() as listening:
            task = self._tasks.create_task(worker.run(), name=f"worker {number}")
            await asyncio.wait_for(listening.get(), timeout=PATIENCE_S)
        self.hired[number] = Hired(worker, task)

    async def dismiss(self, number: int) -> UUID:
        """Stop the nth worker and wait until it has gone; its id."""
        hired = self.hired.pop(number)
        hired.worker.stop()
        await hired.task
        return hired.worker.id

    async def start(
        self, workflow: str, *, plan: WorkflowPlan, key: str, copies: int, port: SubscriptionId | None
    ) -> list[StartedProcess | Refusal]:
        """Start a process, so many times at once under one key."""
        values: dict[str, JsonValue] = {"trail": ["begin"]}
        if plan.subject is Subject.CREATE:
            values |= {"product": "Port 10G", "customer_id": "acme"}

        async def start_one() -> StartedProcess | Refusal:
            try:
                return await self._client().start(
                    workflow,
                    values=values,
                    subscription_id=port,
                    idempotency_key=key,
                    actor=ACTOR,
                    scope=_EVERYTHING,
                )
            except Refusal as refusal:
                return refusal

        return list(await asyncio.gather(*(start_one() for _ in range(copies))))

    async def obey(
        self, process_id: ProcessId, orders: Sequence[Order], *, stood_at: str
    ) -> list[Refusal | None]:
        """Give the orders all at once; what each was answered."""
        return list(await asyncio.gather(*(self._obey(process_id, each, stood_at) for each in orders)))

    async def pause(self) -> None:
        self.is_paused = True
        await self._client().pause(actor=ACTOR, scope=_EVERYTHING)
        async with self.database.writer() as connection:
            self._paused_at = await connection.fetchval("SELECT clock_timestamp()")

    async def unpause(self) -> None:
        await self._client().unpause(actor=ACTOR, scope=_EVERYTHING)
        self.is_paused = False

    def next_number(self) -> int:
        """One that was not used before."""
        return next(self._numbers)

    async def reset(self) -> None:
        """Sweep up after a story that did not end well."""
        for number in list(self.hired):
            await self.dismiss(number)
        async with self.database.write() as connection:
            for statement in _SWEEP_UP:
                await connection.execute(statement)
        self.is_paused = False
        for number in range(WORKERS):
            await self.hire(number)

    async def until_engine_is(self, status: EngineStatus) -> None:
        """Wait until the engine says so.

        Raises:
            AssertionError: if it does not.
        """

        async def reached() -> bool:
            return (await self._client().engine()).status is status

        try:
            await eventually(reached, deadline_s=PATIENCE_S)
        except TimeoutError:
            found = await self._client().engine()
            raise AssertionError(f"expected the engine to be {status}, found {found}") from None

    async def rest(self, process_ids: Sequence[ProcessId]) -> dict[ProcessId, ProcessView]:
        """Wait until nothing can happen by itself; how the processes are then.

        Raises:
            AssertionError: if one does not come to rest.
        """
        views: dict[ProcessId, ProcessView] = {}

        async def resting() -> bool:
            if self.is_paused and await self._has_stragglers():
                return False
            views.update(await look_at(self.database, process_ids))
            if not all(self._rests(view) for view in views.values()):
                return False
            # A step may have come to rest behind the look that found it under way.
            views.update(await look_at(self.database, process_ids))
            return all(self._rests(view) for view in views.values())

        try:
            await eventually(resting, deadline_s=PATIENCE_S)
        except TimeoutError:
            restless = [view for view in views.values() if not self._rests(view)]
            raise AssertionError(f"expected the engine to come to rest, found {restless}") from None
        return views

    async def _has_stragglers(self) -> bool:
        """Whether a statement is under way that may not have seen the pause."""
        async with self.database.writer() as connection:
            return await connection.fetchval(_STRAGGLERS, self._paused_at) is True

    def _rests(self, view: ProcessView) -> bool:
        working = bool(self.hired)
        match view.status:
            case ProcessStatus.RUNNING:
                place = (view.id, view.current_step or "")
                return self.script.holds(place, len(view.steps[place[1]].attempts))
            case ProcessStatus.ABORTING:
                return False
            case ProcessStatus.QUEUED:
                return self.is_paused or not working
            case ProcessStatus.WAITING:
                return self.is_paused or not working or not view.due
            case ProcessStatus.AWAITING_CALLBACK:
                return not working or not view.due
            case _:
                return True

    async def _obey(self, process_id: ProcessId, order: Order, stood_at: str) -> Refusal | None:
        try:
            await self._carry_out(process_id, order, stood_at)
        except Refusal as refusal:
            return refusal
        return None

    async def _carry_out(self, process_id: ProcessId, order: Order, stood_at: str) -> None:
        client = self._client()
        match order:
            case Resume(answer=answer):
                pages: list[JsonValue] = [{"answer": answer} if answer is not None else {}]
                await client.resume(process_id, pages=pages, actor=ACTOR, scope=_EVERYTHING)
            case Callback(token=index, parcel=parcel, step=step):
                tokens = self.script.tokens.get((process_id, step), [])
                token = "nobody's" if index is None else tokens[index]
                await client.receive_callback(token, {"parcel": parcel} if parcel is not None else {})
            case Retry():
                await client.retry(process_id, actor=ACTOR, scope=_EVERYTHING)
            case Skip(gives=gives):
                values: dict[str, JsonValue] = {"trail": ["left out"]} if gives else {}
                await client.skip(
                    process_id, stood_at, reason="no need", values=values, actor=ACTOR, scope=_EVERYTHING
                )
            case Abort():
                await client.abort(process_id, reason="enough", actor=ACTOR, scope=_EVERYTHING)
            case Release():
                self.script.release((process_id, stood_at))
            case LetTimePass():
                async with self.database.write() as connection:
                    await connection.execute(_MAKE_DUE, process_id)
                    await connection.execute(_MAKE_JOBS_DUE, f"{process_id.hex}:%")
            case Pause():
                await self.pause()

    def _client(self) -> Commands:
        """Each call is another client's."""
        return self.clients[next(self._calls) % len(self.clients)]


@asynccontextmanager
async def opened_plant(dsn: str) -> AsyncGenerator[Plant]:
    """A plant with its workers at work."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(Database(dsn, read_pool_size=2, write_pool_size=4))
            for _ in range(2)
        ]
        databases = [
            await stack.enter_async_context(Database(dsn, read_pool_size=2, write_pool_size=3))
            for _ in range(WORKERS)
        ]
        async with asyncio.TaskGroup() as tasks:
            plant = Plant(clients, databases, tasks)
            for number in range(WORKERS):
                await plant.hire(number)
            try:
                yield plant
            finally:
                for number in list(plant.hired):
                    await plant.dismiss(number)
