"""Whether circuits find room on ports, looked up in a real database."""

import inspect
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.listing.lookups import Subscriptions
from domain.storage.saving.saves import ChangeAuthor, save
from engine.steps import Step
from examples.network.links import PortSpeed
from examples.network.products import CATALOG, CIRCUIT, Circuit, CircuitInactive, CircuitProvisioning, Port
from examples.network.workflows.create_circuit import construct_circuit
from examples.network.workflows.modify_circuit import change_circuit
from examples.network.workflows.modify_port import change_port
from examples.network.workflows.room import NoRoom, check_vlan, circuits_on
from orchestrion import TERMINATED
from tests.examples.links import CUSTOMER, GBIT, make_circuit, make_node, make_port

AUTHOR = ChangeAuthor(actor="tester")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A node with a port of each speed and a circuit of 1 Gbit/s: VLAN 100 on the slow one, untagged else."""

    database: Database
    subscriptions: Subscriptions
    slow: Port
    fast: Port
    circuit: Circuit

    async def save(self, *models: SubscriptionModel) -> None:
        """Write what tests changed."""
        async with self.database.write() as connection:
            outcomes = await save(connection, [to_patch(model) for model in models], author=AUTHOR)
        assert all(isinstance(outcome, int) for outcome in outcomes.values()), outcomes

    async def loaded(self) -> Circuit:
        """The circuit as it is stored."""
        return await self.subscriptions.get(Circuit, self.circuit.id)


@pytest_asyncio.fixture
async def network(database: Database) -> AsyncGenerator[Network]:
    await sync(database, CATALOG)
    node = make_node()
    slow, fast = make_port(node, number=1), make_port(node, number=2, speed=PortSpeed.GBIT_100)
    built = Network(
        database=database,
        subscriptions=Subscriptions(database, CATALOG),
        slow=slow,
        fast=fast,
        circuit=make_circuit(slow, fast),
    )
    await built.save(node)
    await built.save(slow, fast)
    await built.save(built.circuit)
    yield built


async def carry_out(step: Step, **arguments: object) -> object:
    """What a step's function gives."""
    result = step.function(**arguments)
    assert inspect.isawaitable(result)
    return await result


async def construct(
    network: Network, *, vlan_a: int | None, vlan_b: int | None, capacity: int
) -> CircuitProvisioning:
    """A new circuit between the two ports."""
    circuit = await carry_out(
        construct_circuit,
        product=CIRCUIT,
        customer_id=CUSTOMER,
        port_a=network.slow,
        port_b=network.fast,
        capacity=capacity,
        vlan_a=vlan_a,
        vlan_b=vlan_b,
        subscriptions=network.subscriptions,
    )
    assert isinstance(circuit, CircuitProvisioning)
    return circuit


async def change_speed(network: Network, port: Port, speed: PortSpeed) -> Port:
    """The port with another speed."""
    changed = await carry_out(
        change_port,
        port=port,
        speed=speed,
        admin_state=None,
        label=None,
        subscriptions=network.subscriptions,
    )
    assert isinstance(changed, Port)
    return changed


async def test_the_circuits_on_a_port_are_those_that_are_not_terminated(network: Network) -> None:
    other = make_circuit(network.slow, network.fast, vlan=200)
    await network.save(other)
    before = await circuits_on(network.slow, network.subscriptions)
    stored = await network.subscriptions.get(Circuit, other.id)

    await network.save(stored.transition(CircuitInactive, TERMINATED))

    after = await circuits_on(network.slow, network.subscriptions)
    assert {circuit.id for circuit in before} == {network.circuit.id, other.id}
    assert [circuit.id for circuit in after] == [network.circuit.id]


@pytest.mark.parametrize(
    ("vlan_a", "vlan_b", "capacity", "reason"),
    [
        (100, 300, GBIT, "core-1 et-0/0/1: found its VLAN 100 with another circuit, expected it free"),
        (300, None, GBIT, "core-1 et-0/0/2: found its untagged traffic with another circuit"),
        (300, 300, 20 * GBIT, "core-1 et-0/0/1: found a speed of 10000000000 bit/s, expected at least"),
    ],
    ids=["a VLAN", "untagged traffic", "capacity"],
)
async def test_a_circuit_without_room_on_its_ports_is_not_constructed(
    network: Network, vlan_a: int | None, vlan_b: int | None, capacity: int, reason: str
) -> None:
    with pytest.raises(NoRoom, match=reason):
        await construct(network, vlan_a=vlan_a, vlan_b=vlan_b, capacity=capacity)


async def test_a_vlan_is_free_on_the_other_port(network: Network) -> None:
    circuit = await construct(network, vlan_a=300, vlan_b=100, capacity=10 * GBIT)

    assert [end.vlan for end in circuit.circuit.ends] == [300, 100]


async def test_a_circuit_is_not_in_its_own_way(network: Network) -> None:
    await check_vlan(network.slow, 100, subscriptions=network.subscriptions, circuit_id=network.circuit.id)

    changed = await carry_out(
        change_circuit,
        circuit=await network.loaded(),
        capacity=10 * GBIT,
        vlan_a=100,
        vlan_b=200,
        subscriptions=network.subscriptions,
    )

    assert isinstance(changed, Circuit)
    assert [end.vlan for end in changed.circuit.ends] == [100, 200]


async def test_a_port_is_not_slowed_down_below_its_circuits(network: Network) -> None:
    stored = await network.loaded()
    stored.circuit.capacity = 20 * GBIT
    await network.save(stored)

    with pytest.raises(NoRoom, match="found a circuit of 20000000000 bit/s on it, expected none above"):
        await change_speed(network, network.fast, PortSpeed.GBIT_10)

    faster = await change_speed(network, network.slow, PortSpeed.GBIT_100)
    assert faster.product == "Port 100G"
