"""The workflows of the network operator: for each model one of every target, and a task without a subject."""

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Annotated, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from bench.seeding.catalog import (
    Circuit,
    CircuitBlockInactive,
    CircuitInactive,
    EndpointBlockInactive,
    Media,
    Node,
    NodeBlockInactive,
    NodeInactive,
    Port,
    PortBlockInactive,
    PortInactive,
    Prefix,
    PrefixBlockInactive,
    PrefixInactive,
    Vendor,
    Vpn,
    VpnBlockInactive,
    VpnInactive,
)
from domain.ids import CustomerId, SubscriptionId
from domain.model.catalog import Product
from domain.model.subscriptions import SubscriptionModel
from engine.context import CallbackContext
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
from engine.workflows import Workflow

ENGINEERS = "network engineers"
"""Who is asked to confirm a change."""


class CreateNode(BaseModel):
    """What a node is like."""

    model_config = ConfigDict(extra="forbid")

    vendor: Vendor = Vendor.ACME
    site: Annotated[str, Field(min_length=2, description="Where it stands.")]


class CreatePort(BaseModel):
    """What a port is like."""

    node: Annotated[SubscriptionId, OfModel(Node)] = Field(description="The node it is on.")
    media: Media = Media.FIBRE


class CreateCircuit(BaseModel):
    """What a circuit is like."""

    bandwidth: Annotated[int, Field(ge=1, description="In bit/s.")]


class CreatePrefix(BaseModel):
    """What a prefix is like."""

    network: IPv4Network


class CreateVpn(BaseModel):
    """What a VPN is like."""

    multicast: bool = False


class Change(BaseModel):
    """What is to change."""

    ticket: Annotated[str, Field(min_length=1, description="Where the change was asked for.")]


class SitePage(FormPage):
    """Choose the site."""

    site: Annotated[str, Field(min_length=2)]


class VendorPage(FormPage, last=True):
    """Choose the vendor."""

    vendor: Vendor


class Confirmation(FormPage, last=True):
    """Confirm the change."""

    seen_by: Annotated[str, Field(min_length=1)]


class Report(BaseModel):
    """What the network reports."""

    revision: int


class Comparison(TypedDict):
    differences: int


@step("Make the node")
async def make_node(product: Product, customer_id: CustomerId, vendor: Vendor, site: str) -> NodeInactive:
    """Record the node."""
    node = NodeBlockInactive.new(vendor=vendor, site=site)
    return NodeInactive.new(product=product, customer_id=customer_id, node=node)


@step("Make the port")
async def make_port(product: Product, customer_id: CustomerId, node: Node, media: Media) -> PortInactive:
    """Record the port."""
    port = PortBlockInactive.new(media=media, node=node.node)
    return PortInactive.new(product=product, customer_id=customer_id, port=port)


@step("Make the circuit")
async def make_circuit(product: Product, customer_id: CustomerId, bandwidth: int) -> CircuitInactive:
    """Record the circuit."""
    circuit = CircuitBlockInactive.new(
        bandwidth=bandwidth, a_end=EndpointBlockInactive.new(), z_end=EndpointBlockInactive.new()
    )
    return CircuitInactive.new(product=product, customer_id=customer_id, circuit=circuit)


@step("Make the prefix")
async def make_prefix(product: Product, customer_id: CustomerId, network: IPv4Network) -> PrefixInactive:
    """Record the prefix."""
    return PrefixInactive.new(
        product=product, customer_id=customer_id, prefix=PrefixBlockInactive.new(prefix=network)
    )


@step("Make the VPN")
async def make_vpn(product: Product, customer_id: CustomerId, multicast: bool) -> VpnInactive:
    """Record the VPN."""
    return VpnInactive.new(
        product=product, customer_id=customer_id, vpn=VpnBlockInactive.new(multicast=multicast)
    )


@callback_step("Configure the network", result=Report)
async def configure(callback: CallbackContext) -> None:
    """Have the network configured; it calls back when that is done."""


@input_step("Confirm the change", assignee=ENGINEERS)
async def confirm(ask: Ask) -> Confirmation:
    """Have an engineer look at it."""
    return await ask(Confirmation)


@step("Compare with the network")
async def compare() -> Comparison:
    """Compare what is recorded with what the network has."""
    return {"differences": 0}


@step("Release what it used")
async def release() -> None:
    """Give everything back."""


@step("Note the change")
async def note_change(ticket: str) -> None:
    """Record why it was changed."""


async def node_wizard(ask: Ask) -> CreateNode:
    """Ask for the site, then for the vendor."""
    site = await ask(SitePage)
    return CreateNode(site=site.site, vendor=(await ask(VendorPage)).vendor)


@create_workflow(Node, input=CreateNode, form=node_wizard)
def create_node() -> StepList:
    """Put a node into service."""
    return begin >> make_node >> done


@create_workflow(Port, input=CreatePort)
def create_port() -> StepList:
    """Put a port into service."""
    return begin >> make_port >> done


@create_workflow(Circuit, input=CreateCircuit)
def create_circuit() -> StepList:
    """Put a circuit into service."""
    return begin >> make_circuit >> done


@create_workflow(Prefix, input=CreatePrefix)
def create_prefix() -> StepList:
    """Give out a prefix."""
    return begin >> make_prefix >> done


@create_workflow(Vpn, input=CreateVpn)
def create_vpn() -> StepList:
    """Put a VPN into service."""
    return begin >> make_vpn >> done


@task()
def compare_inventory() -> StepList:
    """Compare all that is recorded with the network's inventory."""
    return begin >> compare >> done


def _on(model: type[SubscriptionModel]) -> list[Workflow]:
    """What is done with the subscriptions of a model: change, comparison and end."""
    key = model.family().key
    return [
        modify_workflow(model, input=Change, description=f"Change a {key}.")(
            _giving(f"modify_{key}", begin >> note_change >> configure >> confirm >> done)
        ),
        validate_workflow(model, description=f"Compare a {key} with the network.")(
            _giving(f"validate_{key}", begin >> compare >> done)
        ),
        terminate_workflow(model, description=f"Take a {key} out of service.")(
            _giving(f"terminate_{key}", begin >> release >> done)
        ),
    ]


def _giving(name: str, steps: StepList) -> Callable[[], StepList]:
    """A function of this name that gives these steps."""

    def give() -> StepList:
        return steps

    give.__name__ = name
    return give


REGISTRY = Registry(
    [
        create_node,
        *_on(Node),
        create_port,
        *_on(Port),
        create_circuit,
        *_on(Circuit),
        create_prefix,
        *_on(Prefix),
        create_vpn,
        *_on(Vpn),
        compare_inventory,
    ]
)
