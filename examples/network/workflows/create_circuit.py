"""Build a circuit: set it up between two ports, and have a person confirm that traffic passes."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from examples.network.links import BitsPerSecond, Vlan
from examples.network.products import Circuit, CircuitInactive, CircuitProvisioning, Port
from examples.network.workflows.confirmation import ConfirmationPage, Confirmed
from examples.network.workflows.provisioning import provision_circuit, record_provisioning
from examples.network.workflows.retrying import retry_while_unavailable
from examples.network.workflows.room import check_capacity, check_vlan
from orchestrion import (
    Ask,
    CustomerId,
    FormPage,
    OfModel,
    Product,
    StepList,
    SubscriptionId,
    Subscriptions,
    begin,
    create_workflow,
    done,
    input_step,
    step,
)

PortId = Annotated[SubscriptionId, OfModel(Port)]


class CreateCircuit(BaseModel):
    """What is needed to build a circuit."""

    port_a: PortId = Field(description="Where it shall begin.")
    port_b: PortId = Field(description="Where it shall end; another port.")
    capacity: BitsPerSecond = Field(description="How much it shall carry, in bit/s.")
    vlan_a: Vlan | None = Field(default=None, description="The VLAN where it begins; none: untagged.")
    vlan_b: Vlan | None = Field(default=None, description="The VLAN where it ends; none: untagged.")

    @model_validator(mode="after")
    def ends_are_different_ports(self) -> Self:
        """Refuse a circuit from a port to itself."""
        check_ports(self.port_a, self.port_b)
        return self


def check_ports(port_a: SubscriptionId, port_b: SubscriptionId) -> None:
    """Refuse a circuit from a port to itself."""
    if port_a == port_b:
        raise ValueError("found the same port at both ends, expected two")


class PortsPage(FormPage):
    """The first page: from where to where."""

    model_config = ConfigDict(title="Ports")

    port_a: PortId = Field(description="Where it shall begin.")
    port_b: PortId = Field(description="Where it shall end; another port.")
    capacity: BitsPerSecond = Field(description="How much it shall carry, in bit/s.")
    tagged: bool = Field(default=True, description="Whether its traffic carries VLAN tags.")

    @model_validator(mode="after")
    def ends_are_different_ports(self) -> Self:
        """Refuse a circuit from a port to itself."""
        check_ports(self.port_a, self.port_b)
        return self


class VlanPage(FormPage, last=True):
    """The second page, for tagged traffic: which VLANs."""

    model_config = ConfigDict(title="VLANs")

    vlan_a: Vlan = Field(description="The VLAN where it begins.")
    vlan_b: Vlan = Field(description="The VLAN where it ends.")


async def circuit_wizard(ask: Ask) -> CreateCircuit:
    """Ask a person for a circuit, page by page; there are no VLANs to ask for without tags."""
    ports = await ask(PortsPage)
    vlans = await ask(VlanPage) if ports.tagged else None
    return CreateCircuit(
        port_a=ports.port_a,
        port_b=ports.port_b,
        capacity=ports.capacity,
        vlan_a=vlans.vlan_a if vlans is not None else None,
        vlan_b=vlans.vlan_b if vlans is not None else None,
    )


@step("Construct subscription")
async def construct_circuit(
    product: Product,
    customer_id: CustomerId,
    *,
    port_a: Port,
    port_b: Port,
    capacity: int,
    vlan_a: int | None,
    vlan_b: int | None,
    subscriptions: Subscriptions,
) -> CircuitProvisioning:
    """Set up the circuit as it was asked for, if there is room for it on its ports."""
    for port, vlan in ((port_a, vlan_a), (port_b, vlan_b)):
        check_capacity(port, capacity)
        await check_vlan(port, vlan, subscriptions=subscriptions)
    circuit = CircuitInactive.new(product=product, customer_id=customer_id)
    circuit.circuit.name = f"circuit-{circuit.id.hex[-12:]}"
    circuit.circuit.capacity = capacity
    begins, ends = circuit.circuit.ends
    begins.port, begins.vlan = port_a.port, vlan_a
    ends.port, ends.vlan = port_b.port, vlan_b
    return circuit.transition(CircuitProvisioning)


class TrafficPage(ConfirmationPage, last=True):
    """Whoever tested the circuit says that it works."""

    model_config = ConfigDict(title="Confirm traffic")


@input_step("Confirm traffic", assignee="Network operations")
async def confirm_traffic(ask: Ask) -> Confirmed:
    """Wait for a person to confirm that traffic passes."""
    page = await ask(TrafficPage)
    return {"remark": page.remark}


@create_workflow(Circuit, input=CreateCircuit, form=circuit_wizard)
def create_circuit() -> StepList:
    """Build a circuit between two ports and put it into service."""
    return (
        begin
        >> construct_circuit
        >> retry_while_unavailable(provision_circuit)
        >> record_provisioning
        >> confirm_traffic
        >> done
    )
