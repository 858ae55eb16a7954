"""The parts a node is made of, each in three lifecycles.

While a node is being ordered almost nothing is known; while it is being provisioned, what was asked for;
once it is active, everything. Each class says so by its types: a step that takes a `NodeProvisioning` can
rely on the hostname, and a node without an address cannot become active.
"""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field

from examples.network.sites import Role, Site
from orchestrion import ACTIVE, PROVISIONING, ProductBlockModel


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

    hostname: str | None = Field(
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

    hostname: str = Field(description="Name under which the controller knows the device.")
    site: Site = Field(description="Where it stands.")
    row: str = Field(description="Row of racks within the site.")
    role: Role = Field(description="What it does in the network.")
    management: ManagementBlockProvisioning = Field(description="How the controller will reach it.")


class NodeBlock(NodeBlockProvisioning, lifecycle=[ACTIVE]):
    """A device in service."""

    rack_position: str = Field(description="Rack and unit, given out by the controller.")
    configuration_version: int = Field(description="The configuration it runs, counted from 1.")
    management: ManagementBlock = Field(description="How the controller reaches it.")
