"""What lists of processes cost in a database of 100,000: a late page as much as the first one.

Costs are counted in pages of the server's memory, each time one is looked at: other load changes nothing.
"""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.filters import FieldFilter, Operator, Quantifier
from domain.storage.listing.paging import PageRequest
from domain.storage.listing.sorting import OrderBy
from engine.states import ProcessStatus
from engine.store.process_counts import ProcessCountBy
from engine.store.process_filters import ProcessWhere, SubjectFilter
from engine.store.process_orders import PROCESS_SORTING, ProcessOrder, ProcessOrderBy
from engine.store.processes import ProcessRepository
from tests.explaining import ExplainingDatabase
from tests.parity import parity

PAGE = 50
DEPTH = 0.9
MOST_OF_FIRST = 1.2
SPREAD = PAGE + 5
"""What a page may always cost: its rows may all lie in different places, beside the way down an index."""
MOST = 4 * PAGE

ORDERS = [OrderBy(order) for order in ProcessOrder] + [OrderBy(ProcessOrder.ID, descending=True)]
NARROWED: dict[str, ProcessWhere | None] = {
    "all": None,
    "one status": FieldFilter("status", Operator.EQ, ProcessStatus.COMPLETED),
    "no tasks": FieldFilter("is_task", Operator.EQ, value=False),
}


@pytest_asyncio.fixture
async def database(seeded_dsn: str) -> AsyncGenerator[ExplainingDatabase]:
    async with ExplainingDatabase(seeded_dsn) as database:
        yield database


@parity("QL-02")
@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("name", NARROWED)
async def test_a_late_page_costs_as_much_as_the_first(
    database: ExplainingDatabase, seeded_database: Database, name: str, order: ProcessOrderBy
) -> None:
    where = NARROWED[name]
    aside, light = ProcessRepository(seeded_database), frozenset[str]()
    number = await aside.count(Scope.all(), where)
    before = await aside.page(
        Scope.all(),
        request=PageRequest(first=1, offset=int(number * DEPTH)),
        where=where,
        order=[order],
        columns=light,
    )

    async def cost(request: PageRequest) -> int:
        await ProcessRepository(database).page(
            Scope.all(), request=request, where=where, order=[order], columns=light
        )
        return (await database.plan()).buffers

    first = await cost(PageRequest(first=PAGE))
    late = await cost(PageRequest(first=PAGE, after=PROCESS_SORTING.sort_key(before.rows[0], [order])))

    assert number > 10 * PAGE
    assert late <= max(first * MOST_OF_FIRST, SPREAD)
    assert max(first, late) <= MOST


@pytest.mark.parametrize("by", ProcessCountBy)
async def test_counts_read_each_process_once(database: ExplainingDatabase, by: ProcessCountBy) -> None:
    groups = await ProcessRepository(database).counts(Scope.all(), [by])
    plan = await database.plan()

    assert sum(group.number for group in groups) >= 100_000
    assert plan.buffers <= 20_000


async def test_the_processes_of_a_subscription_are_found_by_index(
    database: ExplainingDatabase, seeded_database: Database
) -> None:
    newest = await ProcessRepository(seeded_database).page(Scope.all(), request=PageRequest(first=500))
    subjects = await ProcessRepository(seeded_database).subscriptions_of(record.id for record in newest.rows)
    subscription = next(ids[0] for ids in subjects.values() if ids)

    page = await ProcessRepository(database).page(
        Scope.all(),
        request=PageRequest(first=PAGE),
        where=SubjectFilter(Quantifier.SOME, FieldFilter("id", Operator.EQ, subscription)),
    )
    plan = await database.plan()

    assert page.rows
    assert plan.buffers <= 100
