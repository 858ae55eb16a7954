"""An interface as the controller is told of it: what creating, modifying and validating a port share."""

from examples.network.links import AdminState
from examples.network.network_elements import InterfaceSettings
from examples.network.products import PortProvisioning


def settings_of(port: PortProvisioning) -> InterfaceSettings:
    """What the port's interface is told."""
    return InterfaceSettings(
        speed=port.speed, enabled=port.port.admin_state is AdminState.UP, label=port.port.label
    )
