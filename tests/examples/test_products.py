"""What the sample's products guarantee: speeds, ends, references, descriptions."""

import pytest
from pydantic import ValidationError

from examples.network.blocks import AttachPointBlockInactive, NodeBlock, PortBlock
from examples.network.links import PortSpeed
from examples.network.products import (
    CATALOG,
    CIRCUIT,
    PORTS,
    CircuitInactive,
    CircuitProvisioning,
    Port,
    PortInactive,
)
from examples.network.sites import Role
from tests.examples.links import CUSTOMER, GBIT, make_circuit, make_node, make_port
from tests.parity import parity


def test_one_model_serves_both_speeds() -> None:
    products = {name: product for name, product in CATALOG.by_name.items() if product.model is Port}

    assert {name: product.fixed_inputs for name, product in products.items()} == {
        "Port 10G": {"speed": 10_000_000_000},
        "Port 100G": {"speed": 100_000_000_000},
    }
    for speed, product in PORTS.items():
        assert PortInactive.new(product=product, customer_id=CUSTOMER).speed is speed


def test_what_is_searched_for_is_indexed() -> None:
    indexed = [(field.family.name, field.name) for field in CATALOG.indexed_fields]

    assert indexed == [("NodeBlock", "hostname"), ("CircuitBlock", "name"), ("AttachPointBlock", "vlan")]


def test_a_node_is_described_by_what_it_does() -> None:
    node = make_node()
    before = node.describe()

    node.node.role = Role.ACCESS

    assert (before, node.describe()) == ("Core node core-1 in Amsterdam", "Access node core-1 in Amsterdam")


@parity("PM-10")
def test_a_port_refers_to_its_node_and_owns_its_interface() -> None:
    node = make_node()

    port = make_port(node, number=3)

    assert type(port.port.node) is NodeBlock
    assert (port.port.node.id, port.port.node.subscription_id) == (node.node.id, node.id)
    assert port.port.subscription_id == port.id
    assert port.describe() == "Port 10G at core-1 et-0/0/3"


@parity("PM-10")
def test_a_circuit_refers_to_its_ports_and_is_described_by_its_ends() -> None:
    node = make_node()
    ports = [make_port(node, number=number) for number in (1, 2)]

    circuit = make_circuit(*ports)

    assert [type(end.port) for end in circuit.circuit.ends] == [PortBlock, PortBlock]
    assert [end.port.subscription_id for end in circuit.circuit.ends] == [port.id for port in ports]
    assert circuit.circuit.route == "core-1 et-0/0/1 VLAN 100 - core-1 et-0/0/2"
    assert circuit.describe() == f"Circuit {circuit.circuit.route}"


def test_what_was_not_asked_for_yet_is_described_too() -> None:
    circuit = CircuitInactive.new(product=CIRCUIT, customer_id=CUSTOMER)

    assert circuit.describe() == "Circuit not placed - not placed"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_circuit_has_two_ends(count: int) -> None:
    circuit = CircuitInactive.new(product=CIRCUIT, customer_id=CUSTOMER)

    with pytest.raises(ValidationError, match="ends"):
        circuit.circuit.ends = [AttachPointBlockInactive.new() for _ in range(count)]

    assert len(circuit.circuit.ends) == 2


@pytest.mark.parametrize("vlan", [0, 1, 4095])
def test_a_vlan_of_another_use_is_refused(vlan: int) -> None:
    with pytest.raises(ValidationError, match="vlan"):
        AttachPointBlockInactive.new(vlan=vlan)


def test_a_circuit_without_a_port_cannot_be_provisioned() -> None:
    circuit = CircuitInactive.new(product=CIRCUIT, customer_id=CUSTOMER)
    circuit.circuit.name = "circuit-1"
    circuit.circuit.capacity = GBIT

    with pytest.raises(Exception, match="port") as refused:
        circuit.transition(CircuitProvisioning)

    assert type(refused.value).__name__ == "ModelMismatch"


@parity("PM-15")
def test_another_speed_is_another_product_of_the_same_subscription() -> None:
    port = make_port(make_node(), number=1)

    faster = port.change_product(Port, PORTS[PortSpeed.GBIT_100])

    assert (faster.id, faster.product, faster.speed) == (port.id, "Port 100G", PortSpeed.GBIT_100)
    assert faster.port.id == port.port.id
    assert faster.describe() == "Port 100G at core-1 et-0/0/1"
