"""The first chapter: a node is built, with a failure that is repaired on the way."""

from engine.states import ProcessStatus
from orchestrion.demo import operations
from orchestrion.demo.answers import Subscription
from orchestrion.demo.failures import UnexpectedTurn
from orchestrion.demo.telling import Telling

FAULTS = 3
"""As often as the workflow tries the step by itself, so that a person has to retry it."""


async def build_node(telling: Telling, hostname: str) -> Subscription:
    """Build a node while the controller is out of order; retry when it is back, and confirm."""
    telling.display.scene(f"Build node {hostname}, while the network controller is out of order")
    process = await telling.sample.create_node(hostname, faults=FAULTS)
    process = await telling.follow(process, until=ProcessStatus.FAILED)
    telling.display.remark(f"It failed, as rehearsed: {process.failure}")

    telling.display.scene("The controller is back: retry the step that failed")
    process = await telling.sample.retry(process)
    process = await telling.follow(process, until=ProcessStatus.SUSPENDED)
    process = await telling.confirm(process, remark="Installed and cabled; all lamps are green.")
    node = await telling.sample.subscription(process, typename="NodeSubscription")
    if node.node is None:
        raise UnexpectedTurn(process.workflow, found="a node without a device", expected="its device")
    place = f"at {node.node.rack_position}, reached at {node.node.management.address}"
    telling.display.remark(f"{node.description}: {node.status}, {place}, for {node.customer.name}")
    return node


async def change_node(telling: Telling, node: Subscription) -> None:
    """Change the node, and compare record and device."""
    telling.display.scene("Make it a core node")
    process = await telling.follow(await telling.sample.modify_node(node, role="CORE"))
    node = await telling.sample.subscription(process, typename="NodeSubscription")
    telling.display.remark(f"{node.description}: the description follows")

    telling.display.scene("Compare what is recorded with what the controller knows")
    await telling.follow(await telling.sample.start_on(operations.VALIDATE_NODE, node))
