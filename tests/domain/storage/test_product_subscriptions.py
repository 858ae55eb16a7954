"""What the subscriptions of products cost to read in a database of 100,000 of them."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping

import pytest
import pytest_asyncio

from bench.seeding.plan import OPERATOR
from domain.ids import CustomerId, ProductId
from domain.model.lifecycle import SubscriptionStatus
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.filters import And, FieldFilter, Operator, Where
from domain.storage.listing.paging import PageRequest
from domain.storage.product_subscriptions import ProductSubscriptionRepository
from domain.storage.products import ProductRepository
from domain.storage.subscriptions import SubscriptionRepository
from tests.explaining import ExplainingDatabase

SCOPES = {
    "all": Scope.all(),
    "one customer": Scope.of(OPERATOR),
    "nobody": Scope.of(CustomerId("nobody")),
}
NEWEST = 6
LOOKS = 300
"""In pages of the server's memory: a few for each of ten products."""


@pytest_asyncio.fixture
async def database(seeded_dsn: str) -> AsyncGenerator[ExplainingDatabase]:
    async with ExplainingDatabase(seeded_dsn) as database:
        yield database


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("asked", [PageRequest(first=NEWEST), PageRequest(last=NEWEST)])
async def test_a_page_of_every_product_is_that_of_its_list_for_a_few_looks(
    database: ExplainingDatabase, seeded_database: Database, name: str, asked: PageRequest
) -> None:
    scope, ids = SCOPES[name], await _products(seeded_database)

    found = await ProductSubscriptionRepository(database).pages_of(scope, list(ids), request=asked)
    plan = await database.plan()

    aside = SubscriptionRepository(seeded_database)
    for product_id in ids:
        page = await aside.page(
            scope,
            request=asked,
            where=FieldFilter("product_id", Operator.EQ, product_id),
            columns=frozenset({"id"}),
        )
        expected = [record.id for record in page.rows]
        own = found.get(product_id, asked.page_of([]))
        assert (own.rows, own.has_next, own.has_previous) == (expected, page.has_next, page.has_previous)
    assert plan.buffers < LOOKS, plan


@pytest.mark.parametrize("name", SCOPES)
async def test_the_counts_of_products_are_those_of_their_lists(
    database: ExplainingDatabase, seeded_database: Database, name: str
) -> None:
    scope, ids = SCOPES[name], await _products(seeded_database)

    found = await ProductSubscriptionRepository(database).counts_of(scope, list(ids))

    repository = SubscriptionRepository(seeded_database)
    for product_id in ids:
        counted = Counter({each.status: each.number for each in found.get(product_id, ())})
        assert list(counted) == [status for status in SubscriptionStatus if counted[status]]
        for status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TERMINATED):
            of_product = FieldFilter("product_id", Operator.EQ, product_id)
            where: Where = And((of_product, FieldFilter("status", Operator.EQ, status)))
            assert counted[status] == await repository.count(scope, where)


async def _products(database: Database) -> Mapping[ProductId, str]:
    page = await ProductRepository(database).page(request=PageRequest(first=100))
    return {record.id: record.name for record in page.rows}
