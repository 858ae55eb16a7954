"""Take a port out of service and give its interface back."""

from examples.network.products import Port
from examples.network.services import NetworkController
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import StepContext, StepList, begin, done, step, terminate_workflow


@step("Release interface")
async def release_interface(port: Port, controller: NetworkController, context: StepContext) -> None:
    """Give the interface back to the controller."""
    await controller.release_interface(
        port.port.node.hostname, port.port.number, idempotency_key=context.idempotency_key
    )


@terminate_workflow(Port)
def terminate_port() -> StepList:
    """Take a port out of service for good. Refused while circuits use it."""
    return begin >> retry_while_unavailable(release_interface) >> done
