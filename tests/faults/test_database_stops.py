"""PostgreSQL stops as in a crash, in the middle of runs, and is started again."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from domain.storage.embedded import EmbeddedPostgres, PostgresOptions
from tests.engine.run.conftest import prepare
from tests.faults.marks import CHECKPOINT, CLAIM, COMMIT
from tests.faults.proxy import Mark, Proxy, Side
from tests.faults.site import Site
from tests.faults.verifier import verify
from tests.postgres import PostgresServer

MARKS = {
    "before the claim": ("linear", Mark(statement=CLAIM, side=Side.REQUEST)),
    "before a batch": ("linear", Mark(statement=CHECKPOINT, side=Side.REQUEST, nth=3)),
    "after a batch": ("linear", Mark(statement=CHECKPOINT, side=Side.REPLY, nth=3)),
    "before a commit": ("create_port", Mark(statement=COMMIT, side=Side.REQUEST)),
    "after a commit": ("create_port", Mark(statement=COMMIT, side=Side.REPLY)),
}


@pytest_asyncio.fixture(scope="module")
async def own_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[PostgresServer]:
    """A server that nobody else uses, as safe as in production: a commit is on disk."""
    server = await asyncio.to_thread(
        EmbeddedPostgres.start,
        tmp_path_factory.mktemp("postgres"),
        options=PostgresOptions(durable=True),
        bin_folder=_programs(),
    )
    try:
        await prepare(server.dsn("postgres"))
        yield PostgresServer(address=server.dsn("template1"), embedded=server)
    finally:
        await asyncio.to_thread(server.delete)


@pytest_asyncio.fixture
async def database_dsn(own_server: PostgresServer) -> AsyncGenerator[str]:
    async with own_server.copy_of("postgres") as dsn:
        yield dsn


@pytest.mark.parametrize(("workflow", "mark"), MARKS.values(), ids=MARKS.keys())
async def test_runs_go_on_when_the_database_is_back(
    workflow: str, mark: Mark, site: Site, proxy: Proxy, own_server: PostgresServer
) -> None:
    process_ids = await site.start(workflow, processes=8)
    trap = proxy.trap(mark)
    worker = await site.hire(through=proxy, lease_s=2)
    await site.until_sprung(trap)

    await _crash(own_server)
    trap.cut()
    await site.until_ended(process_ids)

    assert not worker.gone.is_set(), site.logs()
    await verify(site, process_ids)


async def test_a_step_in_flight_ends_and_is_recorded_once_the_database_is_back(
    site: Site, own_server: PostgresServer
) -> None:
    process_ids = await site.start("linear")
    worker = await site.hire(stops=["second/before", "third/after"])

    for place in ("second/before", "third/after"):
        step = await site.door.visitor(place)
        await _crash(own_server)
        step.go_on()
    await site.until_ended(process_ids)

    assert not worker.gone.is_set(), site.logs()
    await verify(site, process_ids, attempts={})


async def test_a_worker_and_the_database_are_lost_together(
    site: Site, proxy: Proxy, own_server: PostgresServer
) -> None:
    process_ids = await site.start("linear", processes=8)
    trap = proxy.trap(Mark(statement=CHECKPOINT, side=Side.REPLY, nth=4))
    doomed = await site.hire(through=proxy)
    await site.until_sprung(trap)

    await doomed.kill()
    await _crash(own_server)
    await proxy.cut_off()
    await site.let_leases_expire()
    await site.hire()
    await site.until_ended(process_ids)

    await verify(site, process_ids)


async def _crash(server: PostgresServer) -> None:
    assert server.embedded is not None
    await asyncio.to_thread(server.embedded.restart, immediate=True)


def _programs() -> Path | None:
    named = os.environ.get("ORCHESTRION_PG_BIN")
    return None if named is None else Path(named)
