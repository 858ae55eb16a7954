"""What the reads cost in a database of 100,000 subscriptions: a late page as much as the first one.

Costs are counted in pages of the server's memory, each time one is looked at: other load changes nothing.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bench.seeding.catalog import CIRCUIT, CORE_NODE, L3_VPN, Port
from bench.seeding.plan import OPERATOR
from domain.ids import SubscriptionId
from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.filters import BlockFilter, FieldFilter, Operator, Quantifier, ValueFilter, Where
from domain.storage.listing.orders import SUBSCRIPTION_SORTING, SubscriptionOrder, SubscriptionOrderBy
from domain.storage.listing.paging import PageRequest
from domain.storage.listing.sorting import OrderBy
from domain.storage.related import RelatedRepository
from domain.storage.subscriptions import CountBy, SubscriptionRepository
from tests.explaining import ExplainingDatabase
from tests.parity import parity

PAGE = 50
DEPTH = 0.9
MOST_OF_FIRST = 1.2
SPREAD = PAGE + 5
"""What a page may always cost: its rows may all lie in different places, beside the way down an index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """A filter of a list, and the most that a page of it may cost."""

    where: Where | None = None
    family: ModelFamily[SubscriptionModel] | None = None
    most: int = 4 * PAGE


JUMBO_MTU = 9216
"""What some 500 ports have."""
NARROWED = {
    "all": Narrowed(),
    "one status": Narrowed(where=FieldFilter("status", Operator.EQ, ACTIVE)),
    "one customer": Narrowed(where=FieldFilter("customer_id", Operator.EQ, OPERATOR)),
    # Costs as much as there are blocks with the value, each looked up with its place and its subscription.
    "an indexed value": Narrowed(
        where=BlockFilter("port", Quantifier.SOME, ValueFilter("mtu", Operator.EQ, JUMBO_MTU)),
        family=Port.family(),
        most=8_000,
    ),
}
ORDERS = [OrderBy(order) for order in SubscriptionOrder] + [OrderBy(SubscriptionOrder.ID, descending=True)]


@pytest_asyncio.fixture
async def database(seeded_dsn: str) -> AsyncGenerator[ExplainingDatabase]:
    async with ExplainingDatabase(seeded_dsn) as database:
        yield database


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("name", NARROWED)
@parity("QL-03", mends="deep-pages")
async def test_a_late_page_costs_as_much_as_the_first(
    database: ExplainingDatabase, seeded_database: Database, name: str, order: SubscriptionOrderBy
) -> None:
    narrowed, columns = NARROWED[name], frozenset({"id"})
    aside = SubscriptionRepository(seeded_database)
    number = await aside.count(Scope.all(), narrowed.where, family=narrowed.family)
    before = await aside.page(
        Scope.all(),
        request=PageRequest(first=1, offset=int(number * DEPTH)),
        where=narrowed.where,
        order=[order],
        family=narrowed.family,
        columns=columns,
    )

    async def cost(request: PageRequest) -> int:
        await SubscriptionRepository(database).page(
            Scope.all(),
            request=request,
            where=narrowed.where,
            order=[order],
            family=narrowed.family,
            columns=columns,
        )
        return (await database.plan()).buffers

    first = await cost(PageRequest(first=PAGE))
    late = await cost(PageRequest(first=PAGE, after=SUBSCRIPTION_SORTING.sort_key(before.rows[0], [order])))

    assert number > PAGE
    assert late <= max(first * MOST_OF_FIRST, SPREAD)
    assert max(first, late) <= narrowed.most


async def ids_of(database: Database, product: str, number: int) -> Sequence[SubscriptionId]:
    page = await SubscriptionRepository(database).page(
        Scope.all(),
        request=PageRequest(first=number),
        where=FieldFilter("product_name", Operator.EQ, product),
        columns=frozenset({"id"}),
    )
    return [record.id for record in page.rows]


TREES = {CORE_NODE.name: 10, CIRCUIT.name: 15, L3_VPN.name: 15}
"""By product, the most that a block of its trees may cost; those of others are looked up one by one."""


@pytest.mark.parametrize("product", TREES)
async def test_trees_cost_as_much_as_they_have_blocks(
    database: ExplainingDatabase, seeded_database: Database, product: str
) -> None:
    ids = await ids_of(seeded_database, product, 100)

    trees = await SubscriptionRepository(database).trees(Scope.all(), ids)
    plan = await database.plan()

    assert len(trees) == 100
    assert plan.buffers <= TREES[product] * sum(len(tree.blocks) for tree in trees.values()) + 10 * len(ids)
    assert not [node for node in plan.nodes if node.startswith("Seq Scan on block")]


async def test_trees_without_references_pay_one_look_at_an_index_for_them(
    database: ExplainingDatabase, seeded_database: Database
) -> None:
    ids = await ids_of(seeded_database, CORE_NODE.name, 100)

    await SubscriptionRepository(database).trees(Scope.all(), ids)
    plan = await database.plan()

    probes, looks = plan.index_uses("block_relation_subscription_id_owner_id_index")
    assert probes == 100
    assert looks <= 3 * 100
    assert plan.index_uses("block_pkey") == (0, 0)


async def test_related_subscriptions_cost_as_much_as_there_are(
    database: ExplainingDatabase, seeded_database: Database
) -> None:
    ids = await ids_of(seeded_database, L3_VPN.name, 100)
    related = RelatedRepository(database)

    used = await related.depends_on(Scope.all(), ids, depth=10)
    walk = await database.plan()
    users = await related.in_use_by(Scope.all(), ids)
    direct = await database.plan()

    assert walk.buffers <= 15 * (len(ids) + sum(len(found) for found in used.values()))
    assert direct.buffers <= 15 * (len(ids) + sum(len(found) for found in users.values()))


@pytest.mark.parametrize("by", CountBy)
async def test_counts_read_each_subscription_once(database: ExplainingDatabase, by: CountBy) -> None:
    groups = await SubscriptionRepository(database).counts(Scope.all(), [by])
    plan = await database.plan()

    assert sum(group.number for group in groups) == 100_000
    assert plan.buffers <= 3_000
