"""What is killed in the middle of a step is taken over, and nothing is recorded twice."""

import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.nodes import CREATE_STEPS, confirm_and_complete, reservations, start_node, until_step_runs
from tests.e2e.served import Served, postmaster, served
from tests.examples.controller_process import ControllerProcess, running_controller

TAKEOVER_LIMIT_S = 10


@pytest.fixture
def controller() -> Iterator[ControllerProcess]:
    with running_controller() as running:
        yield running


@pytest.fixture
def server(data: Path, controller: ControllerProcess) -> Iterator[Served]:
    with served(data, environment={"NETWORK_CONTROLLER_URL": controller.url}) as running:
        yield running


@contextmanager
def held_up(controller: ControllerProcess) -> Generator[None]:
    """A controller that answers nobody until the block ends, so that a step is left in its request."""
    process = psutil.Process(controller.process.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def assert_each_step_recorded_once(process: Answer) -> None:
    assert [(step["key"], step["status"]) for step in process["steps"]] == [
        (key, "SUCCESS") for key in CREATE_STEPS
    ]
    for step in process["steps"]:
        assert [attempt["status"] for attempt in step["attempts"]].count("SUCCESS") == 1, step


async def test_a_worker_killed_in_the_middle_of_a_step_is_replaced(
    server: Served, api: Api, controller: ControllerProcess
) -> None:
    with held_up(controller):
        process_id = await start_node(api, "killed-worker")
        await until_step_runs(api, process_id, "reserve_place")
        (worker,) = server.children(module="orchestrion.worker")
        worker.kill()

    process = await confirm_and_complete(api, process_id)

    assert_each_step_recorded_once(process)
    lost, made_up = process["steps"][1]["attempts"]
    assert lost["status"] == "ABORTED"
    waited = datetime.fromisoformat(made_up["startedAt"]) - datetime.fromisoformat(lost["startedAt"])
    assert waited.total_seconds() < TAKEOVER_LIMIT_S
    (reservation,) = reservations(controller.url, "killed-worker")
    assert reservation["count"] == 1


async def test_a_database_stopped_at_once_in_the_middle_of_a_step_loses_nothing(
    api: Api, controller: ControllerProcess, data: Path
) -> None:
    with held_up(controller):
        process_id = await start_node(api, "killed-database")
        await until_step_runs(api, process_id, "reserve_place")
        killed = postmaster(data)
        killed.send_signal(signal.SIGQUIT)
        psutil.wait_procs([killed], timeout=20)

    await api.until_reachable()
    process = await confirm_and_complete(api, process_id)

    assert_each_step_recorded_once(process)
    (reservation,) = reservations(controller.url, "killed-database")
    assert reservation["count"] == 1


async def test_processes_go_on_after_everything_was_killed(
    data: Path, controller: ControllerProcess, api: Api, server: Served
) -> None:
    process_id = await start_node(api, "killed-everything")
    await api.until_status(process_id, "SUSPENDED")
    everything = [*server.descendants(), psutil.Process(server.process.pid), postmaster(data)]
    for process in everything:
        if process.is_running():
            process.kill()
    psutil.wait_procs(everything, timeout=20)

    with served(data, environment={"NETWORK_CONTROLLER_URL": controller.url}) as again:
        async with Api(again.url) as later:
            process = await confirm_and_complete(later, process_id)

    assert_each_step_recorded_once(process)
