"""A server to which nobody signs in is this machine's alone: not that of the pages its browsers show."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from domain.storage.database import Database
from graph.app import create_server
from graph.authentication.loopback import NotLoopback
from graph.settings import GraphSettings
from orchestrion.serving.welcome import welcome
from orchestrion.settings import Settings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.callers.house import ClosedHouse
from tests.graph.served.house import CREATE_NODE, NODE, SCHEMA, SETTINGS, House
from tests.graph.serving import serving
from tests.parity import parity

EVIL = "http://evil.example"
HELLO = "{ viewer { name } }"


@pytest_asyncio.fixture(scope="session")
async def own_house(callers_database: Database) -> AsyncGenerator[House]:
    """The server without a provider."""
    server = create_server(
        database=callers_database,
        catalog=CATALOG,
        registry=REGISTRY,
        schema=SCHEMA,
        settings=SETTINGS,
        graph_settings=GraphSettings(),
    )
    async with (
        serving(server.asgi, end_streams=server.end_streams) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        yield House(database=callers_database, client=client, url=url, server=server)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "192.0.2.1"])
@pytest.mark.parametrize("path", ["/", "/graphiql/graphiql.min.js", "/health", "/graphql", "/nothing"])
async def test_it_answers_by_no_other_name(own_house: House, path: str, host: str) -> None:
    response = await own_house.client.get(path, params={"query": HELLO}, headers={"host": host})

    assert response.status_code == 421
    assert "open to this machine alone" in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_it_does_nothing_by_another_name(closed: ClosedHouse, own_house: House, accept: str) -> None:
    before = await closed.stored()
    body = {"query": CREATE_NODE, "variables": {"input": NODE}}
    headers = {"host": "evil.example", "origin": EVIL, "accept": accept}

    response = await own_house.client.post("/graphql", json=body, headers=headers)

    assert response.status_code == 421
    assert await closed.stored() == before


async def test_who_calls_back_may_know_it_by_another_name(own_house: House) -> None:
    """It may be behind a tunnel; the token in the address is the whole right to post."""
    response = await own_house.client.post("/callbacks/nobody", json={}, headers={"host": "tunnel.example"})

    assert response.json()["error"]["code"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (path, media_type)
        for path in ("/graphql", "/callbacks/nobody")
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
    ],
)
async def test_what_a_page_may_send_without_asking_does_nothing(
    closed: ClosedHouse, own_house: House, path: str, media_type: str
) -> None:
    before = await closed.stored()
    content = httpx.Request("POST", EVIL, json={"query": CREATE_NODE, "variables": {"input": NODE}}).content
    headers = {"origin": EVIL, "content-type": media_type}

    posted = await own_house.client.post(path, content=content, headers=headers)

    assert posted.status_code == 415
    assert "access-control-allow-origin" not in posted.headers
    assert await closed.stored() == before


async def test_pages_of_other_origins_may_not_send_more_nor_read(own_house: House) -> None:
    asked = {"origin": EVIL, "access-control-request-method": "POST"}
    preflight = await own_house.client.options("/graphql", headers=asked)
    mutation = await own_house.client.get(
        "/graphql", params={"query": "mutation { pauseEngine { __typename } }"}
    )
    read = await own_house.client.get("/graphql", params={"query": HELLO}, headers={"origin": EVIL})

    assert (preflight.status_code, mutation.status_code) == (405, 405)
    assert [name for each in (preflight, read) for name in each.headers if "access-control" in name] == []


@pytest.mark.parametrize("url", ["{own}", "ws://evil.example:{port}"], ids=["its name", "the page's name"])
async def test_pages_of_other_origins_open_no_socket(own_house: House, url: str) -> None:
    address = urlsplit(own_house.url)
    asked = url.format(own=own_house.url.replace("http", "ws", 1), port=address.port)

    with pytest.raises(InvalidStatus) as refused:
        await connect(
            f"{asked}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            origin=Origin(EVIL),
            host=address.hostname,
            port=address.port,
        )

    assert refused.value.response.status_code == 403


@parity("AU-01", mends="bypass")
def test_it_is_not_made_for_others(callers_database: Database) -> None:
    with pytest.raises(NotLoopback, match=r"refusing to listen on '192\.0\.2\.1'"):
        create_server(
            database=callers_database,
            catalog=CATALOG,
            registry=REGISTRY,
            schema=SCHEMA,
            settings=SETTINGS,
            graph_settings=GraphSettings(host="192.0.2.1"),
        )


def test_it_says_at_the_start_that_it_is_open() -> None:
    said = welcome("http://127.0.0.1:8000", Settings())

    assert "open, for development: nobody signs in, everything is permitted, to this machine only" in said
