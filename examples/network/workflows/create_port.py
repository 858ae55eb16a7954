"""Build a port: reserve an interface of a node."""

from typing import Annotated

from pydantic import BaseModel, Field

from examples.network.links import AdminState
from examples.network.products import Node, Port, PortInactive, PortProvisioning
from examples.network.services import NetworkController
from examples.network.workflows.interface import settings_of
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import (
    CustomerId,
    OfModel,
    Product,
    StepContext,
    StepList,
    SubscriptionId,
    begin,
    create_workflow,
    done,
    step,
)

Label = Annotated[str, Field(min_length=1, max_length=60)]


class CreatePort(BaseModel):
    """What is needed to build a port; its speed comes with the product."""

    node: Annotated[SubscriptionId, OfModel(Node)] = Field(description="The node it shall be on.")
    admin_state: AdminState = Field(default=AdminState.UP, description="Whether it shall carry traffic.")
    label: Label | None = Field(default=None, description="What people call it.")


@step("Construct subscription")
async def construct_port(
    product: Product, customer_id: CustomerId, node: Node, admin_state: AdminState, label: str | None
) -> PortProvisioning:
    """Set up the port as it was asked for."""
    port = PortInactive.new(product=product, customer_id=customer_id)
    port.port.node = node.node
    port.port.admin_state = admin_state
    port.port.label = label
    return port.transition(PortProvisioning)


@step("Reserve interface")
async def reserve_interface(
    port: PortProvisioning, controller: NetworkController, context: StepContext
) -> PortProvisioning:
    """Have the controller give the port a free interface of its node."""
    interface = await controller.reserve_interface(
        port.port.node.hostname, settings_of(port), idempotency_key=context.idempotency_key
    )
    port.port.interface = interface.name
    port.port.number = interface.number
    return port


@create_workflow(Port, input=CreatePort)
def create_port() -> StepList:
    """Build a port on a node and put it into service."""
    return begin >> construct_port >> retry_while_unavailable(reserve_interface) >> done
