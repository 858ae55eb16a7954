"""What counts as a difference between a port or a circuit and what the controller knows."""

from datetime import UTC, datetime

import pytest

from examples.network import network_elements
from examples.network.network_elements import CircuitEnd, Interface
from examples.network.workflows import validate_circuit, validate_port
from examples.network.workflows.differences import differences
from tests.examples.links import GBIT, make_circuit, make_node, make_port

INTERFACE = Interface(
    device="core-1", number=1, name="et-0/0/1", speed=10 * GBIT, enabled=True, label="port 1"
)
CIRCUIT = network_elements.Circuit(
    name="circuit-1",
    capacity=GBIT,
    ends=(
        CircuitEnd(device="core-1", interface=1, vlan=100),
        CircuitEnd(device="core-1", interface=2, vlan=None),
    ),
    version=1,
    applied_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"speed": 100 * GBIT}, ["speed: recorded 10000000000, found 100000000000"]),
        (
            {"enabled": False, "label": None},
            ["enabled: recorded True, found False", "label: recorded port 1, found None"],
        ),
        ({"name": "et-0/0/7"}, ["interface: recorded et-0/0/1, found et-0/0/7"]),
    ],
)
def test_each_difference_of_an_interface_is_named(changes: dict[str, object], expected: list[str]) -> None:
    port = make_port(make_node(), number=1)

    found = INTERFACE.model_copy(update=changes)

    assert differences(validate_port.comparisons(port, found)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"capacity": 2 * GBIT}, ["capacity: recorded 1000000000, found 2000000000"]),
        ({"version": 3}, ["version: recorded 1, found 3"]),
        (
            {"ends": (CIRCUIT.ends[0], CircuitEnd(device="core-1", interface=2, vlan=300))},
            ["end 2: recorded core-1/2 untagged, found core-1/2 VLAN 300"],
        ),
    ],
)
def test_each_difference_of_a_circuit_is_named(changes: dict[str, object], expected: list[str]) -> None:
    node = make_node()
    circuit = make_circuit(make_port(node, number=1), make_port(node, number=2))

    found = CIRCUIT.model_copy(update=changes)

    assert differences(validate_circuit.comparisons(circuit, found)) == expected
