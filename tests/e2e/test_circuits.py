"""Nodes, ports and circuits that refer to each other, over the public API: what that allows and forbids."""

from tests.e2e.api import Answer, Api
from tests.e2e.links import (
    blockers,
    build_link,
    build_node,
    build_port,
    circuit_values,
    complete,
    send,
    start,
)
from tests.parity import parity

COUNTS = "{ processes { totalCount } subscriptions { totalCount } }"
CIRCUIT = """
query Circuit($id: ID!) {
  subscription(id: $id) {
    description
    ... on CircuitSubscription {
      circuit {
        capacity circuitVersion route
        ends { vlan port { interface ownerSubscription { id } node { ownerSubscription { id } } } }
      }
    }
  }
}
"""
PORT = """
query Port($id: ID!) {
  subscription(id: $id) {
    id description status inSync product { name }
    ... on PortSubscription { speed port { label adminState } }
  }
}
"""


async def read(api: Api, document: str, subscription_id: str) -> Answer:
    return (await api.execute(document, {"id": subscription_id}))["subscription"]


@parity("PM-10")
async def test_a_circuit_shows_its_ends_with_what_they_stand_on(api: Api) -> None:
    link = await build_link(api, "shown")

    circuit = await read(api, CIRCUIT, link.circuit)

    route = "shown et-0/0/1 VLAN 100 - shown et-0/0/2 VLAN 100"
    node = {"ownerSubscription": {"id": link.node}}
    assert circuit == {
        "description": f"Circuit {route}",
        "circuit": {
            "capacity": "1000000000",
            "circuitVersion": "1",
            "route": route,
            "ends": [
                {
                    "vlan": 100,
                    "port": {"interface": interface, "ownerSubscription": {"id": port}, "node": node},
                }
                for interface, port in (("et-0/0/1", link.port_a), ("et-0/0/2", link.port_b))
            ],
        },
    }


@parity("PM-33")
async def test_what_is_in_use_is_not_terminated_until_its_users_are(api: Api) -> None:
    link = await build_link(api, "in-use")
    by_circuit = [{"code": "IN_USE", "subscriptions": [{"id": link.circuit}]}]
    by_ports = [{"code": "IN_USE", "subscriptions": [{"id": link.port_a}, {"id": link.port_b}]}]
    before = await api.execute(COUNTS)

    for subscription_id, workflow, mutation, expected in (
        (link.port_a, "terminate_port", "terminatePort", by_circuit),
        (link.node, "terminate_node", "terminateNode", by_ports),
    ):
        assert await blockers(api, subscription_id, workflow) == expected
        refused = await send(api, mutation, {"subscription": subscription_id})
        assert refused == {"__typename": "ActionBlocked", "blockedBy": expected}

    assert await api.execute(COUNTS) == before
    await complete(api, "validatePort", {"subscription": link.port_a})
    for mutation, subscription_id in (
        ("terminateCircuit", link.circuit),
        ("terminatePort", link.port_a),
        ("terminatePort", link.port_b),
        ("terminateNode", link.node),
    ):
        await complete(api, mutation, {"subscription": subscription_id})


@parity("PM-15")
async def test_a_port_becomes_one_of_another_product_under_its_circuit(api: Api) -> None:
    link = await build_link(api, "faster")

    await complete(
        api,
        "modifyPort",
        {"subscription": link.port_a, "speed": "GBIT_100", "label": "uplink", "adminState": "DOWN"},
    )

    assert await read(api, PORT, link.port_a) == {
        "id": link.port_a,
        "description": "Port 100G at faster et-0/0/1",
        "status": "ACTIVE",
        "inSync": True,
        "product": {"name": "Port 100G"},
        "speed": "GBIT_100",
        "port": {"label": "uplink", "adminState": "DOWN"},
    }
    await complete(api, "validatePort", {"subscription": link.port_a})
    await complete(api, "validateCircuit", {"subscription": link.circuit})


async def test_a_circuit_gets_another_vlan_and_its_description_follows(api: Api) -> None:
    link = await build_link(api, "other-vlan")

    await complete(api, "modifyCircuit", {"subscription": link.circuit, "vlanB": 200})

    circuit = await read(api, CIRCUIT, link.circuit)
    assert circuit["description"] == "Circuit other-vlan et-0/0/1 VLAN 100 - other-vlan et-0/0/2 VLAN 200"
    assert circuit["circuit"]["circuitVersion"] == "2"
    await complete(api, "validateCircuit", {"subscription": link.circuit})


async def test_a_circuit_that_does_not_fit_its_ports_is_not_built(api: Api) -> None:
    link = await build_link(api, "no-room")
    before = await api.execute(COUNTS)

    process_id = await start(api, "createCircuit", circuit_values(link.port_a, link.port_b))

    failed = await api.until_status(process_id, "FAILED")
    after = await api.execute(COUNTS)
    assert failed["failureReason"] == (
        "no-room et-0/0/1: found its VLAN 100 with another circuit, expected it free"
    )
    assert after["subscriptions"] == before["subscriptions"]
    assert await blockers(api, link.circuit, "terminate_circuit") == []


async def test_an_input_names_subscriptions_of_the_right_kind(api: Api) -> None:
    node = await build_node(api, "kinds")
    port = await build_port(api, node)
    before = await api.execute(COUNTS)

    refused = [
        await send(api, "createPort", {"product": "Port 10G", "customerId": "c", "node": port}),
        await send(api, "createCircuit", circuit_values(port, node)),
        await send(api, "createCircuit", circuit_values(port, port)),
    ]

    assert [answer["__typename"] for answer in refused] == ["InvalidInput"] * 3
    paths = [[error["path"] for error in answer["errors"]] for answer in refused]
    assert paths == [[["input", "node"]], [["input", "portB"]], [["input"]]]
    assert await api.execute(COUNTS) == before
