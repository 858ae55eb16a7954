"""A second catalogue for the domain floor, beside nodes: circuits, which refer to ports of nodes.

It has what nodes have not: references, unions, abstract blocks, blocks inside blocks of their own kind, value
objects, and every kind of scalar.
"""

from datetime import date, time, timedelta
from decimal import Decimal
from enum import IntEnum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Annotated
from uuid import UUID

from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    EmailStr,
    Field,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
)

from domain.ids import CustomerId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Reference
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import (
    CUSTOMER,
    LARGE_NODE,
    SMALL_NODE,
    Media,
    PortBlock,
    PortBlockInactive,
    PortBlockProvisioning,
)

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


class Grade(IntEnum):
    BRONZE = 1
    GOLD = 3


class Contact(BaseModel):
    """Whom to call: a value object."""

    name: str
    email: EmailStr | None = None
    hours: list[time] = []


class RecordBlock(ProductBlockModel, name="RecordBlock"):
    """One value of every kind."""

    text: str | None
    flag: bool | None
    count: int | None
    ratio: float | None
    price: Decimal | None
    at: AwareDatetime | None
    on: date | None
    daily: time | None
    lasts: timedelta | None
    serial: UUID | None
    email: EmailStr | None
    page: AnyUrl | None
    v4: IPv4Address | None
    v6: IPv6Address | None
    v4_network: IPv4Network | None
    v6_network: IPv6Network | None
    v4_interface: IPv4Interface | None
    v6_interface: IPv6Interface | None
    address: IPvAnyAddress | None
    network: IPvAnyNetwork | None
    interface: IPvAnyInterface | None
    media: Media | None
    grade: Grade | None
    contact: Contact | None
    contacts: list[Contact]
    counts: list[int | None]
    ratios: list[float]


class Hop(ProductBlockModel):
    """A stretch of a circuit, of whatever kind: an abstract block."""

    cost: int | None


class FibreHop(Hop, name="FibreHop"):
    """A hop through a fibre."""

    length_m: float | None


class WaveHopInactive(Hop, name="WaveHop"):
    """A hop through a wave of light."""

    colour: int | None


class WaveHop(WaveHopInactive, lifecycle=[ACTIVE]):
    colour: int


class TreeBlock(ProductBlockModel, name="TreeBlock"):
    """A block that holds blocks of its own kind."""

    name: str | None
    first: "TreeBlock | None" = None
    rest: "list[TreeBlock]"


class EndpointBlockInactive(ProductBlockModel, name="EndpointBlock"):
    """An end of a circuit, on a port of a node."""

    vlan: int | None
    port: Annotated[PortBlockInactive | None, Reference()]


class EndpointBlockProvisioning(EndpointBlockInactive, lifecycle=[PROVISIONING]):
    port: Annotated[PortBlockProvisioning | None, Reference()]


class EndpointBlock(EndpointBlockProvisioning, lifecycle=[ACTIVE]):
    port: Annotated[PortBlock, Reference()]


class CircuitBlockInactive(ProductBlockModel, name="CircuitBlock"):
    """A circuit between endpoints."""

    name: str | None
    endpoints: Annotated[list[EndpointBlockInactive], Field(max_length=4)]
    hops: list[Hop]
    backup: FibreHop | WaveHopInactive | None
    extras: list[RecordBlock | TreeBlock]
    tree: Annotated[TreeBlock | None, Reference()]
    backbone: Annotated["CircuitBlockInactive | None", Reference()] = None


class CircuitBlockProvisioning(CircuitBlockInactive, lifecycle=[PROVISIONING]):
    endpoints: Annotated[list[EndpointBlockProvisioning], Field(max_length=4)]
    backbone: Annotated["CircuitBlockProvisioning | None", Reference()] = None


class CircuitBlock(CircuitBlockProvisioning, lifecycle=[ACTIVE]):
    endpoints: Annotated[list[EndpointBlock], Field(max_length=4)]
    backup: FibreHop | WaveHop | None
    backbone: Annotated["CircuitBlock | None", Reference()] = None


class CircuitInactive(SubscriptionModel, name="Circuit"):
    circuit: CircuitBlockInactive


class CircuitProvisioning(CircuitInactive, lifecycle=[PROVISIONING]):
    circuit: CircuitBlockProvisioning


class Circuit(CircuitProvisioning, lifecycle=[ACTIVE]):
    circuit: CircuitBlock


CIRCUIT = Product(
    name="Circuit",
    tag="CIRCUIT",
    product_type="Circuit",
    description="A circuit between ports of nodes",
    model=Circuit,
)
CIRCUITS = Catalog([SMALL_NODE, LARGE_NODE, CIRCUIT], blocks=[FibreHop, WaveHop])


def new_circuit(
    *ports: PortBlockInactive, name: str = "c1", customer: CustomerId = CUSTOMER
) -> CircuitInactive:
    """A circuit that was never saved, with an endpoint on each of the ports."""
    endpoints = [EndpointBlockInactive.new(vlan=100 + index, port=port) for index, port in enumerate(ports)]
    return CircuitInactive.new(
        product=CIRCUIT,
        customer_id=customer,
        circuit=CircuitBlockInactive.new(name=name, endpoints=endpoints),
    )
