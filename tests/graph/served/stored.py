"""Subscriptions stored without any process, to be read."""

from collections.abc import Mapping, Sequence

from domain.ids import CustomerId, SubscriptionId
from domain.model.catalog import Product
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.saving.saves import ChangeAuthor, save
from domain.storage.subscriptions import SubscriptionRepository
from graph.ids import IdKind, encode_id
from tests.graph.application import CATALOG, Node, NodeBlockInactive, NodeInactive, NodeProvisioning, Role
from tests.graph.circuits import (
    Circuit,
    CircuitBlockInactive,
    CircuitInactive,
    CircuitProvisioning,
    RadioBlock,
)
from tests.graph.ports import PortBlockInactive

AUTHOR = ChangeAuthor(process_id=None, step_key=None, actor="a test")


class Stored:
    """Saves and loads models as a step does it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, *models: SubscriptionModel) -> None:
        """Saves, and frees the subscriptions of the lock that new ones have."""
        patches = [to_patch(model) for model in models]
        async with self._database.write() as connection:
            outcomes = await save(connection, patches, author=AUTHOR)
            await connection.execute("UPDATE subscription SET in_sync = true")
        assert all(isinstance(outcome, int) for outcome in outcomes.values()), outcomes

    async def load(self, subscription_id: SubscriptionId) -> SubscriptionModel:
        """One subscription."""
        trees = await SubscriptionRepository(self._database).trees(Scope.all(), [subscription_id])
        return to_model(CATALOG, trees[subscription_id])

    async def node(self, *, customer: str = "customer 1", ports: Sequence[str] = ("eth0",)) -> Node:
        """An active node with ports."""
        blocks = [PortBlockInactive.new(name=name, speed=1_000) for name in ports]
        block = NodeBlockInactive.new(hostname=f"{customer} node", role=Role.CORE, serial=1, ports=blocks)
        node = NodeInactive.new(
            product=product("Node acme"), customer_id=CustomerId(customer), description="A node", node=block
        )
        made = node.transition(NodeProvisioning, PROVISIONING).transition(Node, ACTIVE)
        await self.save(made)
        loaded = await self.load(made.id)
        assert isinstance(loaded, Node)
        return loaded

    async def circuit(
        self,
        main: PortBlockInactive | None = None,
        *ends: PortBlockInactive | RadioBlock,
        customer: str = "customer 1",
        active: bool = True,
        values: Mapping[str, object] | None = None,
    ) -> CircuitInactive:
        """A circuit that refers to ports of any subscriptions."""
        given: dict[str, object] = {"name": "c1", "frame_size": 1_500, "main": main, "ends": list(ends)}
        circuit: CircuitInactive = CircuitInactive.new(
            product=product("Circuit"),
            customer_id=CustomerId(customer),
            description="A circuit",
            circuit=CircuitBlockInactive.new(**{**given, **(values or {})}),
        )
        if active:
            circuit = circuit.transition(CircuitProvisioning, PROVISIONING).transition(Circuit, ACTIVE)
        await self.save(circuit)
        loaded = await self.load(circuit.id)
        assert isinstance(loaded, CircuitInactive)
        return loaded


def product(name: str) -> Product:
    """A product of the tests' application."""
    return CATALOG.product(name)


def subscription_of(model: SubscriptionModel) -> str:
    """The id of a subscription, as clients see it."""
    return encode_id(IdKind.SUBSCRIPTION, model.id)
