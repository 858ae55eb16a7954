"""The client of the network controller against a running one."""

import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import IPv4Address, IPv4Network

import httpx
import pytest

from examples.network.services import ControllerRefused, DeviceConfig, NetworkController, network_controller
from orchestrion import ApiUnavailable
from tests.examples.callback_listener import listening
from tests.examples.controller_process import running_controller

PREFIX = IPv4Network("10.20.0.0/16")
CONFIG = DeviceConfig(site="AMSTERDAM", role="CORE", description="Core node core-1 in Amsterdam")


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running_controller("--delay", "0") as running:
        monkeypatch.setenv("NETWORK_CONTROLLER_URL", running.url)
        yield running.url


@pytest.fixture
async def controller(url: str) -> AsyncIterator[NetworkController]:  # noqa: ARG001  # it must run
    async with network_controller() as opened:
        yield opened


async def reserve(controller: NetworkController, *, refusals: int = 0, key: str = "reserve") -> None:
    await controller.reserve("core-1", row="AMS-A", prefix=PREFIX, refusals=refusals, idempotency_key=key)


def let_next_read_fail(url: str, *, status: int) -> None:
    httpx.post(f"{url}/faults", json={"operation": "read", "status": status}).raise_for_status()


async def test_a_reserved_and_configured_device_can_be_read(controller: NetworkController) -> None:
    reserved = await controller.reserve(
        "core-1", row="AMS-A", prefix=PREFIX, refusals=0, idempotency_key="reserve"
    )
    with listening() as listener:
        await controller.configure(
            "core-1", CONFIG, callback_url=f"{listener.url}/token", idempotency_key="configure"
        )
        outcome = listener.next().outcome

    found = await controller.find_device("core-1")

    assert found is not None
    assert found == reserved.model_copy(
        update={"configuration_version": 1, "config": CONFIG, "applied_at": outcome.applied_at}
    )
    assert (found.rack_position, found.management_address) == ("AMS-A01/1", IPv4Address("10.20.0.2"))
    assert found.management_prefix == PREFIX


async def test_requests_carry_the_idempotency_key(controller: NetworkController) -> None:
    first = await controller.reserve("core-1", row="AMS-A", prefix=PREFIX, refusals=0, idempotency_key="one")
    again = await controller.reserve("core-1", row="AMS-A", prefix=PREFIX, refusals=0, idempotency_key="one")

    assert again == first
    with pytest.raises(ControllerRefused, match="already reserved"):
        await reserve(controller, key="two")


async def test_release_tolerates_a_device_that_is_gone(controller: NetworkController) -> None:
    await reserve(controller)

    await controller.release("core-1", idempotency_key="one")
    await controller.release("core-1", idempotency_key="two")

    assert await controller.find_device("core-1") is None


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_an_answer_that_says_not_now_is_api_unavailable(
    controller: NetworkController, url: str, status: int
) -> None:
    let_next_read_fail(url, status=status)

    with pytest.raises(ApiUnavailable, match=f"GET /devices/core-1: status {status}"):
        await controller.find_device("core-1")


async def test_a_rehearsed_refusal_is_api_unavailable(controller: NetworkController) -> None:
    with pytest.raises(ApiUnavailable, match="PUT /devices/core-1: status 503"):
        await reserve(controller, refusals=1)

    await reserve(controller, refusals=1)


@pytest.mark.parametrize("status", [400, 409, 500])
async def test_another_refusal_is_controller_refused(
    controller: NetworkController, url: str, status: int
) -> None:
    let_next_read_fail(url, status=status)

    with pytest.raises(ControllerRefused) as refused:
        await controller.find_device("core-1")

    assert refused.value.status == status


async def test_a_controller_that_cannot_be_reached_is_api_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("NETWORK_CONTROLLER_URL", f"http://127.0.0.1:{port}")

    async with network_controller() as controller:
        with pytest.raises(ApiUnavailable, match="GET /devices/core-1"):
            await controller.find_device("core-1")
