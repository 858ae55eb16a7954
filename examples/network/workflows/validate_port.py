"""Compare what is recorded of a port with what the controller knows of its interface."""

from examples.network.network_elements import Interface
from examples.network.products import Port
from examples.network.services import NetworkController
from examples.network.workflows.differences import Comparison, differences
from examples.network.workflows.interface import settings_of
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import InconsistentData, StepList, begin, done, step, validate_workflow


@step("Compare with controller")
async def compare_interface(port: Port, controller: NetworkController) -> None:
    """Fail, naming each difference, unless record and interface agree."""
    interface = await controller.find_interface(port.port.node.hostname, port.port.number)
    if interface is None:
        raise InconsistentData(f"the controller has not reserved {port.port.place}")
    found = differences(comparisons(port, interface))
    if found:
        raise InconsistentData(f"{port.port.place}: {'; '.join(found)}")


def comparisons(port: Port, interface: Interface) -> list[Comparison]:
    """What is compared."""
    recorded = settings_of(port)
    return [
        ("interface", port.port.interface, interface.name),
        ("speed", recorded.speed, interface.speed),
        ("enabled", recorded.enabled, interface.enabled),
        ("label", recorded.label, interface.label),
    ]


@validate_workflow(Port)
def validate_port() -> StepList:
    """Check a port in service against the controller."""
    return begin >> retry_while_unavailable(compare_interface) >> done
