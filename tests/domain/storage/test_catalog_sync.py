import asyncio
from dataclasses import replace

from domain.model.catalog import Catalog
from domain.model.lifecycle import ProductStatus
from domain.storage.catalog_sync import CatalogDiff, diff, sync
from domain.storage.database import Database
from domain.storage.paging import PageRequest
from domain.storage.products import ProductRepository
from tests.domain.sample import CATALOG, LARGE_NODE, SMALL_NODE
from tests.postgres import StatementLog

RENAMED = replace(SMALL_NODE, description="Another", tag="SMALL")
SMALLER = Catalog([RENAMED])


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
    assert await products.count(statuses=[ProductStatus.PHASE_OUT]) == 0
