"""Interfaces of devices in the network controller, over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from examples.network.controller.messages import Effect, Effects, Operation
from tests.examples.controller_process import running_controller

SETTINGS = {"speed": 10_000_000_000, "enabled": True, "label": "to the lab"}
INTERFACES_PER_DEVICE = 32


@pytest.fixture
def controller() -> Iterator[httpx.Client]:
    with (
        running_controller("--delay", "0") as running,
        httpx.Client(base_url=running.url, timeout=10) as client,
    ):
        place = {"row": "AMS-A", "management_prefix": "10.20.0.0/29"}
        client.put("/devices/core-1", json=place).raise_for_status()
        yield client


def reserve(controller: httpx.Client, *, key: str) -> httpx.Response:
    headers = {"idempotency-key": key}
    return controller.post("/devices/core-1/interfaces", json=SETTINGS, headers=headers)


def numbers(controller: httpx.Client) -> list[int]:
    listed = controller.get("/devices/core-1/interfaces").json()
    return [interface["number"] for interface in listed["interfaces"]]


def test_reserve_gives_the_lowest_free_interface(controller: httpx.Client) -> None:
    first = reserve(controller, key="1").json()
    reserve(controller, key="2")
    controller.delete("/devices/core-1/interfaces/1").raise_for_status()

    again = reserve(controller, key="3").json()

    assert first == {"device": "core-1", "number": 1, "name": "et-0/0/1", **SETTINGS}
    assert again == first
    assert numbers(controller) == [1, 2]


def test_the_same_key_reserves_once(controller: httpx.Client) -> None:
    answers = [reserve(controller, key="one").json() for _ in range(3)]

    assert answers[1:] == [answers[0], answers[0]]
    assert numbers(controller) == [1]
    effects = Effects.model_validate_json(controller.get("/effects").content).effects
    assert effects[-1] == Effect(
        operation=Operation.RESERVE_INTERFACE, resource="core-1", idempotency_key="one", count=1, requests=3
    )


def test_a_device_has_so_many_interfaces(controller: httpx.Client) -> None:
    statuses = [reserve(controller, key=str(number)).status_code for number in range(INTERFACES_PER_DEVICE)]

    refused = reserve(controller, key="one too many")

    assert statuses == [200] * INTERFACES_PER_DEVICE
    assert refused.status_code == 409
    assert refused.json() == {"error": "all 32 interfaces of device 'core-1' are reserved"}
    assert numbers(controller) == list(range(1, INTERFACES_PER_DEVICE + 1))


def test_settings_are_changed_once_for_a_key(controller: httpx.Client) -> None:
    reserve(controller, key="reserve")
    faster = {"speed": 100_000_000_000, "enabled": False, "label": None}
    for settings in (faster, SETTINGS):
        answer = controller.put(
            "/devices/core-1/interfaces/1", json=settings, headers={"idempotency-key": "set"}
        )
        assert answer.json() == {"device": "core-1", "number": 1, "name": "et-0/0/1", **faster}

    assert controller.get("/devices/core-1/interfaces/1").json() == {
        "device": "core-1",
        "number": 1,
        "name": "et-0/0/1",
        **faster,
    }


def test_a_device_with_reserved_interfaces_is_not_released(controller: httpx.Client) -> None:
    reserve(controller, key="reserve")

    refused = controller.delete("/devices/core-1")
    controller.delete("/devices/core-1/interfaces/1").raise_for_status()
    released = controller.delete("/devices/core-1")

    assert (refused.status_code, released.status_code) == (409, 204)
    assert refused.json() == {"error": "device 'core-1' has 1 reserved interfaces, expected none"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/devices/core-2/interfaces"),
        ("GET", "/devices/core-2/interfaces"),
        ("GET", "/devices/core-1/interfaces/1"),
        ("PUT", "/devices/core-1/interfaces/1"),
        ("DELETE", "/devices/core-1/interfaces/1"),
    ],
)
def test_what_is_not_there_is_not_found(controller: httpx.Client, method: str, path: str) -> None:
    answer = controller.request(method, path, json=SETTINGS if method in {"POST", "PUT"} else None)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "settings", [{}, {"speed": 0, "enabled": True}, {"speed": 1, "enabled": True, "duplex": "full"}]
)
def test_malformed_settings_are_refused(controller: httpx.Client, settings: dict[str, object]) -> None:
    answer = controller.post("/devices/core-1/interfaces", json=settings)

    assert answer.status_code == 400
    assert numbers(controller) == []
