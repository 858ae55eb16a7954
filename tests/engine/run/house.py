"""An engine at work on a test's database: commands, workers, and a look at the rows."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from domain.ids import ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.model.catalog import Catalog
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from engine.run.commands import Commands
from engine.run.dispatcher import PgQueuerDispatcher
from engine.run.worker import Worker
from engine.settings import EngineSettings
from engine.states import ProcessStatus, StepKind, StepStatus
from engine.store import claims
from engine.store.checkpoints import Checkpoint, NextStep, StepOutcome
from engine.store.processes import ProcessRepository
from engine.store.records import ProcessRecord, StepRecord
from tests.engine.run.application import CATALOG, Port, Stage, new_registry
from tests.waiting import eventually

ACTOR = "ada"
PORT: dict[str, JsonValue] = {"customer_id": "acme", "speed": 10}
SETTINGS = EngineSettings(
    lease_s=5.0, heartbeat_s=0.5, reconcile_s=0.5, poll_s=1.0, stop_grace_s=0.2, concurrent_runs=20
)
IMPATIENT = replace(SETTINGS, lease_s=0.6, heartbeat_s=0.2, reconcile_s=0.1)
"""Leases that expire, and neglect that is noticed, within a second."""

QUIET = replace(SETTINGS, lease_s=600.0, heartbeat_s=60.0, reconcile_s=60.0, poll_s=60.0)
"""Nothing happens by itself."""


class House:
    """One application on one database."""

    def __init__(
        self,
        database: Database,
        *,
        registry: Registry | None = None,
        stage: Stage | None = None,
        catalog: Catalog = CATALOG,
    ) -> None:
        self.database = database
        self.catalog = catalog
        self.stage = stage or Stage()
        self.registry = registry or new_registry(self.stage)
        self.commands = Commands(database, catalog=catalog, registry=self.registry, settings=SETTINGS)
        self.processes = ProcessRepository(database)

    def new_worker(self, settings: EngineSettings = SETTINGS) -> Worker:
        return Worker(
            self.database,
            catalog=self.catalog,
            registry=self.registry,
            settings=settings,
            public_url="http://orchestrion.test",
        )

    def new_dispatcher(self) -> PgQueuerDispatcher:
        return PgQueuerDispatcher(self.database.dsn, concurrent_runs=10, poll_s=1)

    @asynccontextmanager
    async def working(self, settings: EngineSettings = SETTINGS) -> AsyncGenerator[Worker]:
        """A worker that listens, and is stopped at the end."""
        worker = self.new_worker(settings)
        with worker.signals.listening.armed() as listening:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.run(), name="worker")
                try:
                    await asyncio.wait_for(listening.get(), timeout=10)
                    yield worker
                finally:
                    worker.stop()

    async def start(self, workflow: str, **values: JsonValue) -> ProcessId:
        started = await self.commands.start(
            workflow, values=values or {"text": "a"}, actor=ACTOR, scope=Scope.all()
        )
        return started.process_id

    async def create_port(self) -> SubscriptionId:
        """A port in service, made by a process that has ended."""
        async with self.working():
            process_id = await self.start("create_port", **PORT)
            await self.until(process_id, ProcessStatus.COMPLETED)
        return (await self.processes.subscriptions_of([process_id]))[process_id][0]

    async def modify(self, subscription_id: SubscriptionId, **values: JsonValue) -> ProcessId:
        started = await self.commands.start(
            "modify_port", values=values, subscription_id=subscription_id, actor=ACTOR, scope=Scope.all()
        )
        return started.process_id

    async def abort(self, process_id: ProcessId, *, actor: str = ACTOR) -> ProcessStatus:
        return await self.commands.abort(process_id, reason="enough", actor=actor, scope=Scope.all())

    async def process(self, process_id: ProcessId) -> ProcessRecord:
        return (await self.processes.by_ids(Scope.all(), [process_id]))[process_id]

    async def steps(self, process_id: ProcessId) -> dict[str, StepRecord]:
        return {step.key: step for step in (await self.processes.steps_of([process_id]))[process_id]}

    async def step_statuses(self, process_id: ProcessId) -> dict[str, StepStatus]:
        return {key: step.status for key, step in (await self.steps(process_id)).items()}

    async def until(
        self, process_id: ProcessId, *statuses: ProcessStatus, deadline_s: float = 10
    ) -> ProcessRecord:
        """Wait until the process has one of the statuses."""

        async def reached() -> bool:
            return (await self.process(process_id)).status in statuses

        try:
            await eventually(reached, deadline_s=deadline_s)
        except TimeoutError:
            found = await self.process(process_id)
            raise AssertionError(f"process is {found.status}, expected {statuses}: {found}") from None
        return await self.process(process_id)

    async def until_blocked(self) -> None:
        """Wait until somebody waits for a lock."""

        async def blocked() -> bool:
            (row,) = await self.rows(
                "SELECT EXISTS (SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
            return row["exists"] is True

        await eventually(blocked)

    async def patched_checkpoint(
        self, process_id: ProcessId, subscription_id: SubscriptionId, *, speed: int
    ) -> Checkpoint:
        """Claims a process of `modify_port`; the checkpoint that ends its first step with another speed."""
        async with self.database.writer() as connection:
            claim = await claims.claim(connection, process_id, run_no=1, worker_id=new_uuid7(), lease_s=60)
        assert claim is not None
        trees = await SubscriptionRepository(self.database).trees(Scope.all(), [subscription_id])
        port = to_model(self.catalog, trees[subscription_id])
        assert isinstance(port, Port)
        port.port_block.speed = speed
        return Checkpoint(
            process_id=process_id,
            epoch=claim.epoch,
            number=0,
            status=ProcessStatus.RUNNING,
            outcome=StepOutcome(
                key="change", status=StepStatus.SUCCESS, attempt=1, attempt_status=StepStatus.SUCCESS
            ),
            next_step=NextStep(key="resync", position=1, name="Mark in sync", kind=StepKind.RESYNC),
            inbox_seen=0,
            inbox_taken=0,
            actor=ACTOR,
            patches=(to_patch(port),),
            subscriptions=(subscription_id,),
        )

    async def versions(self, process_id: ProcessId) -> list[int]:
        """The versions that have events, in order."""
        events = await self.processes.events_after(Scope.all(), process_id, 0)
        return sorted({event.version for event in events})

    async def rows(self, query: str, *arguments: object) -> list[dict[str, object]]:
        async with self.database.writer() as connection:
            return [dict(row) for row in await connection.fetch(query, *arguments)]
