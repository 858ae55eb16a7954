"""A server and a worker that share nothing but the database they were given."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, PostgresOptions, create_database
from tests.e2e.api import Api
from tests.e2e.nodes import confirm_and_complete, start_node
from tests.e2e.served import Served, served, spawn
from tests.examples.controller_process import ControllerProcess, running_controller


@pytest.fixture
def postgres(data: Path) -> Generator[EmbeddedPostgres]:
    with EmbeddedPostgres.start(data / "elsewhere", options=PostgresOptions(durable=False)) as server:
        yield server


@pytest.fixture
async def environment(postgres: EmbeddedPostgres, controller: ControllerProcess) -> dict[str, str]:
    await create_database(postgres.dsn("postgres"), "given")
    return {"DATABASE_URL": postgres.dsn("given"), "NETWORK_CONTROLLER_URL": controller.url}


@pytest.fixture
def controller() -> Generator[ControllerProcess]:
    with running_controller() as running:
        yield running


@pytest.fixture
def server(data: Path, environment: dict[str, str]) -> Generator[Served]:
    with served(data, "--workers", "0", environment=environment) as running:
        yield running


@contextmanager
def worker(environment: dict[str, str], server: Served) -> Generator[None]:
    process = spawn(
        ["worker"],
        environment={**environment, "ORCHESTRION_PUBLIC_URL": server.base},
        stderr=subprocess.DEVNULL,
    )
    with process:
        yield
        process.terminate()
        assert process.wait(timeout=30) == 0


async def test_a_worker_elsewhere_carries_out_what_the_server_starts(
    server: Served, api: Api, environment: dict[str, str], data: Path, postgres: EmbeddedPostgres
) -> None:
    process_id = await start_node(api, "worked-elsewhere")
    assert server.children(module="orchestrion.worker") == []
    assert (await api.process(process_id))["status"] == "QUEUED"

    with worker(environment, server):
        await confirm_and_complete(api, process_id)

    assert server.stop() == 0
    assert not (data / "postgres").exists()
    postgres.ensure_running()
