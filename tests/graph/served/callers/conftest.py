"""One database for all tests about callers, and two servers on it: one of them asks an access policy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from domain.storage.database import Database
from graph.app import create_server
from graph.authentication.access_policy import AccessPolicy
from graph.authentication.settings import OidcSettings
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.authentication.provider import AUDIENCE, Provider, providing
from tests.graph.served.callers.house import KEY, ClosedHouse
from tests.graph.served.callers.rules import Rules
from tests.graph.served.house import READS_STATUS, SCHEMA, SETTINGS, House
from tests.graph.serving import serving
from tests.postgres import PostgresServer, statement_log

PORTAL = "https://portal.example.org"


@pytest_asyncio.fixture(scope="session")
async def callers_dsn(postgres_server: PostgresServer, graph_template: str) -> AsyncGenerator[str]:
    async with postgres_server.copy_of(graph_template) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="session")
async def callers_database(callers_dsn: str) -> AsyncGenerator[Database]:
    async with Database(callers_dsn, read_pool_size=4, write_pool_size=4) as database:
        yield database


@pytest_asyncio.fixture(scope="session")
async def callers_provider() -> AsyncGenerator[Provider]:
    async with providing(KEY) as provider:
        yield provider


@pytest.fixture
def provider(callers_provider: Provider) -> Provider:
    """The provider, which begins anew with each test."""
    callers_provider.begin_anew(KEY)
    return callers_provider


@pytest_asyncio.fixture(scope="session")
async def filled(
    postgres_server: PostgresServer,
    callers_dsn: str,
    callers_database: Database,
    callers_provider: Provider,
) -> AsyncGenerator[ClosedHouse]:
    async with serving_callers(callers_database, callers_provider) as house:
        ids = await _fill(house, callers_provider)
        log = statement_log(postgres_server, callers_dsn)
        yield ClosedHouse(house=house, provider=callers_provider, ids=ids, log=log)


@pytest.fixture
def closed(filled: ClosedHouse, provider: Provider) -> ClosedHouse:
    """The server for callers with a token alone."""
    assert provider is filled.provider
    return filled


@pytest.fixture
def closed_house(closed: ClosedHouse) -> House:
    """The same, by its client alone."""
    return closed.house


@pytest_asyncio.fixture(scope="session")
async def ruled(
    callers_database: Database, callers_provider: Provider
) -> AsyncGenerator[tuple[House, Rules]]:
    rules = Rules()
    async with serving_callers(callers_database, callers_provider, access_policy=rules) as house:
        yield house, rules


@pytest.fixture
def rules(ruled: tuple[House, Rules], provider: Provider) -> Rules:
    """What the access policy of `authorized` says, which begins anew with each test."""
    del provider
    ruled[1].begin_anew()
    return ruled[1]


@pytest.fixture
def authorized(ruled: tuple[House, Rules], rules: Rules) -> House:
    """The server that asks an access policy as well."""
    assert rules is ruled[1]
    return ruled[0]


@asynccontextmanager
async def serving_callers(
    database: Database, provider: Provider, *, access_policy: AccessPolicy | None = None
) -> AsyncGenerator[House]:
    """A server that knows the callers of the provider, and a client without a token."""
    oidc = OidcSettings(
        issuer=provider.issuer, audience=AUDIENCE, leeway_s=0.5, keys_min_interval_s=0, keys_retry_s=0
    )
    server = create_server(
        database=database,
        catalog=CATALOG,
        registry=REGISTRY,
        schema=SCHEMA,
        settings=SETTINGS,
        graph_settings=GraphSettings(
            host="0.0.0.0",  # noqa: S104  # closed to strangers
            oidc=oidc,
            allowed_origins=frozenset({PORTAL}),
            access_policy_limit_s=0.2,
            access_policy_again_s=0.05,
        ),
        access_policy=access_policy,
    )
    async with (
        serving(server.asgi, end_streams=server.end_streams) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        yield House(database=database, client=client, url=url, server=server)


async def _fill(house: House, provider: Provider) -> dict[str, str]:
    """Makes a process that waits, and its subscription, and gives their ids."""
    headers = {**READS_STATUS, "authorization": f"Bearer {provider.sign(roles=['admin'])}"}
    async with httpx.AsyncClient(base_url=house.url, timeout=20, headers=headers) as client:
        admin = replace(house, client=client)
        async with admin.working():
            process = await admin.start_node()
            await admin.until(process, "SUSPENDED")
        found = await admin.ask(
            """query ($id: ID!) {
                 process(id: $id) { steps { id } subscriptions { id blocks { id } customer { id } } }
                 products { nodes { id } }
                 productBlocks { nodes { id } }
                 workflows { nodes { id } } }""",
            id=process,
        )
    [subscription] = found["process"]["subscriptions"]
    return {
        "process": process,
        "subscription": subscription["id"],
        "step": found["process"]["steps"][0]["id"],
        "block": subscription["blocks"][0]["id"],
        "customer": subscription["customer"]["id"],
        "product": found["products"]["nodes"][0]["id"],
        "productBlock": found["productBlocks"]["nodes"][0]["id"],
        "workflow": found["workflows"]["nodes"][0]["id"],
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one of several test processes fill the database, and run all that read it."""
    for item in items:
        if isinstance(item, pytest.Function) and "callers_dsn" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("callers"))
