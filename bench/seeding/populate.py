"""Filling a database with the made subscriptions and processes, and how long each part took."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from random import Random
from uuid import UUID

import asyncpg

from bench.seeding import processes as process_rows
from bench.seeding import rows as subscription_rows
from bench.seeding.catalog import CATALOG
from bench.seeding.copies import MOST_COPIES, Copier, Row
from bench.seeding.engine import write_engine
from bench.seeding.indexes import without_indexes
from bench.seeding.network import Network
from bench.seeding.plan import FEWEST
from bench.seeding.processes import ProcessWriter
from bench.seeding.rows import RowWriter
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.dsn import normalise_dsn
from domain.storage.value_indexes import sync_value_indexes
from orchestrion.migrations import upgrade

SUBSCRIPTIONS = 100_000
MOST = 1_000_000
"""With more of them some addresses would be none."""

TABLES = (*subscription_rows.TABLES, *process_rows.TABLES)
"""The tables that are filled, each after those it refers to."""

SEED = 20190101

_CHUNK = 2000

# Every row refers to one that is written before it; looking each up again would take longer than the rest.
_TRUST_REFERENCES = """
SELECT set_config('session_replication_role', 'replica', true)
WHERE current_setting('is_superuser') = 'on'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """What a build of the seeded database wrote, and the seconds it took.

    Attributes:
        rows: how many, by table.
        prepare_s: for migrations and catalogue.
        fill_s: for making and copying rows.
        finish_s: for the indexes on values, and for the planner's statistics.
    """

    rows: Mapping[str, int]
    prepare_s: float
    fill_s: float
    finish_s: float


async def populate(dsn: str, *, subscriptions: int = SUBSCRIPTIONS, seed: int = SEED) -> Seeding:
    """Fill an empty database: the schema, the catalogue, and the same rows for the same seed.

    Commits.

    Raises:
        ValueError: for too few subscriptions, or if the database has some already.
        asyncpg.PostgresError: if the database refuses.
    """
    if not FEWEST <= subscriptions <= MOST:
        raise ValueError(
            f"found {subscriptions} subscriptions to make, expected at least {FEWEST} and at most {MOST}"
        )
    began = time.perf_counter()
    await upgrade(dsn)
    async with Database(dsn, read_pool_size=1, write_pool_size=2) as database:
        await sync(database, CATALOG)
        prepared = time.perf_counter()
        # Not from the pool: its codecs write JSON as text, and rows are copied in binary form.
        connection = await asyncpg.connect(normalise_dsn(dsn))
        try:
            rows = await _fill(connection, subscriptions, seed)
            filled = time.perf_counter()
            await sync_value_indexes(database, CATALOG)
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()
    return Seeding(
        rows=rows,
        prepare_s=prepared - began,
        fill_s=filled - prepared,
        finish_s=time.perf_counter() - filled,
    )


async def _fill(connection: asyncpg.Connection, subscriptions: int, seed: int) -> dict[str, int]:
    if await connection.fetchval("SELECT EXISTS (SELECT FROM subscription)"):
        raise ValueError("found subscriptions in the database, expected an empty one")
    products = {row["name"]: row["id"] for row in await connection.fetch("SELECT name, id FROM product")}
    copies = copies_of(subscriptions)
    copier = Copier(connection, TABLES)
    async with connection.transaction():
        await connection.execute(_TRUST_REFERENCES)
        await copier.prepare()
        for rows in made_rows(subscriptions // copies, seed=seed, products=products):
            await copier.keep(rows)
        async with without_indexes(connection, [table.name for table in TABLES]):
            written = await copier.write(copies)
            written |= await write_engine(connection)
    return written


def copies_of(subscriptions: int) -> int:
    """How often what is made is copied: only if all products and statuses are among a tenth of them."""
    return MOST_COPIES if subscriptions >= MOST_COPIES * FEWEST and subscriptions % MOST_COPIES == 0 else 1


def made_rows(
    subscriptions: int, *, seed: int = SEED, products: Mapping[str, UUID]
) -> Iterator[Mapping[str, list[Row]]]:
    """The rows of every table, some subscriptions at a time; products are given by name."""
    made = Network(Random(seed)).subscriptions(subscriptions)  # noqa: S311  # the same at each build
    writer = RowWriter(Random(seed + 1), products)  # noqa: S311  # the same at each build
    processes = ProcessWriter(Random(seed + 2))  # noqa: S311  # the same at each build
    while chunk := list(islice(made, _CHUNK)):
        tables: dict[str, list[Row]] = {table.name: [] for table in TABLES}
        for subscription in chunk:
            writer.write(subscription, processes.write(subscription, tables), tables)
        yield tables
