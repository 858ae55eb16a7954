"""A site of work that can be made to go wrong: processes, workers, the outside world, and the time."""

import tempfile
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import Refusal
from engine.states import TERMINAL, ProcessStatus
from engine.store.records import ProcessRecord
from tests.engine.run.house import ACTOR, PORT, House
from tests.faults.ledger import Ledger
from tests.faults.proxy import Proxy, Trap
from tests.faults.worker import WorkerOrder
from tests.faults.workers import Door, Nursery, WorkerProcess
from tests.waiting import eventually

PATIENCE_S = 30.0
LEASE_S = 20.0
"""Longer than any scenario takes: leases expire when the test lets time pass, and not before."""

_DELIVERY: JsonValue = {"parcel": "P-1"}

_LET_LEASES_EXPIRE = """
UPDATE process
SET lease_until = lease_until - make_interval(secs => $1), wake_at = wake_at - make_interval(secs => $1),
    modified_at = modified_at - make_interval(secs => $1)
WHERE status NOT IN ('COMPLETED', 'ABORTED')
"""


@dataclass(slots=True, kw_only=True)
class Site:
    """One database, its workers, and the outside world."""

    house: House
    nursery: Nursery
    door: Door
    folder: Path
    workers: list[WorkerProcess] = field(default_factory=list[WorkerProcess])

    @property
    def ledger(self) -> Ledger:
        """What the steps of the workers did."""
        return Ledger(self.folder / "ledger")

    async def hire(
        self,
        *,
        through: Proxy | None = None,
        stops: Collection[str] = (),
        lease_s: float = LEASE_S,
        poll_s: float = 0.5,
    ) -> WorkerProcess:
        """A new worker, at work; it reaches the database itself or through a proxy."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        process_id = await self.nursery.raise_worker(
            WorkerOrder(
                dsn=self.house.database.dsn if through is None else through.dsn,
                door=str(self.folder / "door"),
                ledger=str(self.ledger.path),
                log=str(log),
                stops=list(stops),
                lease_s=lease_s,
                heartbeat_s=min(0.5, lease_s / 3),
                reconcile_s=0.2,
                poll_s=poll_s,
            )
        )
        worker = WorkerProcess(process_id, log, await self.door.life_line(process_id))
        self.workers.append(worker)
        return worker

    async def start(self, workflow: str, processes: int = 1) -> list[ProcessId]:
        """Start processes of a workflow."""
        if workflow == "modify_port":
            ports = [await self.house.create_port() for _ in range(processes)]
            return [await self.house.modify(port, speed=40) for port in ports]
        values: dict[str, JsonValue] = PORT if workflow == "create_port" else {"text": "a"}
        return [await self.house.start(workflow, **values) for _ in range(processes)]

    async def until_sprung(self, trap: Trap, answering: Collection[ProcessId] = ()) -> None:
        """Wait until something is held in the trap; meanwhile the outside world answers these processes."""

        async def sprung() -> bool:
            await self.answer(answering)
            return trap.sprung.is_set()

        try:
            await eventually(sprung, deadline_s=PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"nothing came by at {trap.mark}\n{self.logs()}") from None

    async def until_answered(self, trap: Trap) -> None:
        """Wait until something is held in the trap, and let it go on."""
        await self.until_sprung(trap)
        trap.open()

    async def answer(self, process_ids: Collection[ProcessId]) -> None:
        """What the outside world does: it answers whoever waits for it."""
        for process in await self._processes(process_ids):
            with suppress(Refusal):
                if process.status is ProcessStatus.SUSPENDED:
                    await self.give_input(process.id)
                elif process.status is ProcessStatus.AWAITING_CALLBACK:
                    await self.call_back(process.id)

    async def give_input(self, process_id: ProcessId) -> None:
        await self.house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())

    async def call_back(self, process_id: ProcessId) -> None:
        token = self.ledger.find_token(process_id)
        assert token is not None, "no address was given away"
        await self.house.commands.receive_callback(token, _DELIVERY)

    async def abort(self, process_id: ProcessId) -> None:
        await self.house.abort(process_id)

    async def let_leases_expire(self) -> None:
        """Let as much time pass as a lease lasts, and as a reconciler is patient."""
        await self.house.rows(_LET_LEASES_EXPIRE, LEASE_S + 1)

    async def until_ended(self, process_ids: Sequence[ProcessId]) -> None:
        """Wait until every process has ended; those that wait for the outside world are answered.

        Raises:
            AssertionError: if one fails, or does not end.
        """

        async def ended() -> bool:
            await self.answer(process_ids)
            processes = await self._processes(process_ids)
            failed = [process for process in processes if process.status is ProcessStatus.FAILED]
            assert not failed, f"{failed}\n{self.logs()}"
            return all(process.status in TERMINAL for process in processes)

        try:
            await eventually(ended, deadline_s=PATIENCE_S)
        except TimeoutError:
            found = [process for process in await self._processes(process_ids) if process.ended_at is None]
            raise AssertionError(f"not ended: {found}\n{self.logs()}") from None

    def logs(self) -> str:
        """What the workers had to say."""
        return "\n".join(
            f"--- {worker.log.name}\n{worker.log.read_text()[-3000:]}"
            for worker in self.workers
            if worker.log.exists()
        )

    async def _processes(self, process_ids: Collection[ProcessId]) -> list[ProcessRecord]:
        if not process_ids:
            return []
        found = await self.house.processes.by_ids(Scope.all(), process_ids)
        return list(found.values())


@asynccontextmanager
async def opened_site(dsn: str, nursery: Nursery) -> AsyncGenerator[Site]:
    """A site on a database; whatever becomes of the test, its workers are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="o-") as name:
        folder = Path(name)
        async with (
            Database(dsn, read_pool_size=2, write_pool_size=4) as database,
            Door().opened(folder / "door") as door,
        ):
            site = Site(house=House(database), nursery=nursery, door=door, folder=folder)
            try:
                yield site
            finally:
                for worker in site.workers:
                    await worker.kill()
