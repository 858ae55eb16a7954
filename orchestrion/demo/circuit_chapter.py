"""The second chapter: two ports of the node, a circuit between them, and what that forbids."""

from engine.states import ProcessStatus
from orchestrion.demo import operations
from orchestrion.demo.answers import Subscription
from orchestrion.demo.failures import UnexpectedTurn
from orchestrion.demo.telling import Telling

CAPACITY = "5000000000"
VLAN = 100


async def build_port(telling: Telling, node: Subscription, *, product: str, label: str) -> Subscription:
    """Build a port of the node."""
    telling.display.scene(f"Build a {product} on the node")
    process = await telling.sample.create_port(node, product=product, label=label)
    process = await telling.follow(process)
    port = await telling.sample.subscription(process, typename="PortSubscription")
    telling.display.remark(f"{port.description}: {port.status}")
    return port


async def build_circuit(telling: Telling, port_a: Subscription, port_b: Subscription) -> Subscription:
    """Build a circuit, which the controller provisions in its own time and a person confirms."""
    telling.display.scene("Build a circuit between the ports")
    process = await telling.sample.create_circuit(port_a, port_b, capacity=CAPACITY, vlan=VLAN)
    process = await telling.follow(process, until=ProcessStatus.SUSPENDED)
    process = await telling.confirm(process, remark="A test frame came through in both directions.")
    circuit = await telling.sample.subscription(process, typename="CircuitSubscription")
    telling.display.remark(f"{circuit.description}: {circuit.status}")

    telling.display.scene("Compare the circuit with what the controller has set up")
    await telling.follow(await telling.sample.start_on(operations.VALIDATE_CIRCUIT, circuit))
    return circuit


async def speed_up_port(telling: Telling, port: Subscription) -> None:
    """Make the slower port faster, under the circuit that uses it."""
    telling.display.scene(f"Make the {port.product.name} faster: it becomes another product")
    process = await telling.follow(await telling.sample.speed_up(port))
    port = await telling.sample.subscription(process, typename="PortSubscription")
    telling.display.remark(f"It is a {port.product.name} now: {port.description}")


async def fail_to_terminate(telling: Telling, port: Subscription) -> None:
    """Show that a port cannot be taken away from its circuit.

    Raises:
        UnexpectedTurn: If it can.
    """
    telling.display.scene("Try to take a port out of service that the circuit uses")
    action = await telling.sample.action(port, workflow="terminate_port")
    if action.can_start.allowed:
        raise UnexpectedTurn("actions of the port", found="terminate_port", expected="that it is blocked")
    for blocker in action.can_start.blocked_by:
        telling.display.remark(f"terminate_port is not on offer. {blocker.reason}")
    outcome = await telling.sample.try_on(operations.TERMINATE_PORT, port)
    if outcome.typename != "ActionBlocked":
        raise UnexpectedTurn("terminate_port", found=outcome.typename, expected="ActionBlocked")
    for blocker in outcome.blocked_by:
        telling.display.remark(f"Asked for all the same, it is refused. {blocker.reason}")
