"""The commands' application served over HTTP, on a database of the test's own."""

from collections.abc import AsyncGenerator

import httpx
import pytest_asyncio

from domain.storage.database import Database
from tests.graph.served.commands.application import Gate, new_registry
from tests.graph.served.commands.house import CommandHouse, new_server
from tests.graph.served.house import READS_STATUS
from tests.graph.serving import serving


@pytest_asyncio.fixture
async def commands(database: Database) -> AsyncGenerator[CommandHouse]:
    """The served application, without a worker."""
    gate = Gate()
    registry = new_registry(gate)
    async with (
        serving(new_server(database, registry)) as url,
        httpx.AsyncClient(base_url=url, timeout=20, headers=READS_STATUS) as client,
    ):
        yield CommandHouse(database=database, registry=registry, gate=gate, client=client)
