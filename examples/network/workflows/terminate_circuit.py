"""Take a circuit out of service."""

from examples.network.products import Circuit
from examples.network.services import NetworkController
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import StepContext, StepList, begin, done, step, terminate_workflow


@step("Release circuit")
async def release_circuit(circuit: Circuit, controller: NetworkController, context: StepContext) -> None:
    """Have the controller take the circuit down; its ports and VLANs are free again."""
    await controller.release_circuit(circuit.circuit.name, idempotency_key=context.idempotency_key)


@terminate_workflow(Circuit)
def terminate_circuit() -> StepList:
    """Take a circuit out of service for good."""
    return begin >> retry_while_unavailable(release_circuit) >> done
