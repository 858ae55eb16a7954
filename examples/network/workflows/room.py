"""Whether a circuit finds room on a port: fast enough, and a VLAN that no other circuit has there.

These are looked up in the records before anything is changed. The controller has the last word: of two
circuits that are asked for at the same moment, it refuses the later one.
"""

from examples.network.blocks import PortBlockProvisioning
from examples.network.products import CIRCUIT, CircuitInactive, CircuitProvisioning, Port
from orchestrion import SubscriptionId, Subscriptions


class NoRoom(Exception):
    """A port has no room for what is asked of it."""

    def __init__(self, port: Port, *, found: str, expected: str) -> None:
        super().__init__(f"{port.port.place}: found {found}, expected {expected}")
        self.port_id = port.id


async def circuits_on(port: Port, subscriptions: Subscriptions) -> list[CircuitProvisioning]:
    """The circuits that use a port: those in service, and those that are being built."""
    users = await subscriptions.in_use_by(port.id, product_types={CIRCUIT.product_type})
    found = await subscriptions.many(CircuitInactive, [user.subscription_id for user in users])
    return [circuit for circuit in found.values() if isinstance(circuit, CircuitProvisioning)]


async def check_vlan(
    port: Port,
    vlan: int | None,
    *,
    subscriptions: Subscriptions,
    circuit_id: SubscriptionId | None = None,
) -> None:
    """Check that no circuit but this one has the VLAN on the port, or its untagged traffic.

    Raises:
        NoRoom: If another one has it.
    """
    for circuit in await circuits_on(port, subscriptions):
        if circuit.id == circuit_id:
            continue
        if any(owner_of(end.port) == port.id and end.vlan == vlan for end in circuit.circuit.ends):
            traffic = "its untagged traffic" if vlan is None else f"its VLAN {vlan}"
            raise NoRoom(port, found=f"{traffic} with another circuit", expected="it free")


def check_capacity(port: Port, capacity: int) -> None:
    """Check that the port is as fast as the circuit.

    Raises:
        NoRoom: If it is slower.
    """
    if capacity > port.speed:
        raise NoRoom(port, found=f"a speed of {port.speed} bit/s", expected=f"at least {capacity} bit/s")


async def check_speed(port: Port, speed: int, *, subscriptions: Subscriptions) -> None:
    """Check that no circuit on the port is faster than this.

    Raises:
        NoRoom: If one is.
    """
    for circuit in await circuits_on(port, subscriptions):
        if circuit.circuit.capacity > speed:
            needed = f"{circuit.circuit.capacity} bit/s"
            raise NoRoom(port, found=f"a circuit of {needed} on it", expected=f"none above {speed} bit/s")


def owner_of(port: PortBlockProvisioning) -> SubscriptionId:
    """The subscription that a port of a stored circuit belongs to."""
    assert port.subscription_id is not None, "a stored block belongs to a subscription"
    return port.subscription_id
