"""The catalogue's application on one database for all tests of the package, which only read."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from domain.ids import ProductBlockId, ProductId
from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.served.catalog.house import CatalogHouse
from tests.graph.served.stored import Stored, subscription_of
from tests.postgres import PostgresServer, statement_log

RETIRED = """
WITH old AS (
    INSERT INTO product (
        id, name, tag, product_type, description, status, model, fixed_inputs, created_at, ended_at
    )
    SELECT gen_random_uuid(), 'Old ' || n, 'OLD', 'Node', 'Once sold', 'END_OF_LIFE', 'Node',
        '{"frame_size": 9000}', '2020-01-01T00:00:00Z', '2024-01-01T00:00:00Z'
    FROM generate_series(1, 4) AS n
)
INSERT INTO product_block (id, name, description, status, created_at, ended_at)
VALUES (
    gen_random_uuid(), 'OldBlock', 'Once used', 'END_OF_LIFE', '2020-01-01T00:00:00Z', '2024-01-01T00:00:00Z'
)
"""


@pytest_asyncio.fixture(scope="session")
async def catalog(postgres_server: PostgresServer, graph_template: str) -> AsyncGenerator[CatalogHouse]:
    """The application with three nodes, of which one is another customer's, a circuit and retired rows."""
    async with (
        postgres_server.copy_of(graph_template) as dsn,
        Database(dsn, read_pool_size=2, write_pool_size=2) as database,
    ):
        ids = await _fill(database)
        yield CatalogHouse(database=database, statements=statement_log(postgres_server, dsn), ids=ids)


async def _fill(database: Database) -> dict[str, str]:
    stored = Stored(database)
    nodes = [await stored.node(), await stored.node(), await stored.node(customer="customer 2")]
    circuit = await stored.circuit(nodes[0].node.ports[0])
    async with database.writer() as connection:
        await connection.execute(RETIRED)
        products = await connection.fetch("SELECT id, name FROM product")
        blocks = await connection.fetch("SELECT id, name FROM product_block")
    names = {f"node {number}": subscription_of(node) for number, node in enumerate(nodes, start=1)}
    names["circuit"] = subscription_of(circuit)
    names["port"] = encode_id(IdKind.BLOCK, nodes[0].node.ports[0].id)
    names["foreign port"] = encode_id(IdKind.BLOCK, nodes[2].node.ports[0].id)
    for row in products:
        names[row["name"]] = encode_id(IdKind.PRODUCT, ProductId(row["id"]))
    for row in blocks:
        names[row["name"]] = encode_id(IdKind.PRODUCT_BLOCK, ProductBlockId(row["id"]))
    return names
