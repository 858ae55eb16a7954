"""Nodes, ports and circuits of the sample, as models."""

from ipaddress import IPv4Address, IPv4Network

from examples.network.blocks import NodeBlockInactive
from examples.network.links import AdminState, PortSpeed
from examples.network.products import (
    CIRCUIT,
    NODE,
    PORTS,
    Circuit,
    CircuitInactive,
    CircuitProvisioning,
    Node,
    NodeInactive,
    NodeProvisioning,
    Port,
    PortInactive,
    PortProvisioning,
)
from examples.network.sites import Role, Site
from orchestrion import CustomerId

CUSTOMER = CustomerId("demo")
GBIT = 1_000_000_000


def make_node() -> Node:
    """A node in service."""
    block = NodeBlockInactive.new(
        hostname="core-1",
        site=Site.AMSTERDAM,
        row="AMS-A",
        role=Role.CORE,
        rack_position="AMS-A01/1",
        configuration_version=2,
    )
    block.management.address = IPv4Address("10.20.0.2")
    block.management.prefix = IPv4Network("10.20.0.0/16")
    ordered = NodeInactive.new(product=NODE, customer_id=CUSTOMER, node=block)
    return ordered.transition(NodeProvisioning).transition(Node)


def make_port(node: Node, *, number: int, speed: PortSpeed = PortSpeed.GBIT_10) -> Port:
    """A port in service."""
    ordered = PortInactive.new(product=PORTS[speed], customer_id=CUSTOMER)
    ordered.port.node = node.node
    ordered.port.admin_state = AdminState.UP
    ordered.port.label = f"port {number}"
    port = ordered.transition(PortProvisioning)
    port.port.interface = f"et-0/0/{number}"
    port.port.number = number
    return port.transition(Port)


def make_circuit(port_a: Port, port_b: Port, *, vlan: int | None = 100) -> Circuit:
    """A circuit in service; where it ends it is untagged."""
    ordered = CircuitInactive.new(product=CIRCUIT, customer_id=CUSTOMER)
    begins, ends = ordered.circuit.ends
    begins.port, begins.vlan = port_a.port, vlan
    ends.port = port_b.port
    ordered.circuit.name = "circuit-1"
    ordered.circuit.capacity = GBIT
    circuit = ordered.transition(CircuitProvisioning)
    circuit.circuit.circuit_version = 1
    return circuit.transition(Circuit)
