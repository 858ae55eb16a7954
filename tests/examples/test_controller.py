"""The network controller over real HTTP, in a process of its own."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import httpx
import pytest

from examples.network.controller.messages import Device, Devices, Effect, Effects, Operation
from tests.examples.callback_listener import listening
from tests.examples.controller_process import running_controller

RESERVATION = {"row": "AMS-A", "management_prefix": "10.20.0.0/29"}


@pytest.fixture
def controller() -> Iterator[httpx.Client]:
    with (
        running_controller("--delay", "0") as running,
        httpx.Client(base_url=running.url, timeout=10) as client,
    ):
        yield client


def reserve(controller: httpx.Client, name: str, *, key: str | None = None) -> httpx.Response:
    return controller.put(f"/devices/{name}", json=RESERVATION, headers=keyed(key))


def configure(
    controller: httpx.Client, name: str, *, callback_url: str, key: str | None = None, role: str = "CORE"
) -> httpx.Response:
    body = {"callback_url": callback_url, "config": {"role": role}}
    return controller.post(f"/devices/{name}/configuration", json=body, headers=keyed(key))


def keyed(key: str | None) -> dict[str, str]:
    return {} if key is None else {"idempotency-key": key}


def device(controller: httpx.Client, name: str) -> Device:
    return Device.model_validate_json(controller.get(f"/devices/{name}").content)


def device_names(controller: httpx.Client) -> list[str]:
    devices = Devices.model_validate_json(controller.get("/devices").content)
    return [device.name for device in devices.devices]


def effects(controller: httpx.Client) -> tuple[Effect, ...]:
    return Effects.model_validate_json(controller.get("/effects").content).effects


def effect(operation: Operation, *, key: str | None, count: int, requests: int) -> Effect:
    return Effect(operation=operation, resource="core-1", idempotency_key=key, count=count, requests=requests)


def test_reserve_gives_a_position_in_the_row_and_an_address_of_the_prefix(controller: httpx.Client) -> None:
    first = reserve(controller, "core-1")
    second = reserve(controller, "core-2")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == {
        "name": "core-1",
        "row": "AMS-A",
        "rack_position": "AMS-A01/1",
        "management_prefix": "10.20.0.0/29",
        "management_address": "10.20.0.2",
        "configuration_version": 0,
        "config": None,
        "applied_at": None,
    }
    assert (second.json()["rack_position"], second.json()["management_address"]) == ("AMS-A01/2", "10.20.0.3")
    assert device_names(controller) == ["core-1", "core-2"]


def test_the_same_key_gets_the_same_answer_and_no_second_effect(controller: httpx.Client) -> None:
    answers = [reserve(controller, "core-1", key="process:reserve").json() for _ in range(3)]

    assert answers[1:] == [answers[0], answers[0]]
    assert device_names(controller) == ["core-1"]
    assert effects(controller) == (effect(Operation.RESERVE, key="process:reserve", count=1, requests=3),)


def test_a_taken_name_is_a_conflict_and_changes_nothing(controller: httpx.Client) -> None:
    first = reserve(controller, "core-1", key="one")

    second = reserve(controller, "core-1", key="two")

    assert second.status_code == 409
    assert device(controller, "core-1").model_dump(mode="json") == first.json()
    assert [line.count for line in effects(controller)] == [1, 0]


def test_a_key_that_belongs_to_another_request_is_refused(controller: httpx.Client) -> None:
    reserve(controller, "core-1", key="one")

    answer = reserve(controller, "core-2", key="one")

    assert answer.status_code == 422
    assert device_names(controller) == ["core-1"]


def test_an_exhausted_prefix_is_a_conflict(controller: httpx.Client) -> None:
    statuses = [reserve(controller, f"core-{number}").status_code for number in range(6)]

    assert statuses == [200] * 5 + [409]


def test_release_gives_position_and_address_back(controller: httpx.Client) -> None:
    first = reserve(controller, "core-1", key="reserve").json()

    released = [controller.delete("/devices/core-1", headers=keyed("delete")).status_code for _ in range(2)]
    again = reserve(controller, "core-1", key="reserve again").json()

    assert released == [204, 204]
    assert again == first
    assert [line.count for line in effects(controller)] == [1, 1, 1]


def test_an_unknown_device_is_not_found(controller: httpx.Client) -> None:
    statuses = [
        controller.get("/devices/core-1").status_code,
        controller.delete("/devices/core-1").status_code,
        configure(controller, "core-1", callback_url="http://127.0.0.1:1/").status_code,
    ]

    assert statuses == [404, 404, 404]


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"{}", b'{"row": "A", "management_prefix": "10.0.0.0/33"}']
)
def test_a_malformed_request_is_refused(controller: httpx.Client, body: bytes) -> None:
    answer = controller.put("/devices/core-1", content=body)

    assert answer.status_code == 400
    assert device_names(controller) == []


def test_configure_answers_at_once_and_calls_back_when_it_is_applied(controller: httpx.Client) -> None:
    reserve(controller, "core-1")

    with listening() as listener:
        answer = configure(controller, "core-1", callback_url=f"{listener.url}/token")
        callback = listener.next()

    configured = device(controller, "core-1")
    assert answer.status_code == 202
    assert callback.path == "/token"
    assert callback.outcome.configuration_version == configured.configuration_version == 1
    assert callback.outcome.applied_at == configured.applied_at
    assert configured.config == {"role": "CORE"}


def test_a_repeated_request_to_configure_is_applied_once_and_answered_at_each_url(
    controller: httpx.Client,
) -> None:
    reserve(controller, "core-1")

    with listening() as listener:
        for path in ("first", "second"):
            configure(controller, "core-1", callback_url=f"{listener.url}/{path}", key="configure")
        callbacks = [listener.next(), listener.next()]

    assert {callback.path for callback in callbacks} == {"/first", "/second"}
    assert callbacks[0].outcome == callbacks[1].outcome
    assert device(controller, "core-1").configuration_version == 1
    assert effects(controller)[1] == effect(Operation.CONFIGURE, key="configure", count=1, requests=2)


def test_a_callback_is_repeated_until_it_is_taken(controller: httpx.Client) -> None:
    reserve(controller, "core-1")

    with listening(answers=[503, 500]) as listener:
        configure(controller, "core-1", callback_url=f"{listener.url}/token")
        callbacks = [listener.next() for _ in range(3)]

    assert callbacks == [callbacks[0]] * 3


def test_a_callback_that_is_refused_is_not_repeated(controller: httpx.Client) -> None:
    reserve(controller, "core-1")

    with listening(answers=[410]) as listener:
        configure(controller, "core-1", callback_url=f"{listener.url}/late")
        assert listener.next().path == "/late"
        configure(controller, "core-1", callback_url=f"{listener.url}/new")
        assert listener.next().path == "/new"

        with pytest.raises(Empty):
            listener.arrived.get_nowait()


def test_injected_faults_hit_the_next_requests_of_their_operation(controller: httpx.Client) -> None:
    controller.post("/faults", json={"operation": "reserve", "times": 2, "status": 502})
    controller.post("/faults", json={"operation": "read"})

    statuses = [reserve(controller, "core-1").status_code for _ in range(3)]
    reads = [controller.get("/devices/core-1").status_code for _ in range(2)]

    assert statuses == [502, 502, 200]
    assert reads == [503, 200]
    assert effects(controller) == (effect(Operation.RESERVE, key=None, count=1, requests=1),)


def test_a_rehearsal_refuses_the_first_requests_for_its_device(controller: httpx.Client) -> None:
    rehearsal = {**RESERVATION, "refusals": 2}

    statuses = [controller.put("/devices/core-1", json=rehearsal).status_code for _ in range(3)]
    other = reserve(controller, "core-2").status_code

    assert statuses == [503, 503, 200]
    assert other == 200


def test_state_survives_a_restart_and_configurations_go_on(tmp_path: Path) -> None:
    state = tmp_path / "controller.json"
    with listening() as listener:
        with running_controller("--state", str(state), "--delay", "3600") as first:
            with httpx.Client(base_url=first.url) as client:
                reserve(client, "core-1", key="reserve")
                configure(client, "core-1", callback_url=f"{listener.url}/token", key="configure")
            first.process.kill()
            first.process.wait()

        with (
            running_controller("--state", str(state), "--delay", "0") as second,
            httpx.Client(base_url=second.url) as client,
        ):
            callback = listener.next()
            reserve(client, "core-1", key="reserve")

            assert callback.outcome.configuration_version == 1
            assert device(client, "core-1").configuration_version == 1
            assert effects(client) == (
                effect(Operation.RESERVE, key="reserve", count=1, requests=2),
                effect(Operation.CONFIGURE, key="configure", count=1, requests=1),
            )


def test_a_rehearsal_goes_on_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "controller.json"
    rehearsal = {**RESERVATION, "refusals": 2}
    statuses: list[int] = []

    for _ in range(3):
        with (
            running_controller("--state", str(state)) as running,
            httpx.Client(base_url=running.url) as client,
        ):
            statuses.append(client.put("/devices/core-1", json=rehearsal).status_code)

    assert statuses == [503, 503, 200]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(number: int) -> None:
    with running_controller() as running:
        assert running.stop(number) == 0


def test_it_ends_with_its_parent_also_while_a_configuration_is_under_way() -> None:
    with running_controller("--delay", "3600") as running:
        with httpx.Client(base_url=running.url) as client:
            reserve(client, "core-1")
            configure(client, "core-1", callback_url="http://127.0.0.1:1/")

        assert running.close_input() == 0


def test_it_listens_on_loopback_alone() -> None:
    with running_controller() as running:
        port = int(running.url.rsplit(":", 1)[1])

        assert running.url == f"http://127.0.0.1:{port}"
        with (
            pytest.raises(OSError, match="refused"),
            socket.create_connection(("127.0.0.2", port), timeout=5),
        ):
            pass


def test_a_state_from_before_there_were_interfaces_is_read(tmp_path: Path) -> None:
    state = tmp_path / "controller.json"
    line = {
        "operation": "reserve",
        "device": "core-1",
        "idempotency_key": "reserve",
        "count": 1,
        "requests": 2,
    }
    state.write_text(json.dumps({"ledger": {"reserve": line}}))

    with running_controller("--state", str(state)) as running, httpx.Client(base_url=running.url) as client:
        assert effects(client) == (effect(Operation.RESERVE, key="reserve", count=1, requests=2),)
