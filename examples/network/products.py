"""What is sold: nodes, ports of two speeds, and circuits between ports."""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from examples.network.blocks import (
    CircuitBlock,
    CircuitBlockInactive,
    CircuitBlockProvisioning,
    NodeBlock,
    NodeBlockInactive,
    NodeBlockProvisioning,
    PortBlock,
    PortBlockInactive,
    PortBlockProvisioning,
)
from examples.network.links import PortSpeed
from orchestrion import ACTIVE, PROVISIONING, Catalog, Product, SubscriptionModel


class NodeInactive(SubscriptionModel, name="Node"):
    """A node of the network, held by a customer."""

    node: NodeBlockInactive = Field(description="The device.")

    def describe(self) -> str:
        """What it is and where, so that the description follows a change of either."""
        device = self.node
        if device.hostname is None or device.site is None or device.role is None:
            return self.description
        return f"{device.role.capitalize()} node {device.hostname} in {device.site.capitalize()}"


class NodeProvisioning(NodeInactive, lifecycle=[PROVISIONING]):
    """A node that is being installed."""

    node: NodeBlockProvisioning = Field(description="The device.")


class Node(NodeProvisioning, lifecycle=[ACTIVE]):
    """A node in service."""

    node: NodeBlock = Field(description="The device.")


class PortInactive(SubscriptionModel, name="Port"):
    """A port of a node, held by a customer."""

    speed: PortSpeed = Field(description="How fast it is: what tells the products apart.")
    port: PortBlockInactive = Field(description="The interface.")

    def describe(self) -> str:
        """The product and its place, so that the description follows a change of either."""
        return f"{self.product} at {self.port.place}"


class PortProvisioning(PortInactive, lifecycle=[PROVISIONING]):
    """A port that is being reserved."""

    port: PortBlockProvisioning = Field(description="The interface.")


class Port(PortProvisioning, lifecycle=[ACTIVE]):
    """A port in service."""

    port: PortBlock = Field(description="The interface.")


class CircuitInactive(SubscriptionModel, name="Circuit"):
    """A connection between two ports, held by a customer."""

    circuit: CircuitBlockInactive = Field(description="The connection.")

    def describe(self) -> str:
        """The route, so that the description follows the ends."""
        return f"Circuit {self.circuit.route}"


class CircuitProvisioning(CircuitInactive, lifecycle=[PROVISIONING]):
    """A connection that is being made."""

    circuit: CircuitBlockProvisioning = Field(description="The connection.")


class Circuit(CircuitProvisioning, lifecycle=[ACTIVE]):
    """A connection in service."""

    circuit: CircuitBlock = Field(description="The connection.")


NODE = Product(
    name="Node",
    tag="NODE",
    product_type="NODE",
    description="A managed device at one of our sites.",
    model=Node,
)

PORTS: Mapping[PortSpeed, Product] = MappingProxyType(
    {
        PortSpeed.GBIT_10: Product(
            name="Port 10G",
            tag="PORT10G",
            product_type="PORT",
            description="A port of 10 Gbit/s on one of our nodes.",
            model=Port,
            fixed_inputs={"speed": PortSpeed.GBIT_10.value},
        ),
        PortSpeed.GBIT_100: Product(
            name="Port 100G",
            tag="PORT100G",
            product_type="PORT",
            description="A port of 100 Gbit/s on one of our nodes.",
            model=Port,
            fixed_inputs={"speed": PortSpeed.GBIT_100.value},
        ),
    }
)
"""The products of the model Port, by what tells them apart."""

CIRCUIT = Product(
    name="Circuit",
    tag="CIRCUIT",
    product_type="CIRCUIT",
    description="A connection between two ports.",
    model=Circuit,
)

CATALOG = Catalog(products=[NODE, *PORTS.values(), CIRCUIT])
