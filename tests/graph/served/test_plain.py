import re
from pathlib import Path

import httpx

from domain.storage.database import Database
from graph.app import create_server
from graph.plain.graphiql import FILES
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.house import SCHEMA, SETTINGS, House

OUTSIDE = re.compile(rb"""(?:src|href|url\(|import\(|fetch\()\s*=?\s*["'(]?\s*(?:https?:)?//""")


async def test_the_server_is_healthy_while_its_database_answers(house: House) -> None:
    response = await house.client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_the_server_is_not_healthy_without_its_database(house: House, database: Database) -> None:
    await database.close()

    response = await house.client.get("/health")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


async def test_the_page_and_all_its_files_come_from_the_server(house: House) -> None:
    page = await house.client.get("/")
    addresses = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    files = [await house.client.get(address) for address in addresses]

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert [file.status_code for file in files] == [200] * 7
    assert {file.headers["content-type"].split(";")[0] for file in files} == {"text/css", "text/javascript"}


async def test_without_the_page_there_is_none_of_its_files_either(database: Database) -> None:
    server = create_server(
        database=database,
        catalog=CATALOG,
        registry=REGISTRY,
        schema=SCHEMA,
        settings=SETTINGS,
        graph_settings=GraphSettings(graphiql=False),
    )
    transport = httpx.ASGITransport(server.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        found = [
            (await client.get(path)).status_code for path in ("/", "/graphiql/graphiql.min.js", "/health")
        ]

    assert found == [404, 404, 200]


def test_the_files_of_the_page_ask_for_nothing_from_outside() -> None:
    for file in sorted(Path(FILES).iterdir()):
        assert not OUTSIDE.search(file.read_bytes()), file.name


def test_the_files_of_others_come_with_their_licences() -> None:
    licences = (FILES / "LICENSES.txt").read_text()

    for name in ("graphiql.min.js", "react.min.js", "react-dom.min.js", "graphql-ws.min.js"):
        assert name in licences
