"""A database with the engine's tables, and workers in processes of their own."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.engine.run.conftest import database_dsn, engine_template
from tests.faults.proxy import Proxy
from tests.faults.site import Site, opened_site
from tests.faults.workers import Nursery, nursery

__all__ = ["database_dsn", "engine_template"]


@pytest_asyncio.fixture(scope="session")
async def worker_nursery() -> AsyncGenerator[Nursery]:
    """Where the workers of all tests come from."""
    async with nursery() as opened:
        yield opened


@pytest_asyncio.fixture
async def site(database_dsn: str, worker_nursery: Nursery) -> AsyncGenerator[Site]:
    async with opened_site(database_dsn, worker_nursery) as opened:
        yield opened


@pytest_asyncio.fixture
async def proxy(database_dsn: str) -> AsyncGenerator[Proxy]:
    """A proxy in front of the test's database, for one worker."""
    async with Proxy(database_dsn).opened() as opened:
        yield opened
