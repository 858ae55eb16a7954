"""The page about extending the API is true: its code runs, its requests are answered as it tells."""

import json
import sys
from collections.abc import AsyncGenerator, Iterator
from itertools import zip_longest
from types import ModuleType
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from domain.model.trees.mapping import to_patch
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.saving.saves import ChangeAuthor, save
from engine.run.dispatcher import install_queue
from examples.network.app import app
from examples.network.products import CATALOG, NODE, Node, NodeInactive, NodeProvisioning
from examples.network.sites import Role, Site
from graph.app import create_server
from graph.errors import SchemaDefinitionError
from graph.settings import GraphSettings
from orchestrion import ACTIVE, CustomerId
from orchestrion.application import Application
from orchestrion.extension import load_extension
from tests.docs.project import ROOT, Block, blocks
from tests.graph.served.house import SETTINGS
from tests.graph.serving import serving
from tests.parity import parity

PAGE = ROOT / "docs" / "extending.md"
MODULE = "my_network.graph_extension"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the page writes."""
    module = ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    return module


@pytest_asyncio.fixture
async def sample(database: Database) -> AsyncGenerator[Database]:
    """A database with a node of the sample."""
    connection = await asyncpg.connect(database.dsn)
    try:
        await install_queue(connection)
    finally:
        await connection.close()
    await sync(database, CATALOG)
    async with database.write() as writing:
        await save(writing, [to_patch(_node())], author=ChangeAuthor(actor="a test"))
        await writing.execute("UPDATE subscription SET in_sync = true")
    yield database


@parity("GQ-08")
async def test_the_code_of_the_page_runs_and_its_requests_are_answered_as_it_tells(
    page: ModuleType, sample: Database
) -> None:
    wrong: list[tuple[object, object]] = []
    for block, told in _pieces("python", "text"):
        found = _run(page, block)
        if found != told:
            wrong.append((told, found))
    extended = Application(catalog=CATALOG, registry=app.registry, graph=f"{MODULE}:EXTENSION")
    server = create_server(
        database=sample,
        catalog=CATALOG,
        registry=app.registry,
        settings=SETTINGS,
        graph_settings=GraphSettings(),
        extension=load_extension(extended),
    )
    async with (
        serving(server.asgi, end_streams=server.end_streams) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        for block, told in _pieces("request", "json"):
            found = (await client.post("/graphql", json={"query": block.text})).json()
            if told is None or found != json.loads(told):
                wrong.append((told, found))

    assert wrong == []


def _pieces(language: str, answer: str) -> Iterator[tuple[Block, str | None]]:
    """The pieces of a language, each with what the next block tells of it."""
    found = blocks(PAGE)
    for block, following in zip_longest(found, found[1:]):
        if block.language == language:
            yield block, _told(following, answer)


def _told(following: Block | None, answer: str) -> str | None:
    if following is None or following.language != answer:
        return None
    return following.text.strip()


def _run(page: ModuleType, piece: Block) -> str | None:
    """The error that a piece of code raises; None if it raises none."""
    try:
        exec(compile(piece.text, str(PAGE), "exec"), page.__dict__)  # noqa: S102  # the page is ours
    except SchemaDefinitionError as error:
        return f"{type(error).__name__}: {error}"
    return None


def _node() -> Node:
    """A node in service."""
    node = NodeInactive.new(product=NODE, customer_id=CustomerId("demo"))
    values: dict[str, Any] = {
        "hostname": "lab-1",
        "site": Site.PARIS,
        "row": "PAR-B",
        "role": Role.CORE,
        "rack_position": "PAR-B-7",
        "configuration_version": 1,
    }
    for name, value in values.items():
        setattr(node.node, name, value)
    node.node.management.address = "10.33.0.7"  # pyright: ignore[reportAttributeAccessIssue]  # pydantic reads it
    node.node.management.prefix = "10.33.0.0/16"  # pyright: ignore[reportAttributeAccessIssue]  # pydantic reads it
    return node.transition(NodeProvisioning).transition(Node, ACTIVE)
