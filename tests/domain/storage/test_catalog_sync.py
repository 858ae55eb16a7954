import asyncio
from dataclasses import replace

import pytest

from domain.errors import ProductInUse, ProductNotSold
from domain.model.catalog import Catalog
from domain.model.lifecycle import TERMINATED, ProductStatus
from domain.model.trees.mapping import to_patch
from domain.scope import Scope
from domain.storage.catalog_sync import CatalogDiff, diff, sync
from domain.storage.database import Database
from domain.storage.listing.filters import FieldFilter, Operator
from domain.storage.listing.paging import PageRequest
from domain.storage.products import ProductRepository
from domain.storage.saving.saves import save
from tests.domain.sample import CATALOG, LARGE_NODE, SMALL_NODE, new_node
from tests.domain.storage.conftest import AUTHOR, Store
from tests.domain.storage.related_pairs import move
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

RENAMED = replace(SMALL_NODE, description="Another", tag="SMALL")
SMALLER = Catalog([RENAMED])
LARGE_NODE_RENAMED = replace(LARGE_NODE, description="Another")


def told(difference: CatalogDiff) -> list[str]:
    return [str(change) for change in difference.changes]


async def test_the_first_sync_adds_everything(database: Database) -> None:
    added = await sync(database, CATALOG)

    assert told(added) == [
        "product 'Small node' added",
        "product 'Large node' added",
        "product block 'NodeBlock' added",
        "product block 'PortBlock' added",
    ]
    assert (await diff(database, CATALOG)).is_empty


async def test_a_second_sync_changes_nothing(database: Database, statements: StatementLog) -> None:
    await sync(database, CATALOG)

    with statements.recorded() as executed:
        repeated = await sync(database, CATALOG)

    assert repeated.is_empty
    assert executed.verbs == ["BEGIN", "SELECT", "SELECT", "COMMIT"]


async def test_changed_products_are_updated_and_missing_ones_retired(database: Database) -> None:
    await sync(database, CATALOG)
    products = ProductRepository(database)
    before = await products.by_names([SMALL_NODE.name])

    changed = await sync(database, SMALLER)

    changed_tag = 'tag: "NODE" -> "SMALL"'
    changed_description = 'description: "A node for a small site" -> "Another"'
    assert told(changed) == [
        f"product 'Small node' changed ({changed_tag}; {changed_description})",
        "product 'Large node' retired",
    ]
    after = await products.by_names([SMALL_NODE.name, LARGE_NODE.name])
    small, large = after[SMALL_NODE.name], after[LARGE_NODE.name]
    assert small.id == before[SMALL_NODE.name].id
    assert (small.description, small.tag, small.ended_at) == ("Another", "SMALL", None)
    assert large.status is ProductStatus.END_OF_LIFE
    assert large.ended_at is not None
    assert (await diff(database, SMALLER)).is_empty


async def test_a_retired_product_can_come_back(database: Database) -> None:
    await sync(database, CATALOG)
    await sync(database, Catalog([SMALL_NODE]))

    changed = await sync(database, CATALOG)

    assert told(changed) == [
        'product \'Large node\' changed (status: "END_OF_LIFE" -> "ACTIVE"; ended: true -> false)'
    ]
    records = await ProductRepository(database).by_names([LARGE_NODE.name])
    assert (records[LARGE_NODE.name].status, records[LARGE_NODE.name].ended_at) == (
        ProductStatus.ACTIVE,
        None,
    )


async def test_a_diff_writes_nothing(database: Database) -> None:
    difference = await diff(database, CATALOG)

    assert len(difference.changes) == 4
    assert await ProductRepository(database).count() == 0


async def test_of_those_who_sync_at_once_one_does_the_work(database: Database) -> None:
    differences = await asyncio.gather(*(sync(database, CATALOG) for _ in range(4)))

    assert sorted(len(difference.changes) for difference in differences) == [0, 0, 0, 4]


async def test_products_are_paged_and_found(database: Database) -> None:
    await sync(database, CATALOG)
    products = ProductRepository(database)

    page = await products.page(request=PageRequest(first=1))
    rest = await products.page(request=PageRequest(first=1, after=(page.rows[0].id,)))
    back = await products.page(request=PageRequest(last=1))

    assert [record.name for record in page.rows] == ["Large node"]
    assert rest.rows == back.rows
    (record,) = rest.rows
    assert (record.name, record.model, record.fixed_inputs) == ("Small node", "Node", {"size": "small"})
    assert await products.by_ids([record.id]) == {record.id: record}
    assert await products.count(FieldFilter("status", Operator.EQ, ProductStatus.PHASE_OUT)) == 0


@parity("PM-02")
async def test_a_product_with_live_subscriptions_does_not_reach_its_end_of_life(store: Store) -> None:
    nodes = [new_node(name=f"n{number}") for number in range(3)]
    await store.save(*nodes)
    await move(store, nodes[0].id, TERMINATED)
    ended = Catalog([replace(SMALL_NODE, status=ProductStatus.END_OF_LIFE), LARGE_NODE_RENAMED])

    with pytest.raises(ProductInUse) as refused:
        await sync(store.database, ended)

    assert (refused.value.product, refused.value.number) == ("Small node", 2)
    assert (await diff(store.database, CATALOG)).is_empty
    for node in nodes[1:]:
        await move(store, node.id, TERMINATED)
    assert len((await sync(store.database, ended)).changes) == 2
    assert (await diff(store.database, ended)).is_empty


@parity("PM-02")
@parity("PM-02", mends="unchecked")
@pytest.mark.parametrize("status", ProductStatus)
async def test_only_products_that_are_sold_get_subscriptions(store: Store, status: ProductStatus) -> None:
    small, large = new_node(), new_node()
    await store.save(small)
    await sync(store.database, Catalog([SMALL_NODE, replace(LARGE_NODE, status=status)]))
    to_large = replace(to_patch(large), product=LARGE_NODE.name)
    moved_over = replace(
        to_patch(small), product=LARGE_NODE.name, base_version=1, after={"subscription": {"product": "…"}}
    )

    async with store.database.write() as connection:
        outcomes = await save(connection, [to_large, moved_over], author=AUTHOR)

    if status in {ProductStatus.ACTIVE, ProductStatus.PRE_PRODUCTION}:
        assert outcomes == {large.id: 1, small.id: 2}
        return
    for outcome in outcomes.values():
        assert isinstance(outcome, ProductNotSold)
        assert (outcome.product, outcome.status) == (LARGE_NODE.name, status)
    assert await store.subscriptions.count(Scope.all()) == 1
    assert (await store.load(small.id)).product == SMALL_NODE.name


@parity("PM-02", mends="unchecked")
async def test_a_subscription_that_is_made_while_its_product_ends_is_refused(store: Store) -> None:
    ended = Catalog([replace(SMALL_NODE, status=ProductStatus.END_OF_LIFE), LARGE_NODE])
    node, late = new_node(), new_node()

    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        await save(connection, [to_patch(node)], author=AUTHOR)
        ending = tasks.create_task(ends(store, ended), name="ending")
        await eventually(store.has_a_waiting_writer)

    assert ending.result() == ("Small node", 1)
    await move(store, node.id, TERMINATED)
    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        await connection.execute("SELECT FROM product WHERE name = 'Small node' FOR UPDATE")
        saving = tasks.create_task(store.save(late), name="saving")
        await eventually(store.has_a_waiting_writer)
        await connection.execute("UPDATE product SET status = 'END_OF_LIFE' WHERE name = 'Small node'")

    assert isinstance(saving.result()[late.id], ProductNotSold)
    assert await store.subscriptions.count(Scope.all()) == 1


async def ends(store: Store, catalog: Catalog) -> tuple[str, int]:
    with pytest.raises(ProductInUse) as refused:
        await sync(store.database, catalog)
    return refused.value.product, refused.value.number
