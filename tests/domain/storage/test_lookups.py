"""What the authors of steps ask for."""

import pytest
import pytest_asyncio

from domain.errors import SubscriptionNotFound
from domain.ids import SubscriptionId, new_uuid7
from domain.model.lifecycle import ACTIVE, INITIAL
from domain.scope import Scope
from domain.storage.annotations import set_customer_description, set_metadata, set_note
from domain.storage.listing.filters import InvalidFilter
from domain.storage.listing.lookups import FieldNotFound, Subscriptions, UnexpectedModel
from domain.storage.related import Related
from tests.domain.circuits import CIRCUITS, Circuit, CircuitInactive, FibreHop, WaveHopInactive, new_circuit
from tests.domain.sample import (
    CUSTOMER,
    OTHER_CUSTOMER,
    Media,
    Node,
    NodeInactive,
    PortBlockInactive,
    new_node,
)
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog

MISSING = SubscriptionId(new_uuid7())


@pytest.fixture
def subscriptions(network: Store) -> Subscriptions:
    return Subscriptions(network.database, CIRCUITS)


@pytest_asyncio.fixture
async def node(network: Store) -> NodeInactive:
    node = new_node(name="amber", customer=OTHER_CUSTOMER)
    node.node.ports = [
        PortBlockInactive.new(speed=speed, vlans=[speed, 4], media=Media.COPPER) for speed in (3, 5)
    ]
    await network.save(node)
    loaded = await network.load(node.id)
    assert isinstance(loaded, NodeInactive)
    return loaded


@pytest_asyncio.fixture
async def circuit(network: Store, node: NodeInactive) -> CircuitInactive:
    circuit = new_circuit(node.node.ports[1], name="c")
    circuit.circuit.hops = [WaveHopInactive.new(colour=8), FibreHop.new(length_m=2.0)]
    await network.save(circuit)
    return circuit


@parity("PM-32")
async def test_subscriptions_come_as_the_class_that_is_asked_for(
    subscriptions: Subscriptions, node: NodeInactive, circuit: CircuitInactive, statements: StatementLog
) -> None:
    with statements.recorded() as executed:
        found = await subscriptions.get(NodeInactive, node.id)
        many = await subscriptions.many(NodeInactive, [node.id, MISSING])
        record = await subscriptions.record(circuit.id)

    assert executed.verbs == ["SELECT"] * 3
    assert found == node
    assert many == {node.id: node}
    assert (record.product_name, record.version) == ("Circuit", 1)
    assert await subscriptions.find(NodeInactive, MISSING) is None
    with pytest.raises(SubscriptionNotFound):
        await subscriptions.get(NodeInactive, MISSING)
    with pytest.raises(SubscriptionNotFound):
        await subscriptions.record(MISSING)
    with pytest.raises(UnexpectedModel):
        await subscriptions.get(CircuitInactive, node.id)
    with pytest.raises(UnexpectedModel):
        await subscriptions.get(Node, node.id)


@parity("PM-32")
async def test_subscriptions_are_found_by_the_value_of_a_block(
    subscriptions: Subscriptions, node: NodeInactive, circuit: CircuitInactive, statements: StatementLog
) -> None:
    with statements.recorded() as executed:
        by_name = await subscriptions.find_by_value(Node, "node.name", "amber")

    assert executed.verbs == ["SELECT"]
    assert by_name == [node.id]
    assert await subscriptions.find_by_value(Node, "node.ports.speed", 5) == [node.id]
    assert await subscriptions.find_by_value(Node, "node.ports.vlans", 4) == [node.id]
    assert await subscriptions.find_by_value(Node, "node.ports.vlans", 5, statuses=[ACTIVE]) == []
    assert await subscriptions.find_by_value(Node, "node.ports.vlans", 5, statuses=[INITIAL]) == [node.id]
    assert await subscriptions.find_by_value(Node, "node.rack", None) == [node.id]
    assert await subscriptions.find_by_value(Circuit, "circuit.endpoints.port.speed", 5) == [circuit.id]
    assert await subscriptions.find_by_value(Circuit, "circuit.endpoints.port.speed", 3) == []
    assert await subscriptions.find_by_value(Circuit, "circuit.hops.colour", 8) == [circuit.id]
    assert await subscriptions.find_by_value(Circuit, "circuit.hops.length_m", 2.0) == [circuit.id]
    for path in ("node", "rack.name", "node.colour", "node.ports.colour", "node.ports.speed.unit"):
        with pytest.raises(InvalidFilter):
            await subscriptions.find_by_value(Node, path, 1)


@parity("PM-32")
async def test_values_are_read_by_the_names_of_fields(
    subscriptions: Subscriptions, node: NodeInactive, circuit: CircuitInactive
) -> None:
    found = await subscriptions.values_of(node.id, ["speed", "name", "rack"])
    of_circuit = await subscriptions.values_of(circuit.id, ["speed", "vlan", "colour"])

    assert {name: sorted(map(str, values)) for name, values in found.items()} == {
        "speed": sorted(["3", "5", str(10**10)]),
        "name": ["amber"],
        "rack": [],
    }
    assert of_circuit == {"speed": [], "vlan": [100], "colour": [8]}
    with pytest.raises(FieldNotFound) as refused:
        await subscriptions.values_of(node.id, ["name", "rack"], strict=True)
    assert refused.value.fields == ("rack",)


@parity("PM-32")
async def test_relations_and_what_people_add_are_told(
    network: Store, subscriptions: Subscriptions, node: NodeInactive, circuit: CircuitInactive
) -> None:
    async with network.database.write() as connection:
        await set_note(connection, Scope.all(), node.id, "call first")
        await set_metadata(
            connection, Scope.all(), node.id, {"a": [1]}, expected_version=0, actor="ann", model=None
        )
        await set_customer_description(connection, Scope.all(), node.id, CUSTOMER, "ours", actor="ann")

    assert await subscriptions.depends_on(circuit.id) == [Related(subscription_id=node.id, depth=1)]
    assert await subscriptions.in_use_by(node.id) == [Related(subscription_id=circuit.id, depth=1)]
    assert await subscriptions.in_use_by(circuit.id) == ()
    assert await subscriptions.note(node.id) == "call first"
    assert await subscriptions.note(circuit.id) is None
    assert await subscriptions.metadata(node.id) == {"a": [1]}
    assert await subscriptions.metadata(circuit.id) == {}
    assert await subscriptions.description_for(node.id, CUSTOMER) == "ours"
    assert await subscriptions.description_for(node.id, OTHER_CUSTOMER) is None
