"""`orchestrion serve` as its user meets it: start, stop, start again, refusals."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.served import postmaster, served, spawn
from tests.waiting import eventually

PRODUCTS = ["Circuit", "Port 100G", "Port 10G", "Node"]


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=20)
    # Who was nobody's child stays a zombie until the system's first process asks for it.
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive if process.is_running())


def product_names(base: str) -> list[str]:
    answer = httpx.post(f"{base}/graphql", json={"query": "{ products { nodes { name } } }"}, timeout=20)
    return [node["name"] for node in answer.json()["data"]["products"]["nodes"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_all_that_was_started(data: Path, number: int) -> None:
    with served(data) as server:
        started = server.descendants()
        postgres = postmaster(data)
        assert product_names(server.base) == PRODUCTS

        exit_code = server.stop(number=number)

        assert exit_code == 0
        assert gone(started)
        assert gone([postgres])


def test_a_wish_to_stop_that_comes_twice_at_once_still_stops_all(data: Path) -> None:
    with served(data) as server:
        started = [*server.descendants(), postmaster(data)]
        server.process.send_signal(signal.SIGINT)

        exit_code = server.stop(number=signal.SIGTERM)

        assert exit_code == 0
        assert gone(started)


def test_a_second_serve_on_the_same_port_says_so(data: Path, tmp_path: Path) -> None:
    with served(data) as server:
        port = server.base.rsplit(":", 1)[1]

        second = spawn(
            ["serve", "--port", port],
            environment={"ORCHESTRION_DATA": str(tmp_path / "other")},
            stderr=subprocess.PIPE,
        )
        output, errors = second.communicate(timeout=60)

        assert second.returncode == 1
        assert output == ""
        assert f"Cannot serve on 127.0.0.1:{port}: the port is in use" in errors
        assert product_names(server.base) == PRODUCTS


def test_an_address_beyond_loopback_is_refused_without_authentication(data: Path) -> None:
    refused = spawn(
        ["serve", "--port", "0", "--host", "0.0.0.0"],  # noqa: S104  # must be refused
        environment={"ORCHESTRION_DATA": str(data)},
        stderr=subprocess.PIPE,
    )
    _, errors = refused.communicate(timeout=60)

    assert refused.returncode == 1
    assert "loopback" in errors
    assert not data.exists()


@pytest.mark.parametrize(
    "arguments", [["serve", "--port", "70000"], ["serve", "--workers", "x"], ["no-such-command"]]
)
def test_wrong_usage_is_exit_code_two(arguments: list[str], data: Path) -> None:
    refused = spawn(arguments, environment={"ORCHESTRION_DATA": str(data)}, stderr=subprocess.DEVNULL)

    refused.communicate(timeout=60)

    assert refused.returncode == 2
    assert not data.exists()


def test_serve_starts_again_after_everything_was_killed(data: Path) -> None:
    with served(data) as server:
        everything = [*server.descendants(), psutil.Process(server.process.pid)]
        everything.extend([postmaster(data), *postmaster(data).children(recursive=True)])
        for process in everything:
            if process.is_running():
                process.kill()
        server.process.wait()
        assert gone(everything)

    with served(data) as server:
        assert product_names(server.base) == PRODUCTS


async def has_no_devices(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).json() == {"devices": []}
        except httpx.TransportError:
            return False


async def test_a_killed_companion_is_started_again_at_its_url(data: Path) -> None:
    with served(data) as server:
        (controller,) = server.children(module="examples.network.controller")
        (port,) = {connection.laddr.port for connection in controller.net_connections() if connection.laddr}
        controller.kill()

        await eventually(lambda: has_no_devices(f"http://127.0.0.1:{port}/devices"), deadline_s=20)

        assert server.stop() == 0


def test_a_killed_serve_takes_its_children_along(data: Path) -> None:
    with served(data) as server:
        children = server.descendants()

        server.process.kill()
        server.process.wait()

        assert gone([child for child in children if "postgres" not in child.name()])

    with served(data) as server:
        assert product_names(server.base) == PRODUCTS


@pytest.fixture
def ordinary_users_folder(data: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("the other tests are run by an ordinary user already")
    data.mkdir()
    shutil.chown(data, "nobody")
    return data


def test_serve_works_for_an_ordinary_user(ordinary_users_folder: Path) -> None:
    for _ in range(2):
        with served(
            ordinary_users_folder / "data", user="nobody", environment={"HOME": str(ordinary_users_folder)}
        ) as server:
            assert product_names(server.base) == PRODUCTS

            assert server.stop() == 0
