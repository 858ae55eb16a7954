"""The parts that nodes, ports and circuits are made of, each in three lifecycles.

While a node is being ordered almost nothing is known; while it is being provisioned, what was asked for;
once it is active, everything. Each class says so by its types: a step that takes a `NodeProvisioning` can
rely on the hostname, and a node without an address cannot become active.

A field marked `Reference()` holds a block of another subscription: a port is on a node, a circuit between
ports. The port is read with its node's block, writes its own, and keeps the node from being terminated.
"""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import Field, computed_field

from examples.network.links import AdminState, BitsPerSecond, Vlan
from examples.network.sites import Role, Site
from orchestrion import ACTIVE, PROVISIONING, Indexed, ProductBlockModel, Reference


class ManagementBlockInactive(ProductBlockModel, name="ManagementBlock"):
    """How the controller reaches a node."""

    address: IPv4Address | None = Field(default=None, description="Address of the management interface.")
    prefix: IPv4Network | None = Field(default=None, description="Prefix from which the address was taken.")


class ManagementBlockProvisioning(ManagementBlockInactive, lifecycle=[PROVISIONING]):
    """How the controller will reach a node: given out by the controller, so perhaps not known yet."""


class ManagementBlock(ManagementBlockProvisioning, lifecycle=[ACTIVE]):
    """How the controller reaches a node that is in service."""

    address: IPv4Address = Field(description="Address of the management interface.")
    prefix: IPv4Network = Field(description="Prefix from which the address was taken.")


class NodeBlockInactive(ProductBlockModel, name="NodeBlock"):
    """A device of the network."""

    hostname: Annotated[str | None, Indexed()] = Field(
        default=None, description="Name under which the controller knows the device."
    )
    site: Site | None = Field(default=None, description="Where it stands.")
    row: str | None = Field(default=None, description="Row of racks within the site.")
    role: Role | None = Field(default=None, description="What it does in the network.")
    rack_position: str | None = Field(default=None, description="Rack and unit, given out by the controller.")
    configuration_version: int | None = Field(
        default=None, description="The configuration it runs, counted from 1."
    )
    management: ManagementBlockInactive = Field(description="How the controller reaches it.")


class NodeBlockProvisioning(NodeBlockInactive, lifecycle=[PROVISIONING]):
    """A device that is being installed: it is known what was asked for."""

    hostname: Annotated[str, Indexed()] = Field(
        description="Name under which the controller knows the device."
    )
    site: Site = Field(description="Where it stands.")
    row: str = Field(description="Row of racks within the site.")
    role: Role = Field(description="What it does in the network.")
    management: ManagementBlockProvisioning = Field(description="How the controller will reach it.")


class NodeBlock(NodeBlockProvisioning, lifecycle=[ACTIVE]):
    """A device in service."""

    rack_position: str = Field(description="Rack and unit, given out by the controller.")
    configuration_version: int = Field(description="The configuration it runs, counted from 1.")
    management: ManagementBlock = Field(description="How the controller reaches it.")


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    """An interface of a node, into which a customer plugs in."""

    node: Annotated[NodeBlockInactive | None, Reference()] = Field(
        default=None, description="The node that has it, a subscription of its own."
    )
    interface: str | None = Field(default=None, description="Its name on the device.")
    number: int | None = Field(default=None, description="Its number on the device, given by the controller.")
    admin_state: AdminState | None = Field(default=None, description="Whether it is to carry traffic.")

    @computed_field(description="Device and interface, as far as they are known.")
    @property
    def place(self) -> str:
        """Device and interface, as far as they are known."""
        device = self.node.hostname if self.node is not None else None
        return " ".join(part for part in (device, self.interface) if part) or "not placed"


class PortBlockProvisioning(PortBlockInactive, lifecycle=[PROVISIONING]):
    """An interface that is being reserved."""

    node: Annotated[NodeBlockProvisioning, Reference()] = Field(
        description="The node that has it, a subscription of its own."
    )
    admin_state: AdminState = Field(description="Whether it is to carry traffic.")


class PortBlock(PortBlockProvisioning, lifecycle=[ACTIVE]):
    """An interface in service."""

    node: Annotated[NodeBlock, Reference()] = Field(
        description="The node that has it, a subscription of its own."
    )
    interface: str = Field(description="Its name on the device.")
    number: int = Field(description="Its number on the device, given by the controller.")


class AttachPointBlockInactive(ProductBlockModel, name="AttachPointBlock"):
    """Where a circuit begins or ends."""

    port: Annotated[PortBlockInactive | None, Reference()] = Field(
        default=None, description="The port it uses, a subscription of its own."
    )
    vlan: Annotated[Vlan | None, Indexed()] = Field(
        default=None, description="The VLAN on that port; none: untagged."
    )

    @property
    def place(self) -> str:
        """Device, interface and VLAN, as far as they are known."""
        port = self.port.place if self.port is not None else "not placed"
        return port if self.vlan is None else f"{port} VLAN {self.vlan}"


class AttachPointBlockProvisioning(AttachPointBlockInactive, lifecycle=[PROVISIONING]):
    """Where a circuit will begin or end."""

    port: Annotated[PortBlockProvisioning, Reference()] = Field(
        description="The port it uses, a subscription of its own."
    )


class AttachPointBlock(AttachPointBlockProvisioning, lifecycle=[ACTIVE]):
    """Where a circuit in service begins or ends."""

    port: Annotated[PortBlock, Reference()] = Field(
        description="The port it uses, a subscription of its own."
    )


class CircuitBlockInactive(ProductBlockModel, name="CircuitBlock"):
    """A connection between two ports."""

    name: Annotated[str | None, Indexed()] = Field(
        default=None, description="Name under which the controller knows the circuit."
    )
    capacity: BitsPerSecond | None = Field(default=None, description="How much it carries, in bit/s.")
    circuit_version: int | None = Field(
        default=None, description="How often the controller has set it up, counted from 1."
    )
    ends: Annotated[list[AttachPointBlockInactive], Field(min_length=2, max_length=2)] = Field(
        description="Where it begins and where it ends."
    )

    @computed_field(description="Both ends in words: device, interface and VLAN.")
    @property
    def route(self) -> str:
        """Both ends in words."""
        return " - ".join(end.place for end in self.ends)


class CircuitBlockProvisioning(CircuitBlockInactive, lifecycle=[PROVISIONING]):
    """A connection that is being made: it is known what was asked for."""

    name: Annotated[str, Indexed()] = Field(description="Name under which the controller knows the circuit.")
    capacity: BitsPerSecond = Field(description="How much it carries, in bit/s.")
    ends: Annotated[list[AttachPointBlockProvisioning], Field(min_length=2, max_length=2)] = Field(
        description="Where it begins and where it ends."
    )


class CircuitBlock(CircuitBlockProvisioning, lifecycle=[ACTIVE]):
    """A connection in service."""

    circuit_version: int = Field(description="How often the controller has set it up, counted from 1.")
    ends: Annotated[list[AttachPointBlock], Field(min_length=2, max_length=2)] = Field(
        description="Where it begins and where it ends."
    )
