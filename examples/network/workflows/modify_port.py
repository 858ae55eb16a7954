"""Change a port in service: its speed, which is another product, whether it carries traffic, its label."""

from pydantic import BaseModel, Field

from examples.network.links import AdminState, PortSpeed
from examples.network.products import PORTS, Port
from examples.network.services import NetworkController
from examples.network.workflows.create_port import Label
from examples.network.workflows.interface import settings_of
from examples.network.workflows.retrying import retry_while_unavailable
from examples.network.workflows.room import check_speed
from orchestrion import StepContext, StepList, Subscriptions, begin, done, modify_workflow, step


class ModifyPort(BaseModel):
    """What shall change; what is left out stays as it is."""

    speed: PortSpeed | None = Field(default=None, description="How fast it shall be: changes the product.")
    admin_state: AdminState | None = Field(default=None, description="Whether it shall carry traffic.")
    label: Label | None = Field(default=None, description="What people shall call it.")


@step("Change port")
async def change_port(
    port: Port,
    *,
    speed: PortSpeed | None,
    admin_state: AdminState | None,
    label: str | None,
    subscriptions: Subscriptions,
) -> Port:
    """Record the change; another speed makes it a subscription of another product."""
    if speed is not None and speed is not port.speed:
        await check_speed(port, speed, subscriptions=subscriptions)
        port = port.change_product(Port, PORTS[speed])
    if admin_state is not None:
        port.port.admin_state = admin_state
    if label is not None:
        port.port.label = label
    return port


@step("Set interface")
async def set_interface(port: Port, controller: NetworkController, context: StepContext) -> None:
    """Have the controller set the interface accordingly."""
    await controller.set_interface(
        port.port.node.hostname,
        port.port.number,
        settings=settings_of(port),
        idempotency_key=context.idempotency_key,
    )


@modify_workflow(Port, input=ModifyPort)
def modify_port() -> StepList:
    """Change a port's speed, state or label, and set its interface accordingly."""
    return begin >> change_port >> retry_while_unavailable(set_interface) >> done
