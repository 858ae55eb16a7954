"""A small application for these tests: nodes with ports, circuits between them, workflows of every kind."""

# pyright: reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import time, timedelta
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated, TypedDict

from annotated_types import Ge, Len
from pydantic import AnyUrl, BaseModel, ConfigDict, EmailStr, Field, IPvAnyAddress

from domain.ids import CustomerId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from engine.context import CallbackContext
from engine.errors import InconsistentData
from engine.of_model import OfModel
from engine.pages import Ask, FormPage
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import callback_step, input_step, step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    task,
    terminate_workflow,
    validate_workflow,
)
from tests.graph.circuits import Circuit, FibreBlock, FrameSize, RadioBlock, Site
from tests.graph.ports import PortBlock, PortBlockInactive, PortBlockProvisioning


class Role(StrEnum):
    """What a node is for."""

    CORE = "core"
    EDGE = "edge"


class NodeBlockInactive(ProductBlockModel, name="NodeBlock"):
    hostname: str | None = Field(default=None, description="The name of the node in the network.")
    role: Role | None = None
    serial: int | None = None
    loopback: IPv4Address | None = None
    tags: list[str] = Field(default_factory=list[str])
    ports: Annotated[list[PortBlockInactive], Len(0, 4)] = Field(default_factory=list[PortBlockInactive])
    uplink: PortBlockInactive | None = None


class NodeBlockProvisioning(NodeBlockInactive, lifecycle=[PROVISIONING]):
    hostname: str
    ports: Annotated[list[PortBlockProvisioning], Len(0, 4)] = Field(
        default_factory=list[PortBlockProvisioning]
    )
    uplink: PortBlockProvisioning | None = None


class NodeBlock(NodeBlockProvisioning, lifecycle=[ACTIVE]):
    role: Role
    serial: Annotated[int, Ge(1)]
    ports: Annotated[list[PortBlock], Len(0, 4)] = Field(default_factory=list[PortBlock])
    uplink: PortBlock | None = None


class NodeInactive(SubscriptionModel, name="Node"):
    vendor: str
    node: NodeBlockInactive


class NodeProvisioning(NodeInactive, lifecycle=[PROVISIONING]):
    node: NodeBlockProvisioning


class Node(NodeProvisioning, lifecycle=[ACTIVE]):
    node: NodeBlock


class PortSpeed(BaseModel):
    """One port that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str
    speed: Annotated[int, Ge(1)]


class CreateNode(BaseModel):
    """What a new node is like."""

    model_config = ConfigDict(extra="forbid")

    hostname: Annotated[str, Field(min_length=2, description="The name of the node in the network.")]
    role: Role = Role.EDGE
    loopback: IPv4Address | None = None
    ports: list[PortSpeed] = Field(default_factory=list[PortSpeed])


class Rename(BaseModel):
    """A new name."""

    hostname: str


class Confirmed(FormPage, last=True):
    """Confirm the installation."""

    serial: Annotated[int, Ge(1)]


class SitePage(FormPage):
    """Choose the site."""

    site: str


class HostPage(FormPage, last=True):
    """Name the node."""

    hostname: Annotated[str, Field(min_length=2)]


class Answer(BaseModel):
    """What the outside world reports."""

    model_config = ConfigDict(extra="forbid")

    reported: str


class Seen(TypedDict):
    seen: str


@step("Make the node")
async def make_node(
    product: Product, customer_id: CustomerId, hostname: str, role: Role, ports: list[PortSpeed]
) -> NodeInactive:
    """Make the subscription and its ports."""
    return NodeInactive.new(
        product=product,
        customer_id=customer_id,
        description=f"Node {hostname}",
        node=NodeBlockInactive.new(
            hostname=hostname,
            role=role,
            ports=[PortBlockInactive.new(name=port.name, speed=port.speed) for port in ports],
        ),
    )


@step("Begin provisioning")
async def provision(node: NodeInactive) -> NodeProvisioning:
    """Move the subscription on."""
    return node.transition(NodeProvisioning)


@input_step("Confirm installation", assignee="field engineer")
async def confirm(ask: Ask) -> Confirmed:
    """Ask for the serial number."""
    return await ask(Confirmed)


@step("Record serial")
async def record_serial(node: NodeProvisioning, serial: int) -> NodeProvisioning:
    """Note the serial number."""
    node.node.serial = serial
    return node


@create_workflow(Node, input=CreateNode)
def create_node() -> StepList:
    """Bring a node into service."""
    return begin >> make_node >> provision >> confirm >> record_serial >> done


async def host_wizard(ask: Ask) -> CreateNode:
    """Ask for the site, then for the name."""
    site = await ask(SitePage)
    host = await ask(HostPage)
    return CreateNode(hostname=f"{host.hostname}.{site.site}")


@create_workflow(Node, form=host_wizard)
def create_node_by_wizard() -> StepList:
    """Bring a node into service, asking page by page."""
    return begin >> make_node >> provision >> confirm >> record_serial >> done


@step("Rename node")
async def rename(node: Node, hostname: str) -> Node:
    """Give the node another name."""
    node.node.hostname = hostname
    return node


@modify_workflow(Node, input=Rename)
def rename_node() -> StepList:
    """Give a node another name."""
    return begin >> rename >> done


@step("Look at the node")
async def look(node: Node) -> Seen:
    """Fail if the node is named so."""
    if node.node.hostname.startswith("broken"):
        raise InconsistentData(f"{node.node.hostname} is not there")
    return {"seen": node.node.hostname}


@validate_workflow(Node)
def validate_node() -> StepList:
    """Check a node."""
    return begin >> look >> done


@terminate_workflow(Node)
def terminate_node() -> StepList:
    """Take a node out of service."""
    return begin >> done


class SetCircuit(BaseModel):
    """How a circuit is to be."""

    model_config = ConfigDict(extra="forbid")

    frame_size: FrameSize | None = None
    counter: int | None = None
    opens_at: time | None = None
    patience: timedelta | None = None
    contact: EmailStr | None = None
    manual: AnyUrl | None = None
    gateway: IPvAnyAddress | None = None
    site: Site | None = None
    node: Annotated[SubscriptionId, OfModel(Node)] | None = None
    nodes: list[Annotated[SubscriptionId, OfModel(Node)]] = Field(default_factory=list[SubscriptionId])


@step("Set the circuit")
async def set_values(circuit: Circuit) -> None:
    """Do nothing: what was given is in the state."""


@modify_workflow(Circuit, input=SetCircuit)
def set_circuit() -> StepList:
    """Say how a circuit is to be."""
    return begin >> set_values >> done


class NodePage(FormPage, last=True):
    """Choose a node."""

    node: Annotated[SubscriptionId, OfModel(Node)]


async def ask_for_node(ask: Ask) -> SetCircuit:
    """Ask for the node."""
    page = await ask(NodePage)
    return SetCircuit(node=page.node)


@modify_workflow(Circuit, form=ask_for_node)
def move_circuit() -> StepList:
    """Move a circuit to a node, asking for it."""
    return begin >> set_values >> done


class Outside:
    """A system that is given addresses to call back, in order."""

    def __init__(self) -> None:
        self.addresses: list[str] = []


OUTSIDE = Outside()


@asynccontextmanager
async def outside() -> AsyncGenerator[Outside]:
    """Give the one system there is."""
    yield OUTSIDE


@callback_step("Ask outside", result=Answer)
async def ask_outside(callback: CallbackContext, system: Outside) -> None:
    """Give the address to the system outside."""
    system.addresses.append(callback.callback_url)


@task()
def call_back() -> StepList:
    """Wait for a system outside."""
    return begin >> ask_outside >> done


CATALOG = Catalog(
    [
        Product(
            name=f"Node {vendor}",
            tag=vendor.upper(),
            product_type="Node",
            description=f"A node made by {vendor}.",
            model=Node,
            fixed_inputs={"vendor": vendor},
        )
        for vendor in ("acme", "umbrella")
    ]
    + [
        Product(
            name="Circuit",
            tag="CIRCUIT",
            product_type="Circuit",
            description="A circuit between ports.",
            model=Circuit,
            fixed_inputs={"frame_size": 9_000},
        )
    ],
    blocks=[FibreBlock, RadioBlock],
)

REGISTRY = Registry(
    [
        create_node,
        create_node_by_wizard,
        rename_node,
        validate_node,
        terminate_node,
        call_back,
        set_circuit,
        move_circuit,
    ],
    services={Outside: outside},
)
