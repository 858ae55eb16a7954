"""Change a circuit in service: how much it carries, and its VLANs."""

from pydantic import BaseModel, Field

from examples.network.links import BitsPerSecond, Vlan
from examples.network.products import Circuit, Port
from examples.network.workflows.provisioning import provision_circuit, record_provisioning
from examples.network.workflows.retrying import retry_while_unavailable
from examples.network.workflows.room import check_capacity, check_vlan, owner_of
from orchestrion import StepList, Subscriptions, begin, done, modify_workflow, step


class ModifyCircuit(BaseModel):
    """What shall change; what is left out stays as it is."""

    capacity: BitsPerSecond | None = Field(default=None, description="How much it shall carry, in bit/s.")
    vlan_a: Vlan | None = Field(default=None, description="The VLAN where it shall begin.")
    vlan_b: Vlan | None = Field(default=None, description="The VLAN where it shall end.")


@step("Change circuit")
async def change_circuit(
    circuit: Circuit,
    *,
    capacity: int | None,
    vlan_a: int | None,
    vlan_b: int | None,
    subscriptions: Subscriptions,
) -> Circuit:
    """Record the change, if there is room for it on the ports."""
    if capacity is not None:
        circuit.circuit.capacity = capacity
    for end, vlan in zip(circuit.circuit.ends, (vlan_a, vlan_b), strict=True):
        if vlan is not None:
            end.vlan = vlan
        port = await subscriptions.get(Port, owner_of(end.port))
        check_capacity(port, circuit.circuit.capacity)
        await check_vlan(port, end.vlan, subscriptions=subscriptions, circuit_id=circuit.id)
    return circuit


@modify_workflow(Circuit, input=ModifyCircuit)
def modify_circuit() -> StepList:
    """Change a circuit's capacity or VLANs and have it provisioned accordingly."""
    return (
        begin >> change_circuit >> retry_while_unavailable(provision_circuit) >> record_provisioning >> done
    )
