"""The sample as a client meets it: served over HTTP, with a worker and its network controller."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import httpx_sse

from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from engine.run.dispatcher import install_queue
from engine.run.worker import Worker
from examples.network.app import app
from graph.app import create_server
from graph.settings import GraphSettings
from orchestrion.extension import load_extension
from tests.clients.screens import read_screens
from tests.graph.served.house import SETTINGS
from tests.graph.serving import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The served sample; clients ask for the operations of the screens by their names.

    Attributes:
        url: Where GraphQL is.
        asked: The operations that were asked for.
    """

    url: str
    client: httpx.AsyncClient
    screens: dict[str, str]
    asked: set[str]

    async def ask(self, operation: str, **variables: object) -> Any:
        """The data of an answer without errors."""
        response = await self.client.post("/graphql", json=self._request(operation, variables))
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def follow(self, operation: str, **variables: object) -> AsyncGenerator[Any]:
        """The data of each event until the stream completes."""
        body = self._request(operation, variables)
        async with httpx_sse.aconnect_sse(self.client, "POST", "/graphql", json=body) as source:
            async for event in source.aiter_sse():
                if event.event == "complete":
                    return
                answer = event.json()
                assert "errors" not in answer, answer["errors"]
                yield answer["data"]

    def _request(self, operation: str, variables: dict[str, object]) -> dict[str, object]:
        self.asked.add(operation)
        return {"query": self.screens[operation], "operationName": operation, "variables": variables}


@asynccontextmanager
async def served_sample(dsn: str) -> AsyncGenerator[Sample]:
    """Serves the sample on a database that has the tables and nothing else."""
    connection = await asyncpg.connect(dsn)
    try:
        await install_queue(connection)
    finally:
        await connection.close()
    async with Database(dsn, read_pool_size=4, write_pool_size=4) as database:
        await sync(database, app.catalog)
        server = create_server(
            database=database,
            catalog=app.catalog,
            registry=app.registry,
            settings=SETTINGS,
            graph_settings=GraphSettings(),
            extension=load_extension(app),
        )
        async with (
            serving(server.asgi, end_streams=server.end_streams) as url,
            _working(database, url),
            httpx.AsyncClient(base_url=url, timeout=20) as client,
        ):
            yield Sample(url=f"{url}/graphql", client=client, screens=read_screens(), asked=set())


@asynccontextmanager
async def _working(database: Database, url: str) -> AsyncGenerator[None]:
    worker = Worker(database, catalog=app.catalog, registry=app.registry, settings=SETTINGS, public_url=url)
    with worker.signals.listening.armed() as listening:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run(), name="worker")
            try:
                await asyncio.wait_for(listening.get(), timeout=10)
                yield
            finally:
                worker.stop()
