"""Configuring a node's device: the steps that creating and modifying it share."""

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel

from examples.network.network_elements import DeviceConfig
from examples.network.products import NodeProvisioning
from examples.network.services import NetworkController
from orchestrion import CallbackContext, callback_step, step


class Configured(BaseModel):
    """What the controller posts when a device is configured."""

    configuration_version: int
    applied_at: AwareDatetime


@callback_step("Configure device", result=Configured, timeout=timedelta(minutes=10))
async def configure_device(
    node: NodeProvisioning, controller: NetworkController, context: CallbackContext
) -> None:
    """Send the device its configuration; the controller calls back when it is applied."""
    await controller.configure(
        node.node.hostname,
        DeviceConfig(site=node.node.site, role=node.node.role, description=node.describe()),
        callback_url=context.callback_url,
        idempotency_key=context.idempotency_key,
    )


@step("Record configuration")
async def record_configuration(node: NodeProvisioning, configuration_version: int) -> NodeProvisioning:
    """Note which configuration the device runs."""
    node.node.configuration_version = configuration_version
    return node
