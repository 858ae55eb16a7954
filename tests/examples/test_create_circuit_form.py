"""What a person is asked for a new circuit, and what a program may send."""

import pytest
from pydantic import ValidationError

from domain.ids import SubscriptionId, new_uuid7
from domain.json import JsonValue
from engine.errors import FormPageNeeded, InvalidInput
from engine.forms import run_form
from examples.network.workflows.create_circuit import CreateCircuit, circuit_wizard

PORT_A = SubscriptionId(new_uuid7())
PORT_B = SubscriptionId(new_uuid7())
PORTS: dict[str, JsonValue] = {"port_a": str(PORT_A), "port_b": str(PORT_B), "capacity": 1_000_000_000}


async def test_the_first_page_asks_for_ports_in_service() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(circuit_wizard, [], {})

    page = needed.value.page
    assert (page.title, page.page_index, page.has_next) == ("Ports", 0, True)
    assert isinstance(page.schema, dict)
    properties = page.schema["properties"]
    assert isinstance(properties, dict)
    assert properties["port_a"] == {
        "description": "Where it shall begin.",
        "format": "subscription",
        "model": "Port",
        "statuses": ["ACTIVE"],
        "title": "Port A",
        "type": "string",
    }


async def test_tagged_traffic_is_asked_for_its_vlans() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(circuit_wizard, [PORTS], {})

    page = needed.value.page
    assert (page.title, page.page_index, page.has_next) == ("VLANs", 1, False)

    filled_in = await run_form(circuit_wizard, [PORTS, {"vlan_a": 100, "vlan_b": 200}], {})

    assert filled_in == CreateCircuit(
        port_a=PORT_A, port_b=PORT_B, capacity=1_000_000_000, vlan_a=100, vlan_b=200
    )


async def test_untagged_traffic_is_not_asked_for_vlans() -> None:
    filled_in = await run_form(circuit_wizard, [{**PORTS, "tagged": False}], {})

    assert filled_in == CreateCircuit(port_a=PORT_A, port_b=PORT_B, capacity=1_000_000_000)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"port_b": str(PORT_A)}, ("pages", 0)),
        ({"capacity": 0}, ("pages", 0, "capacity")),
        ({"port_a": "port-1"}, ("pages", 0, "port_a")),
    ],
)
async def test_a_page_that_cannot_be_is_refused_at_once(
    changes: dict[str, JsonValue], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await run_form(circuit_wizard, [{**PORTS, **changes}], {})

    assert [error.path for error in refused.value.errors] == [path]


@pytest.mark.parametrize("vlan", [1, 4095])
async def test_a_vlan_of_another_use_is_refused(vlan: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        await run_form(circuit_wizard, [PORTS, {"vlan_a": 100, "vlan_b": vlan}], {})

    assert [error.path for error in refused.value.errors] == [("pages", 1, "vlan_b")]


def test_a_program_is_told_that_the_ends_must_differ() -> None:
    with pytest.raises(ValidationError, match="found the same port at both ends, expected two"):
        CreateCircuit(port_a=PORT_A, port_b=PORT_A, capacity=1)
