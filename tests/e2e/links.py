"""Ports and circuits of the sample, built over the public API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.api import Answer, Api
from tests.e2e.nodes import confirm_and_complete, start_node

CUSTOMER = "customer-1"

SUBJECTS = """
query Subjects($process: ID!) {
  process(id: $process) { subscriptions { __typename id } }
}
"""
ACTIONS = """
query Actions($id: ID!) {
  subscription(id: $id) {
    status
    actions { workflow { name } canStart { allowed blockedBy { code subscriptions { id } } } }
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A circuit in service with all that it stands on; each by the id of its subscription."""

    node: str
    port_a: str
    port_b: str
    circuit: str


async def send(api: Api, mutation: str, values: Mapping[str, Any]) -> Answer:
    """What a typed mutation of the sample answers."""
    document = f"""
    mutation Send($input: {mutation[0].upper()}{mutation[1:]}Input!) {{
      result: {mutation}(input: $input) {{
        __typename
        ... on ProcessStarted {{ process {{ id }} }}
        ... on InvalidInput {{ errors {{ path code }} }}
        ... on ActionBlocked {{ blockedBy {{ code subscriptions {{ id }} }} }}
      }}
    }}
    """
    return (await api.execute(document, {"input": dict(values)}))["result"]


async def start(api: Api, mutation: str, values: Mapping[str, Any]) -> str:
    """Start a workflow by its typed mutation; gives the process."""
    answer = await send(api, mutation, values)
    assert answer["__typename"] == "ProcessStarted", answer
    return answer["process"]["id"]


async def complete(api: Api, mutation: str, values: Mapping[str, Any]) -> str:
    """Start a workflow and wait for its end; gives the process."""
    process_id = await start(api, mutation, values)
    await api.until_status(process_id, "COMPLETED")
    return process_id


async def subject(api: Api, process_id: str, typename: str) -> str:
    """The subscription of that type that a process concerns."""
    process = (await api.execute(SUBJECTS, {"process": process_id}))["process"]
    (found,) = [each["id"] for each in process["subscriptions"] if each["__typename"] == typename]
    return found


async def build_node(api: Api, hostname: str) -> str:
    """A node in service; gives its subscription."""
    process_id = await start_node(api, hostname)
    await confirm_and_complete(api, process_id)
    return await subject(api, process_id, "NodeSubscription")


async def build_port(api: Api, node: str, *, product: str = "Port 10G") -> str:
    """A port in service; gives its subscription."""
    values = {"product": product, "customerId": CUSTOMER, "node": node}
    return await subject(api, await complete(api, "createPort", values), "PortSubscription")


def circuit_values(port_a: str, port_b: str, **changes: Any) -> Answer:
    """A valid input of `createCircuit`."""
    ends = {"portA": port_a, "portB": port_b, "vlanA": 100, "vlanB": 100}
    return {"customerId": CUSTOMER, "capacity": "1000000000"} | ends | changes


async def build_circuit(api: Api, port_a: str, port_b: str, **changes: Any) -> str:
    """A circuit in service; gives its subscription."""
    process_id = await start(api, "createCircuit", circuit_values(port_a, port_b, **changes))
    await confirm_and_complete(api, process_id)
    return await subject(api, process_id, "CircuitSubscription")


async def build_link(api: Api, hostname: str) -> Link:
    """A node, a port of each speed, and a circuit between them."""
    node = await build_node(api, hostname)
    port_a = await build_port(api, node)
    port_b = await build_port(api, node, product="Port 100G")
    circuit = await build_circuit(api, port_a, port_b)
    return Link(node=node, port_a=port_a, port_b=port_b, circuit=circuit)


async def blockers(api: Api, subscription_id: str, workflow: str) -> list[Answer]:
    """What keeps a workflow from being started on a subscription."""
    answer = await api.execute(ACTIONS, {"id": subscription_id})
    (action,) = [each for each in answer["subscription"]["actions"] if each["workflow"]["name"] == workflow]
    check = action["canStart"]
    assert check["allowed"] is (check["blockedBy"] == [])
    return check["blockedBy"]
