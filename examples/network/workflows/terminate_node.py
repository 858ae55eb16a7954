"""Take a node out of service and give back what it occupied."""

from examples.network.products import Node
from examples.network.services import NetworkController
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import StepContext, StepList, begin, done, step, terminate_workflow


@step("Release device")
async def release_device(node: Node, controller: NetworkController, context: StepContext) -> None:
    """Give rack position and management address back to the controller."""
    await controller.release(node.node.hostname, idempotency_key=context.idempotency_key)


@terminate_workflow(Node)
def terminate_node() -> StepList:
    """Take a node out of service for good."""
    return begin >> retry_while_unavailable(release_device) >> done
