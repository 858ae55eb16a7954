"""The client of the network controller against a running one."""

import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import IPv4Address, IPv4Network

import httpx
import pytest

from examples.network.network_elements import Circuit, CircuitEnd, DeviceConfig, InterfaceSettings
from examples.network.services import ControllerRefused, NetworkController, network_controller
from orchestrion import ApiUnavailable
from tests.examples.callback_listener import listening
from tests.examples.controller_process import running_controller

PREFIX = IPv4Network("10.20.0.0/16")
GBIT = 1_000_000_000
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


async def test_an_interface_is_reserved_set_and_released(controller: NetworkController) -> None:
    await reserve(controller)
    slow = InterfaceSettings(speed=10 * GBIT, enabled=True, label="uplink")
    fast = InterfaceSettings(speed=100 * GBIT, enabled=False, label=None)

    reserved = await controller.reserve_interface("core-1", slow, idempotency_key="interface")
    await controller.set_interface("core-1", 1, settings=fast, idempotency_key="set")
    found = await controller.find_interface("core-1", 1)
    for key in ("one", "two"):
        await controller.release_interface("core-1", 1, idempotency_key=key)

    named = {"device": "core-1", "number": 1, "name": "et-0/0/1"}
    assert reserved.model_dump() == {**named, **slow.model_dump()}
    assert found is not None
    assert found.model_dump() == {**named, **fast.model_dump()}
    assert await controller.find_interface("core-1", 1) is None


async def test_a_circuit_is_provisioned_and_released(controller: NetworkController) -> None:
    await reserve(controller)
    settings = InterfaceSettings(speed=10 * GBIT, enabled=True, label=None)
    for number in (1, 2):
        await controller.reserve_interface("core-1", settings, idempotency_key=f"interface {number}")
    ends = [
        CircuitEnd(device="core-1", interface=1, vlan=100),
        CircuitEnd(device="core-1", interface=2, vlan=None),
    ]

    with listening() as listener:
        await controller.provision_circuit(
            "circuit-1",
            capacity=GBIT,
            ends=ends,
            callback_url=f"{listener.url}/token",
            idempotency_key="provision",
        )
        outcome = listener.next().circuit_outcome
    found = await controller.find_circuit("circuit-1")
    for key in ("one", "two"):
        await controller.release_circuit("circuit-1", idempotency_key=key)

    assert found == Circuit(
        name="circuit-1",
        capacity=GBIT,
        ends=(ends[0], ends[1]),
        version=1,
        applied_at=outcome.applied_at,
    )
    assert await controller.find_circuit("circuit-1") is None


async def test_a_vlan_that_is_taken_is_controller_refused(controller: NetworkController) -> None:
    await reserve(controller)
    settings = InterfaceSettings(speed=10 * GBIT, enabled=True, label=None)
    for number in (1, 2):
        await controller.reserve_interface("core-1", settings, idempotency_key=f"interface {number}")
    ends = [CircuitEnd(device="core-1", interface=number, vlan=100) for number in (1, 2)]

    async def provision(name: str) -> None:
        await controller.provision_circuit(
            name, capacity=GBIT, ends=ends, callback_url="http://127.0.0.1:1/", idempotency_key=name
        )

    await provision("circuit-1")
    with pytest.raises(ControllerRefused, match="belongs to another circuit") as refused:
        await provision("circuit-2")

    assert refused.value.status == 409
