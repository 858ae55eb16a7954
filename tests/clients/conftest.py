"""The served applications that clients are tried on."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.clients.sample import Sample, served_sample
from tests.examples.controller_process import running_controller
from tests.graph.served.conftest import database_dsn, graph_template, house
from tests.postgres import PostgresServer

__all__ = ["database_dsn", "graph_template", "house"]


@pytest_asyncio.fixture
async def sample(
    postgres_server: PostgresServer, template_database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Sample]:
    """The served sample, with a worker and its network controller."""
    with running_controller() as controller:
        monkeypatch.setenv("NETWORK_CONTROLLER_URL", controller.url)
        async with postgres_server.copy_of(template_database) as dsn, served_sample(dsn) as sample:
            yield sample
