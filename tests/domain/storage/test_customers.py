"""The customers that hold subscriptions, read off an index however many subscriptions there are."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.customers import CustomerRepository
from domain.storage.database import Database
from domain.storage.listing.paging import InvalidPageRequest, PageRequest
from tests.explaining import ExplainingDatabase

CUSTOMERS = [CustomerId(f"customer-{number:03}") for number in range(1, 321)]
"""The customers of the seeded database."""
LOOK = 4
"""The most pages of memory that one look into an index takes."""
ALL = Scope.all()
SOME = Scope.of(CUSTOMERS[7], CUSTOMERS[3], CustomerId("nobody"))


@pytest_asyncio.fixture
async def explaining(seeded_dsn: str) -> AsyncGenerator[ExplainingDatabase]:
    async with ExplainingDatabase(seeded_dsn) as database:
        yield database


@pytest.fixture
def customers(seeded_database: Database) -> CustomerRepository:
    return CustomerRepository(seeded_database)


@pytest.mark.parametrize(
    ("request_", "found", "next_", "previous"),
    [
        (PageRequest(first=3), CUSTOMERS[:3], True, False),
        (PageRequest(first=3, after=("name", CUSTOMERS[316])), CUSTOMERS[317:], False, True),
        (PageRequest(first=2, after=(CUSTOMERS[0],), before=(CUSTOMERS[2],)), CUSTOMERS[1:2], False, True),
        (PageRequest(first=2, offset=10), CUSTOMERS[10:12], True, True),
        (PageRequest(last=2), CUSTOMERS[-2:], False, True),
        (PageRequest(last=2, before=(CUSTOMERS[2],)), CUSTOMERS[:2], True, False),
    ],
    ids=str,
)
async def test_customers_are_paged_by_their_ids(
    customers: CustomerRepository,
    request_: PageRequest,
    found: list[CustomerId],
    *,
    next_: bool,
    previous: bool,
) -> None:
    page = await customers.page(ALL, request=request_)

    assert (page.rows, page.has_next, page.has_previous) == (found, next_, previous)


async def test_who_is_out_of_scope_or_holds_nothing_is_not_found(customers: CustomerRepository) -> None:
    seen = [CUSTOMERS[3], CUSTOMERS[7]]

    assert (await customers.page(SOME, request=PageRequest(first=5))).rows == seen
    assert (await customers.page(SOME, request=PageRequest(last=1, before=(CUSTOMERS[7],)))).rows == seen[:1]
    assert await customers.count(SOME) == 2
    assert await customers.holding(SOME, [CUSTOMERS[3], CUSTOMERS[5], CustomerId("nobody")]) == {CUSTOMERS[3]}
    assert await customers.holding(ALL, [CUSTOMERS[5], CustomerId("nobody")]) == {CUSTOMERS[5]}
    assert await customers.count(Scope.of()) == 0


async def test_customers_are_searched_by_their_ids(customers: CustomerRepository) -> None:
    page = await customers.page(ALL, request=PageRequest(first=5), search="MER-31")

    assert page.rows == [*CUSTOMERS[309:314]]
    assert (await customers.count(ALL), await customers.count(ALL, search="mer-31")) == (320, 10)
    assert await customers.count(ALL, search="%") == await customers.count(ALL, search="_") == 0


async def test_a_sort_key_without_an_id_is_refused(customers: CustomerRepository) -> None:
    with pytest.raises(InvalidPageRequest, match="expected the id of a customer last"):
        await customers.page(ALL, request=PageRequest(first=1, after=(7,)))


async def test_a_page_takes_one_look_into_an_index_for_each_of_its_customers(
    explaining: ExplainingDatabase,
) -> None:
    customers = CustomerRepository(explaining)

    costs: list[int] = []
    for request in (
        PageRequest(first=50),
        PageRequest(first=50, after=(CUSTOMERS[250],)),
        PageRequest(last=50),
    ):
        await customers.page(ALL, request=request)
        plan = await explaining.plan()
        costs.append(plan.buffers)
        assert "Seq Scan on subscription" not in plan.nodes
    await customers.count(ALL)
    costs.append((await explaining.plan()).buffers)
    await customers.holding(ALL, CUSTOMERS[:50])
    costs.append((await explaining.plan()).buffers)

    assert max(costs[:3]) < 51 * LOOK
    assert costs[3] < 321 * LOOK
    assert costs[4] < 51 * LOOK
