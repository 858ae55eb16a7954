"""The story: a node, two ports, a circuit between them, a failure that is repaired, and a refusal."""

import secrets

from orchestrion.demo import operations
from orchestrion.demo.circuit_chapter import build_circuit, build_port, fail_to_terminate, speed_up_port
from orchestrion.demo.node_chapter import build_node, change_node
from orchestrion.demo.telling import Telling


async def tell(telling: Telling) -> None:
    """Play the sample to the story's end. It takes everything out of service that it has built.

    Raises:
        DemoFailure: If it takes another turn.
    """
    node = await build_node(telling, f"demo-{secrets.token_hex(4)}")
    await change_node(telling, node)
    slow = await build_port(telling, node, product="Port 10G", label="customer side")
    fast = await build_port(telling, node, product="Port 100G", label="network side")
    circuit = await build_circuit(telling, slow, fast)
    await speed_up_port(telling, slow)
    await fail_to_terminate(telling, slow)
    endings = (
        ("Take the circuit out of service", operations.TERMINATE_CIRCUIT, circuit),
        ("Now nothing uses the port: take it out of service", operations.TERMINATE_PORT, slow),
        ("Take the other port out of service", operations.TERMINATE_PORT, fast),
        ("Take the node out of service", operations.TERMINATE_NODE, node),
    )
    for title, terminate, subscription in endings:
        telling.display.scene(title)
        await telling.follow(await telling.sample.start_on(terminate, subscription))
    telling.display.scene("The end.")
