"""A small catalogue to test the domain floor with: nodes with ports."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Interface
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from domain.ids import CustomerId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false

CUSTOMER = CustomerId("customer-1")
OTHER_CUSTOMER = CustomerId("customer-2")


class Media(StrEnum):
    COPPER = "copper"
    FIBRE = "fibre"


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    """A port of a node."""

    speed: int | None
    media: Media = Media.FIBRE
    vlans: list[int]


class PortBlockProvisioning(PortBlockInactive, lifecycle=[PROVISIONING]):
    speed: int


class PortBlock(PortBlockProvisioning, lifecycle=[ACTIVE]):
    pass


class NodeBlockInactive(ProductBlockModel, name="NodeBlock"):
    """A node of the network."""

    name: str
    rack: str | None
    loopback: IPv6Interface | None = None
    management: IPv4Address | None = None
    price: Decimal | None = None
    weight_kg: float | None = None
    redundant: bool = False
    serial: UUID | None = None
    installed_at: datetime | None = None
    ports: Annotated[list[PortBlockInactive], Field(max_length=8)]
    uplink: PortBlockInactive
    spare: PortBlockInactive | None


class NodeBlockProvisioning(NodeBlockInactive, lifecycle=[PROVISIONING]):
    ports: Annotated[list[PortBlockProvisioning], Field(max_length=8)]
    uplink: PortBlockProvisioning
    spare: PortBlockProvisioning | None


class NodeBlock(NodeBlockProvisioning, lifecycle=[ACTIVE]):
    rack: str
    ports: Annotated[list[PortBlock], Field(max_length=8)]
    uplink: PortBlock
    spare: PortBlock | None


class NodeInactive(SubscriptionModel, name="Node"):
    size: Literal["small", "large"]
    node: NodeBlockInactive


class NodeProvisioning(NodeInactive, lifecycle=[PROVISIONING]):
    node: NodeBlockProvisioning


class Node(NodeProvisioning, lifecycle=[ACTIVE]):
    node: NodeBlock


SMALL_NODE = Product(
    name="Small node",
    tag="NODE",
    product_type="Node",
    description="A node for a small site",
    model=Node,
    fixed_inputs={"size": "small"},
)
LARGE_NODE = Product(
    name="Large node",
    tag="NODE",
    product_type="Node",
    description="A node for a large site",
    model=Node,
    fixed_inputs={"size": "large"},
)
CATALOG = Catalog([SMALL_NODE, LARGE_NODE])


def new_node(*, name: str = "n1", customer: CustomerId = CUSTOMER) -> NodeInactive:
    """A node that was never saved, with an uplink of 10 Gbit/s."""
    return NodeInactive.new(
        product=SMALL_NODE,
        customer_id=customer,
        node=NodeBlockInactive.new(name=name, uplink=PortBlockInactive.new(speed=10**10)),
    )
