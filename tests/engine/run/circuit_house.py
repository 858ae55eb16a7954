"""An engine whose subscriptions are related: ports, and circuits over them."""

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import Refusal
from engine.states import ProcessStatus
from tests.engine.run.application import Stage
from tests.engine.run.circuits import CIRCUITS, new_circuits_registry
from tests.engine.run.house import ACTOR, House


class CircuitHouse(House):
    """The application of circuits on one database."""

    def __init__(self, database: Database) -> None:
        stage = Stage()
        super().__init__(database, registry=new_circuits_registry(stage), stage=stage, catalog=CIRCUITS)

    async def new_port(self, customer: str = "acme", *, speed: int = 10) -> SubscriptionId:
        """A port in service, made by a process that has ended."""
        return await self._made("create_port", customer_id=customer, speed=speed)

    async def new_circuit(self, port: SubscriptionId, customer: str = "acme") -> SubscriptionId:
        """A circuit over a port, made by a process that has ended."""
        return await self._made(
            "create_circuit", product="Circuit", customer_id=customer, vlan=1, port=str(port)
        )

    async def begin(
        self, workflow: str, subject: SubscriptionId | None = None, /, **values: JsonValue
    ) -> ProcessId:
        """Start a process."""
        return await self.begin_within(Scope.all(), workflow, subject, **values)

    async def begin_within(
        self, scope: Scope, workflow: str, subject: SubscriptionId | None = None, /, **values: JsonValue
    ) -> ProcessId:
        """Start a process for somebody of this scope."""
        started = await self.commands.start(
            workflow, values=values, subscription_id=subject, actor=ACTOR, scope=scope
        )
        return started.process_id

    async def attempt(
        self, workflow: str, subject: SubscriptionId | None = None, /, **values: JsonValue
    ) -> ProcessId | Refusal:
        """Start a process, or why not."""
        try:
            return await self.begin(workflow, subject, **values)
        except Refusal as refusal:
            return refusal

    async def started(self) -> int:
        """How many processes there are."""
        return await self.processes.count(Scope.all())

    async def _made(self, workflow: str, **values: JsonValue) -> SubscriptionId:
        async with self.working():
            process_id = await self.begin(workflow, **values)
            await self.until(process_id, ProcessStatus.COMPLETED)
        return (await self.processes.subscriptions_of([process_id]))[process_id][0]


ACME, OTHER = CustomerId("acme"), CustomerId("other")
