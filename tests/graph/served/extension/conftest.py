"""The test application with what it adds, served over HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from domain.storage.database import Database
from graph.app import create_server
from graph.schema import ApplicationSchema, build_schema
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.extension.application import Directory, Doorkeeper, extension
from tests.graph.served.house import READS_STATUS, SETTINGS, House
from tests.graph.serving import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedHouse(House):
    """The served application with what it adds.

    Attributes:
        doorkeeper: Says who may do what.
        directory: Tells who the customers are.
    """

    doorkeeper: Doorkeeper
    directory: Directory


@pytest.fixture(scope="session")
def extended_schema() -> ApplicationSchema:
    """The schema, built once: servers can share it."""
    return build_schema(CATALOG, REGISTRY, extension=extension(Doorkeeper(), Directory()))


@asynccontextmanager
async def served(database: Database, schema: ApplicationSchema) -> AsyncGenerator[ExtendedHouse]:
    """The served application, without a worker."""
    doorkeeper, directory = Doorkeeper(), Directory()
    server = create_server(
        database=database,
        catalog=CATALOG,
        registry=REGISTRY,
        settings=SETTINGS,
        graph_settings=GraphSettings(directory_limit_s=0.3),
        schema=schema,
        extension=extension(doorkeeper, directory),
    )
    async with (
        serving(server.asgi, end_streams=server.end_streams) as url,
        httpx.AsyncClient(base_url=url, timeout=20, headers=READS_STATUS) as client,
    ):
        yield ExtendedHouse(
            database=database,
            client=client,
            url=url,
            server=server,
            doorkeeper=doorkeeper,
            directory=directory,
        )


@pytest_asyncio.fixture
async def extended(database: Database, extended_schema: ApplicationSchema) -> AsyncGenerator[ExtendedHouse]:
    """The served application, without a worker."""
    async with served(database, extended_schema) as house:
        yield house
