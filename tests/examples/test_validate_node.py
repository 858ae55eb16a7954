"""What counts as a difference between a node and its device."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

import pytest

from examples.network.network_elements import Device, DeviceConfig
from examples.network.products import Node
from examples.network.sites import Role, Site
from examples.network.workflows.differences import differences
from examples.network.workflows.validate_node import comparisons
from tests.examples.links import make_node

PREFIX = IPv4Network("10.20.0.0/16")
DEVICE = Device(
    name="core-1",
    row="AMS-A",
    rack_position="AMS-A01/1",
    management_prefix=PREFIX,
    management_address=IPv4Address("10.20.0.2"),
    configuration_version=2,
    config=DeviceConfig(site=Site.AMSTERDAM, role=Role.CORE, description="Core node core-1"),
    applied_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)


@pytest.fixture
def node() -> Node:
    return make_node()


def test_a_node_that_is_as_recorded_has_no_differences(node: Node) -> None:
    assert differences(comparisons(node, DEVICE)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rack_position": "AMS-B01/7"}, ["rack position: recorded AMS-A01/1, found AMS-B01/7"]),
        (
            {"management_address": IPv4Address("10.20.0.9"), "configuration_version": 3},
            [
                "management address: recorded 10.20.0.2, found 10.20.0.9",
                "configuration version: recorded 2, found 3",
            ],
        ),
        ({"config": None}, ["role: recorded CORE, found None"]),
    ],
)
def test_each_difference_is_named(node: Node, changes: dict[str, object], expected: list[str]) -> None:
    assert differences(comparisons(node, DEVICE.model_copy(update=changes))) == expected
