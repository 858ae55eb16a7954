"""The reads of hot paths use an index however large the tables are."""

import re

from domain.ids import ProcessId, ProductId, SubscriptionId, new_uuid7
from domain.scope import Scope
from domain.storage.changes import ChangeRepository
from domain.storage.listing.paging import PageRequest
from domain.storage.products import ProductRepository
from tests.domain.sample import CUSTOMER, SMALL_NODE
from tests.domain.storage.conftest import Store
from tests.postgres import StatementLog

KEY = (SubscriptionId(new_uuid7()),)


async def fill(store: Store) -> None:
    products = await ProductRepository(store.database).by_names([SMALL_NODE.name])
    product_id: ProductId = products[SMALL_NODE.name].id
    async with store.database.write() as connection:
        await connection.execute(
            """
            INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)
            SELECT gen_random_uuid(), $1, 'customer-' || number % 1000, 'ACTIVE', '', true, 1
            FROM generate_series(1, 5000) AS number
            """,
            product_id,
        )
        await connection.execute(
            """
            INSERT INTO block (id, subscription_id, block, values)
            SELECT gen_random_uuid(), id, 'NodeBlock', '{}' FROM subscription
            """
        )
        await connection.execute(
            """
            INSERT INTO block_relation (subscription_id, attribute, position, child_id)
            SELECT subscription_id, 'node', 0, id FROM block
            """
        )
        await connection.execute(
            """
            INSERT INTO subscription_change (subscription_id, version, process_id, actor, at)
            SELECT id, 1, gen_random_uuid(), 'ada', now() FROM subscription
            """
        )
        await connection.execute("ANALYZE")


async def plan_of(store: Store, text: str) -> str:
    """The plan that serves every value of a statement's parameters."""
    nulls = ", ".join("NULL" for _ in set(re.findall(r"\$\d+", text)))
    async with store.database.write() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE explained AS {text}")
        lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE explained ({nulls})")
        await connection.execute("DEALLOCATE explained")
    return "\n".join(line[0] for line in lines)


async def test_no_read_scans_a_whole_table(store: Store, statements: StatementLog) -> None:
    await fill(store)
    reads = store.subscriptions

    with statements.recorded() as executed:
        await reads.page(Scope.all(), request=PageRequest(first=10))
        await reads.page(Scope.all(), request=PageRequest(first=10, after=KEY))
        await reads.page(Scope.all(), request=PageRequest(last=10, before=KEY))
        await reads.page(Scope.of(CUSTOMER), request=PageRequest(first=10))
        await reads.by_ids(Scope.all(), KEY)
        await reads.trees(Scope.of(CUSTOMER), KEY)
        await ChangeRepository(store.database).of_processes(Scope.of(CUSTOMER), [ProcessId(new_uuid7())])

    assert len(executed) == 7
    for text in executed:
        plan = await plan_of(store, text)
        for table in ("subscription", "block", "block_relation", "subscription_change"):
            assert f"Seq Scan on {table}" not in plan, plan
