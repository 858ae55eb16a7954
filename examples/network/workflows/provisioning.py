"""Provisioning a circuit: the steps that creating and modifying it share."""

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel

from examples.network.network_elements import CircuitEnd
from examples.network.products import CircuitProvisioning
from examples.network.services import NetworkController
from orchestrion import CallbackContext, callback_step, step


class Provisioned(BaseModel):
    """What the controller posts when a circuit is provisioned."""

    circuit_version: int
    applied_at: AwareDatetime


@callback_step("Provision circuit", result=Provisioned, timeout=timedelta(minutes=10))
async def provision_circuit(
    circuit: CircuitProvisioning, controller: NetworkController, context: CallbackContext
) -> None:
    """Have the controller set the circuit up; it calls back when that is done."""
    await controller.provision_circuit(
        circuit.circuit.name,
        capacity=circuit.circuit.capacity,
        ends=ends_of(circuit),
        callback_url=context.callback_url,
        idempotency_key=context.idempotency_key,
    )


@step("Record provisioning")
async def record_provisioning(circuit: CircuitProvisioning, circuit_version: int) -> CircuitProvisioning:
    """Note how the controller counts what it has set up."""
    circuit.circuit.circuit_version = circuit_version
    return circuit


def ends_of(circuit: CircuitProvisioning) -> tuple[CircuitEnd, ...]:
    """The circuit's ends as the controller is told of them."""
    return tuple(
        CircuitEnd(device=end.port.node.hostname, interface=end.port.number or 0, vlan=end.vlan)
        for end in circuit.circuit.ends
    )
