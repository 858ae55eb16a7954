"""Compare what is recorded of a node with what the controller knows of its device."""

from examples.network.network_elements import Device
from examples.network.products import Node
from examples.network.services import NetworkController
from examples.network.workflows.differences import Comparison, differences
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import InconsistentData, StepList, begin, done, step, validate_workflow


@step("Compare with controller")
async def compare_with_controller(node: Node, controller: NetworkController) -> None:
    """Fail, naming each difference, unless record and device agree."""
    device = await controller.find_device(node.node.hostname)
    if device is None:
        raise InconsistentData(f"the controller knows no device {node.node.hostname}")
    found = differences(comparisons(node, device))
    if found:
        raise InconsistentData(f"{node.node.hostname}: {'; '.join(found)}")


def comparisons(node: Node, device: Device) -> list[Comparison]:
    """What is compared."""
    role = device.config.role if device.config is not None else None
    return [
        ("rack position", node.node.rack_position, device.rack_position),
        ("management address", node.node.management.address, device.management_address),
        ("configuration version", node.node.configuration_version, device.configuration_version),
        ("role", node.node.role, role),
    ]


@validate_workflow(Node)
def validate_node() -> StepList:
    """Check a node in service against the controller."""
    return begin >> retry_while_unavailable(compare_with_controller) >> done
