"""The indexes that models declare: made, used, kept, dropped, rebuilt."""

import asyncio
import re
from typing import Annotated

import pytest

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Indexed
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.catalog_sync import diff, sync
from domain.storage.database import Database
from domain.storage.listing.filters import And, BlockFilter, Operator, Quantifier, ValueFilter, ValueWhere
from domain.storage.listing.paging import PageRequest
from domain.storage.subscriptions import SubscriptionRepository
from domain.storage.value_indexes import declared_indexes, sync_value_indexes
from tests.parity import parity
from tests.postgres import StatementLog


class SiteBlock(ProductBlockModel, name="Site Block"):
    """A site."""

    code: Annotated[str, Indexed()]
    racks: Annotated[int | None, Indexed()]
    open: Annotated[bool, Indexed()] = True
    street: str | None


class Site(SubscriptionModel, name="Site"):
    site: SiteBlock


class PlainBlock(ProductBlockModel, name="Plain Block"):
    code: str


class Plain(SubscriptionModel, name="Plain"):
    plain: PlainBlock


def product(model: type[SubscriptionModel]) -> Product:
    return Product(name=model.__name__, tag="SITE", product_type="Site", description="A site", model=model)


SITES = Catalog([product(Site)])
PLAIN = Catalog([product(Plain)])


async def indexes(database: Database) -> list[str]:
    async with database.writer() as connection:
        rows = await connection.fetch(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'block' AND indexname LIKE 'block_value%'"
            " ORDER BY indexname"
        )
    return [row["indexname"] for row in rows]


async def test_declared_indexes_are_made_and_undeclared_ones_dropped(
    database: Database, statements: StatementLog
) -> None:
    await sync(database, SITES)
    shown = [str(change) for change in (await diff(database, SITES)).changes]
    made = await sync_value_indexes(database, SITES)
    names = await indexes(database)
    with statements.recorded() as executed:
        again = await sync_value_indexes(database, SITES)

    assert shown == [
        "value index 'Site Block.code' added",
        "value index 'Site Block.racks' added",
        "value index 'Site Block.open' added",
    ]
    assert [index.field for index in made.missing] == [
        "Site Block.code",
        "Site Block.racks",
        "Site Block.open",
    ]
    assert names == sorted(index.name for index in declared_indexes(SITES))
    assert again.is_empty
    assert executed.verbs == ["SELECT"]
    assert (await diff(database, SITES)).is_empty

    await sync(database, PLAIN)
    retired = [str(change) for change in (await diff(database, PLAIN)).changes]
    dropped = await sync_value_indexes(database, PLAIN)

    assert retired == [f"value index '{name}' retired" for name in names]
    assert list(dropped.undeclared) == names
    assert await indexes(database) == []


async def test_an_index_that_was_left_unfinished_is_built_again(database: Database) -> None:
    await sync_value_indexes(database, SITES)
    name = (await indexes(database))[0]
    async with database.writer() as connection:
        await connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::text::regclass", name
        )

    rebuilt = await sync_value_indexes(database, SITES)

    assert [index.name for index in rebuilt.missing] == [name]
    assert list(rebuilt.unusable) == [name]
    assert len(await indexes(database)) == 3
    assert (await sync_value_indexes(database, SITES)).is_empty


async def test_those_who_build_at_once_take_turns(database: Database) -> None:
    results = await asyncio.gather(*(sync_value_indexes(database, SITES) for _ in range(3)))

    assert sorted(len(result.missing) for result in results) == [0, 0, 3]
    assert len(await indexes(database)) == 3


async def test_names_fit_and_are_the_same_each_time() -> None:
    long = declared_indexes(Catalog([product(Site)]))

    assert [index.name for index in long] == [index.name for index in declared_indexes(SITES)]
    for index in long:
        assert re.fullmatch(r"block_value_[a-z0-9_]+_[0-9a-f]{10}_index", index.name)
        assert len(index.name.encode()) <= 63


async def test_what_an_index_cannot_hold_is_stored_all_the_same(database: Database) -> None:
    await sync(database, SITES)
    await sync_value_indexes(database, SITES)

    async with database.writer() as connection:
        await connection.execute(
            """
            WITH owner AS (
                INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)
                SELECT gen_random_uuid(), id, 'c', 'ACTIVE', '', true, 1 FROM product
                RETURNING id
            )
            INSERT INTO block (id, subscription_id, block, values)
            SELECT gen_random_uuid(), id, 'Site Block', jsonb_build_object(
                'code', (SELECT string_agg(md5(number::text), '') FROM generate_series(1, 500) AS number),
                'racks', (SELECT string_agg((number % 10)::text, '') FROM generate_series(1, 9999) AS number),
                'open', (SELECT string_agg(md5(number::text), '') FROM generate_series(1, 500) AS number)
            )
            FROM owner
            """
        )
        assert await connection.fetchval("SELECT count(*) FROM block") == 1


EQ, IN = Operator.EQ, Operator.IN
CASES: list[ValueWhere] = [
    ValueFilter("code", EQ, "a"),
    ValueFilter("code", EQ, "a" * 300),
    ValueFilter("code", IN, ["a", "b"]),
    And((ValueFilter("code", Operator.GTE, "a"), ValueFilter("code", Operator.LT, "b"))),
    ValueFilter("code", Operator.STARTS_WITH, "a"),
    ValueFilter("racks", EQ, 3),
    ValueFilter("racks", IN, [3, 4]),
    And((ValueFilter("racks", Operator.GT, 3), ValueFilter("racks", Operator.LTE, 5))),
    ValueFilter("open", EQ, False),
]


@parity("PM-06", mends="untyped")
@pytest.mark.parametrize("where", CASES, ids=str)
async def test_a_filter_uses_the_index_whatever_it_is_asked_for(
    database: Database, statements: StatementLog, where: ValueWhere
) -> None:
    """Also by a prepared statement that serves every value, hardest for a partial index."""
    await sync(database, SITES)
    await sync_value_indexes(database, SITES)
    await fill(database)
    reads = SubscriptionRepository(database)
    of_site = BlockFilter("site", Quantifier.SOME, where)

    with statements.recorded() as executed:
        await reads.page(Scope.all(), request=PageRequest(first=5), where=of_site, family=Site.family())

    (text,) = executed
    plan = await generic_plan(database, text)
    assert " block_value_site_block_" in plan, plan


async def fill(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(
            """
            INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)
            SELECT gen_random_uuid(), product.id, 'c', 'ACTIVE', '', true, 1
            FROM product, generate_series(1, 3000)
            """
        )
        await connection.execute(
            """
            INSERT INTO block (id, subscription_id, block, values)
            SELECT gen_random_uuid(), id, 'Site Block', jsonb_build_object(
                'code', md5(id::text), 'racks', row_number() OVER (), 'open', row_number() OVER () > 20
            )
            FROM subscription
            """
        )
        await connection.execute(
            """
            INSERT INTO block_relation (subscription_id, attribute, position, child_id)
            SELECT subscription_id, 'site', 0, id FROM block
            """
        )
        await connection.execute("ANALYZE")


async def generic_plan(database: Database, text: str) -> str:
    """The plan of a statement that serves any values of its parameters."""
    nulls = ", ".join("NULL" for _ in set(re.findall(r"\$\d+", text)))
    async with database.write() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        # Scans of whole tables are not what this asks about: which index serves, if one shall.
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute(f"PREPARE explained AS {text}")
        lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE explained ({nulls})")
        await connection.execute("DEALLOCATE explained")
    return "\n".join(line[0] for line in lines)
