"""Circuits in the network controller, over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.network.controller.messages import Effect, Effects, Operation
from tests.examples.callback_listener import listening
from tests.examples.controller_process import running_controller

GBIT_10 = 10_000_000_000
GBIT_100 = 100_000_000_000
NOBODY = "http://127.0.0.1:1/"


def build_ports(client: httpx.Client) -> None:
    """A device with three interfaces: the first of 100 Gbit/s, the others of 10."""
    place = {"row": "AMS-A", "management_prefix": "10.20.0.0/29"}
    client.put("/devices/core-1", json=place).raise_for_status()
    for speed in (GBIT_100, GBIT_10, GBIT_10):
        settings = {"speed": speed, "enabled": True}
        client.post("/devices/core-1/interfaces", json=settings).raise_for_status()


@pytest.fixture
def controller() -> Iterator[httpx.Client]:
    with (
        running_controller("--delay", "0") as running,
        httpx.Client(base_url=running.url, timeout=10) as client,
    ):
        build_ports(client)
        yield client


def end(interface: int, *, vlan: int | None = 100) -> dict[str, Any]:
    return {"device": "core-1", "interface": interface, "vlan": vlan}


def provision(
    controller: httpx.Client,
    name: str,
    *ends: dict[str, Any],
    url: str = NOBODY,
    key: str | None = None,
    capacity: int = GBIT_10,
) -> httpx.Response:
    body = {"callback_url": url, "capacity": capacity, "ends": ends}
    headers = {} if key is None else {"idempotency-key": key}
    return controller.put(f"/circuits/{name}", json=body, headers=headers)


def test_a_circuit_is_accepted_at_once_and_called_back_when_it_is_provisioned(
    controller: httpx.Client,
) -> None:
    with listening() as listener:
        answer = provision(controller, "c-1", end(1), end(2, vlan=None), url=f"{listener.url}/token")
        callback = listener.next()

    outcome = callback.circuit_outcome
    circuit = controller.get("/circuits/c-1").json()
    assert answer.status_code == 202
    assert (callback.path, outcome.circuit_version) == ("/token", 1)
    assert circuit == {
        "name": "c-1",
        "capacity": GBIT_10,
        "ends": [end(1), end(2, vlan=None)],
        "version": 1,
        "applied_at": outcome.applied_at.isoformat().replace("+00:00", "Z"),
    }


def test_a_repeated_request_is_provisioned_once_and_answered_at_each_url(controller: httpx.Client) -> None:
    with listening() as listener:
        for path in ("first", "second"):
            provision(controller, "c-1", end(1), end(2), url=f"{listener.url}/{path}", key="provision")
        callbacks = [listener.next(), listener.next()]

    effects = Effects.model_validate_json(controller.get("/effects").content).effects
    assert {callback.path for callback in callbacks} == {"/first", "/second"}
    assert callbacks[0].body == callbacks[1].body
    assert effects[-1] == Effect(
        operation=Operation.PROVISION_CIRCUIT,
        resource="c-1",
        idempotency_key="provision",
        count=1,
        requests=2,
    )


def test_another_key_changes_a_circuit_and_an_old_one_does_not_change_it_back(
    controller: httpx.Client,
) -> None:
    with listening() as listener:
        for key, vlan in (("create", 100), ("modify", 200), ("create", 100)):
            url = f"{listener.url}/{key}"
            provision(controller, "c-1", end(1, vlan=vlan), end(2), url=url, key=key)
            listener.next()

    circuit = controller.get("/circuits/c-1").json()
    assert (circuit["version"], circuit["ends"][0]["vlan"]) == (2, 200)


@pytest.mark.parametrize("vlan", [100, None])
def test_a_vlan_of_an_interface_belongs_to_one_circuit(controller: httpx.Client, vlan: int | None) -> None:
    provision(controller, "c-1", end(1, vlan=vlan), end(2, vlan=300))

    refused = provision(controller, "c-2", end(3, vlan=vlan), end(1, vlan=vlan))
    on_other_interfaces = provision(controller, "c-2", end(3, vlan=vlan), end(2, vlan=vlan))

    traffic = "untagged traffic" if vlan is None else f"VLAN {vlan}"
    assert refused.status_code == 409
    assert refused.json() == {"error": f"{traffic} of interface 'core-1/1' belongs to another circuit"}
    assert on_other_interfaces.status_code == 202


def test_a_circuit_is_no_faster_than_its_ends(controller: httpx.Client) -> None:
    refused = provision(controller, "c-1", end(1), end(2), capacity=GBIT_100)

    assert refused.status_code == 409
    assert refused.json() == {
        "error": "a circuit of 100000000000 bit/s does not fit on interface 'core-1/2' of 10000000000 bit/s"
    }
    assert controller.get("/circuits/c-1").status_code == 404


def test_an_interface_is_not_slowed_down_below_its_circuits(controller: httpx.Client) -> None:
    provision(controller, "c-1", end(1), end(2), capacity=GBIT_10)

    slower = controller.put("/devices/core-1/interfaces/1", json={"speed": 1_000_000_000, "enabled": True})
    still_enough = controller.put("/devices/core-1/interfaces/1", json={"speed": GBIT_10, "enabled": True})

    assert (slower.status_code, still_enough.status_code) == (409, 200)


def test_an_interface_that_carries_a_circuit_is_not_released(controller: httpx.Client) -> None:
    provision(controller, "c-1", end(1), end(2))

    refused = controller.delete("/devices/core-1/interfaces/1")
    released = [controller.delete("/circuits/c-1", headers={"idempotency-key": "x"}) for _ in range(2)]
    then = controller.delete("/devices/core-1/interfaces/1")

    assert refused.status_code == 409
    assert refused.json() == {"error": "interface 'core-1/1' carries 1 circuits, expected none"}
    assert [answer.status_code for answer in released] == [204, 204]
    assert then.status_code == 204


@pytest.mark.parametrize(
    "ends",
    [
        [end(1), end(1, vlan=200)],
        [end(1)],
        [end(1), end(2), end(3)],
        [end(1, vlan=1), end(2)],
        [end(1), end(2, vlan=4095)],
    ],
    ids=["one interface twice", "one end", "three ends", "VLAN 1", "VLAN 4095"],
)
def test_ends_that_cannot_be_are_refused(controller: httpx.Client, ends: list[dict[str, Any]]) -> None:
    answer = provision(controller, "c-1", *ends)

    assert answer.status_code == 400
    assert controller.get("/circuits/c-1").status_code == 404


def test_what_is_not_there_is_not_found(controller: httpx.Client) -> None:
    statuses = [
        controller.get("/circuits/c-1").status_code,
        controller.delete("/circuits/c-1").status_code,
        provision(controller, "c-1", end(1), end(4)).status_code,
    ]

    assert statuses == [404, 404, 404]


def test_a_circuit_under_way_survives_a_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "controller.json")
    with listening() as listener:
        with running_controller("--state", state, "--delay", "3600") as first:
            with httpx.Client(base_url=first.url) as client:
                build_ports(client)
                provision(client, "c-1", end(1), end(2), url=f"{listener.url}/token", key="provision")
            first.process.kill()
            first.process.wait()

        with (
            running_controller("--state", state, "--delay", "0") as second,
            httpx.Client(base_url=second.url) as client,
        ):
            assert listener.next().circuit_outcome.circuit_version == 1
            assert client.get("/circuits/c-1").json()["version"] == 1
            assert client.get("/devices/core-1/interfaces/2").json()["speed"] == GBIT_10
