"""A network operator's catalogue: nodes, their ports, circuits between ports, address space, and L3 VPNs."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Interface
from typing import Annotated, Literal

from pydantic import Field

from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Indexed, Reference
from domain.model.lifecycle import ACTIVE, PROVISIONING, ProductStatus
from domain.model.subscriptions import SubscriptionModel

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


class Vendor(StrEnum):
    ACME = "acme"
    GLOBEX = "globex"
    INITECH = "initech"


class Media(StrEnum):
    COPPER = "copper"
    FIBRE = "fibre"


class TransceiverBlock(ProductBlockModel, name="TransceiverBlock"):
    """An optical module in a card; the same in every status."""

    serial: str
    wavelength_nm: float | None


class CardBlock(ProductBlockModel, name="CardBlock"):
    """A line card of a node; the same in every status."""

    slot: int
    transceivers: list[TransceiverBlock]


class NodeBlockInactive(ProductBlockModel, name="NodeBlock"):
    """A router."""

    hostname: Annotated[str | None, Indexed()]
    vendor: Vendor
    site: str
    loopback: IPv6Interface | None
    management: IPv4Address | None
    power_w: Decimal | None
    commissioned: date | None
    cards: Annotated[list[CardBlock], Field(max_length=16)]


class NodeBlockProvisioning(NodeBlockInactive, lifecycle=[PROVISIONING]):
    hostname: Annotated[str, Indexed()]


class NodeBlock(NodeBlockProvisioning, lifecycle=[ACTIVE]):
    loopback: IPv6Interface
    commissioned: date


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    """A port on somebody's node."""

    name: str | None
    media: Media = Media.FIBRE
    mtu: Annotated[int, Indexed()] = 1500
    enabled: bool = False
    vlans: list[int]
    node: Annotated[NodeBlockInactive | None, Reference()]


class PortBlockProvisioning(PortBlockInactive, lifecycle=[PROVISIONING]):
    name: str
    node: Annotated[NodeBlockProvisioning, Reference()]


class PortBlock(PortBlockProvisioning, lifecycle=[ACTIVE]):
    node: Annotated[NodeBlock, Reference()]


class EndpointBlockInactive(ProductBlockModel, name="EndpointBlock"):
    """One end of a circuit."""

    vlan: Annotated[int | None, Indexed()]
    port: Annotated[PortBlockInactive | None, Reference()]


class EndpointBlockProvisioning(EndpointBlockInactive, lifecycle=[PROVISIONING]):
    port: Annotated[PortBlockProvisioning, Reference()]


class EndpointBlock(EndpointBlockProvisioning, lifecycle=[ACTIVE]):
    vlan: Annotated[int, Indexed()]
    port: Annotated[PortBlock, Reference()]


class CircuitBlockInactive(ProductBlockModel, name="CircuitBlock"):
    """A path between two ports."""

    circuit_number: Annotated[str | None, Indexed()]
    bandwidth: int | None
    latency_ms: float | None
    monthly_fee: Annotated[Decimal | None, Indexed()]
    a_end: EndpointBlockInactive
    z_end: EndpointBlockInactive


class CircuitBlockProvisioning(CircuitBlockInactive, lifecycle=[PROVISIONING]):
    bandwidth: int
    a_end: EndpointBlockProvisioning
    z_end: EndpointBlockProvisioning


class CircuitBlock(CircuitBlockProvisioning, lifecycle=[ACTIVE]):
    circuit_number: Annotated[str, Indexed()]
    a_end: EndpointBlock
    z_end: EndpointBlock


class PrefixBlockInactive(ProductBlockModel, name="PrefixBlock"):
    """Addresses, cut out of a larger prefix or not."""

    prefix: Annotated[IPv4Network | None, Indexed()]
    gateway: IPv4Address | None
    tags: list[str]
    parent: Annotated["PrefixBlockInactive | None", Reference()]


class PrefixBlockProvisioning(PrefixBlockInactive, lifecycle=[PROVISIONING]):
    parent: Annotated["PrefixBlockProvisioning | None", Reference()]


class PrefixBlock(PrefixBlockProvisioning, lifecycle=[ACTIVE]):
    prefix: Annotated[IPv4Network, Indexed()]
    parent: Annotated["PrefixBlock | None", Reference()]


class PortAttachmentBlockInactive(ProductBlockModel, name="PortAttachmentBlock"):
    """A VPN's place on a port."""

    vlan: Annotated[int | None, Indexed()]
    address: IPv4Address | None
    port: Annotated[PortBlockInactive | None, Reference()]


class PortAttachmentBlockProvisioning(PortAttachmentBlockInactive, lifecycle=[PROVISIONING]):
    port: Annotated[PortBlockProvisioning, Reference()]


class PortAttachmentBlock(PortAttachmentBlockProvisioning, lifecycle=[ACTIVE]):
    vlan: Annotated[int, Indexed()]
    port: Annotated[PortBlock, Reference()]


class CircuitAttachmentBlockInactive(ProductBlockModel, name="CircuitAttachmentBlock"):
    """A VPN's place at the end of a circuit."""

    metric: int
    circuit: Annotated[CircuitBlockInactive | None, Reference()]


class CircuitAttachmentBlockProvisioning(CircuitAttachmentBlockInactive, lifecycle=[PROVISIONING]):
    circuit: Annotated[CircuitBlockProvisioning, Reference()]


class CircuitAttachmentBlock(CircuitAttachmentBlockProvisioning, lifecycle=[ACTIVE]):
    circuit: Annotated[CircuitBlock, Reference()]


class VpnBlockInactive(ProductBlockModel, name="VpnBlock"):
    """A routed network of one customer."""

    route_distinguisher: Annotated[str | None, Indexed()]
    multicast: bool = False
    attachments: list[PortAttachmentBlockInactive | CircuitAttachmentBlockInactive]
    prefixes: Annotated[list[PrefixBlockInactive], Reference()]


class VpnBlockProvisioning(VpnBlockInactive, lifecycle=[PROVISIONING]):
    attachments: list[PortAttachmentBlockProvisioning | CircuitAttachmentBlockProvisioning]
    prefixes: Annotated[list[PrefixBlockProvisioning], Reference()]


class VpnBlock(VpnBlockProvisioning, lifecycle=[ACTIVE]):
    route_distinguisher: Annotated[str, Indexed()]
    attachments: list[PortAttachmentBlock | CircuitAttachmentBlock]
    prefixes: Annotated[list[PrefixBlock], Reference()]


class NodeInactive(SubscriptionModel, name="Node"):
    kind: Literal["core", "edge"]
    node: NodeBlockInactive


class NodeProvisioning(NodeInactive, lifecycle=[PROVISIONING]):
    node: NodeBlockProvisioning


class Node(NodeProvisioning, lifecycle=[ACTIVE]):
    node: NodeBlock


class PortInactive(SubscriptionModel, name="Port"):
    speed: int
    port: PortBlockInactive


class PortProvisioning(PortInactive, lifecycle=[PROVISIONING]):
    port: PortBlockProvisioning


class Port(PortProvisioning, lifecycle=[ACTIVE]):
    port: PortBlock


class CircuitInactive(SubscriptionModel, name="Circuit"):
    protected: bool
    circuit: CircuitBlockInactive


class CircuitProvisioning(CircuitInactive, lifecycle=[PROVISIONING]):
    circuit: CircuitBlockProvisioning


class Circuit(CircuitProvisioning, lifecycle=[ACTIVE]):
    circuit: CircuitBlock


class PrefixInactive(SubscriptionModel, name="Prefix"):
    prefix: PrefixBlockInactive


class PrefixProvisioning(PrefixInactive, lifecycle=[PROVISIONING]):
    prefix: PrefixBlockProvisioning


class Prefix(PrefixProvisioning, lifecycle=[ACTIVE]):
    prefix: PrefixBlock


class VpnInactive(SubscriptionModel, name="Vpn"):
    vpn: VpnBlockInactive


class VpnProvisioning(VpnInactive, lifecycle=[PROVISIONING]):
    vpn: VpnBlockProvisioning


class Vpn(VpnProvisioning, lifecycle=[ACTIVE]):
    vpn: VpnBlock


def _product(
    name: str,
    model: type[SubscriptionModel],
    *,
    status: ProductStatus = ProductStatus.ACTIVE,
    **fixed_inputs: JsonValue,
) -> Product:
    family = model.family().name
    return Product(
        name=name,
        tag=family.upper(),
        product_type=family,
        description=f"{name} of the network",
        model=model,
        status=status,
        fixed_inputs=fixed_inputs,
    )


CORE_NODE = _product("Core node", Node, kind="core")
EDGE_NODE = _product("Edge node", Node, kind="edge")
PORT_1G = _product("Port 1G", Port, speed=10**9)
PORT_10G = _product("Port 10G", Port, speed=10**10)
PORT_100G = _product("Port 100G", Port, speed=10**11)
CIRCUIT = _product("Circuit", Circuit, protected=False)
PROTECTED_CIRCUIT = _product("Protected circuit", Circuit, protected=True)
LEASED_LINE = _product("Leased line", Circuit, status=ProductStatus.PHASE_OUT, protected=False)
IP_PREFIX = _product("IP prefix", Prefix)
L3_VPN = _product("L3 VPN", Vpn)

CATALOG = Catalog(
    [
        CORE_NODE,
        EDGE_NODE,
        PORT_1G,
        PORT_10G,
        PORT_100G,
        CIRCUIT,
        PROTECTED_CIRCUIT,
        LEASED_LINE,
        IP_PREFIX,
        L3_VPN,
    ]
)
