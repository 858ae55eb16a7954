"""Pages of a list, put together, are the list: every order, every direction, every filter."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ids import CustomerId, SubscriptionId, new_uuid7
from domain.model.lifecycle import ACTIVE, INITIAL, TERMINATED, SubscriptionStatus
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.filters import And, FieldFilter, Operator, Where
from domain.storage.listing.orders import (
    NEWEST_FIRST,
    SUBSCRIPTION_SORTING,
    SubscriptionOrder,
    SubscriptionOrderBy,
)
from domain.storage.listing.paging import InvalidPageRequest, PageRequest
from domain.storage.listing.sorting import InvalidOrder, OrderBy
from domain.storage.subscriptions import CountBy, GroupCount, SubscriptionRepository
from tests.domain.sample import CUSTOMER, LARGE_NODE, OTHER_CUSTOMER, SMALL_NODE
from tests.domain.storage.conftest import Store
from tests.postgres import StatementLog

THIRD_CUSTOMER = CustomerId("Customer-3")
ORDERS = st.lists(
    st.tuples(st.sampled_from(SubscriptionOrder), st.booleans()).map(lambda each: OrderBy(*each)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.field,
).filter(lambda order: SubscriptionOrder.ID not in [each.field for each in order[:-1]])
LONG = "x" * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A subscription of the model that the database is compared with."""

    id: UUID
    product: str
    customer_id: CustomerId
    status: SubscriptionStatus
    description: str
    in_sync: bool
    start_at: datetime | None
    end_at: datetime | None


INSTANTS = st.none() | st.sampled_from([datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3)])
LISTED = st.builds(
    Listed,
    id=st.uuids(),
    product=st.sampled_from([SMALL_NODE.name, LARGE_NODE.name]),
    customer_id=st.sampled_from([CUSTOMER, OTHER_CUSTOMER, THIRD_CUSTOMER]),
    status=st.sampled_from([INITIAL, ACTIVE, TERMINATED]),
    description=st.sampled_from(["", "a", "B", "b", "é", "a b", LONG + "a", LONG + "b"]),
    in_sync=st.booleans(),
    start_at=INSTANTS,
    end_at=INSTANTS,
)
FILTERS: list[tuple[Where | None, Callable[[Listed], bool]]] = [
    (None, lambda _: True),
    (FieldFilter("status", Operator.EQ, ACTIVE), lambda row: row.status == ACTIVE),
    (
        FieldFilter("status", Operator.IN, [ACTIVE, INITIAL]),
        lambda row: row.status in {ACTIVE, INITIAL},
    ),
    (FieldFilter("customer_id", Operator.EQ, CUSTOMER), lambda row: row.customer_id == CUSTOMER),
    (FieldFilter("product_name", Operator.EQ, SMALL_NODE.name), lambda row: row.product == SMALL_NODE.name),
    (FieldFilter("start_at", Operator.IS_NULL, False), lambda row: row.start_at is not None),
    (
        And(
            (
                FieldFilter("in_sync", Operator.EQ, True),
                FieldFilter("end_at", Operator.GT, datetime(2024, 1, 15, tzinfo=UTC)),
            )
        ),
        lambda row: row.in_sync and row.end_at is not None and row.end_at.month > 1,
    ),
]
SCOPES = [Scope.all(), Scope.of(CUSTOMER), Scope.of(OTHER_CUSTOMER, THIRD_CUSTOMER), Scope.of()]
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def fill(database: Database, rows: Sequence[Listed]) -> None:
    """Make these the only subscriptions."""
    async with database.write() as connection:
        await connection.execute("DELETE FROM subscription")
        await connection.executemany(
            """
            INSERT INTO subscription (
                id, product_id, customer_id, status, description, in_sync, version, start_at, end_at
            )
            SELECT $1, product.id, $3, $4, $5, $6, 1, $7, $8 FROM product WHERE product.name = $2
            """,
            [
                (
                    row.id,
                    row.product,
                    row.customer_id,
                    row.status,
                    row.description,
                    row.in_sync,
                    row.start_at,
                    row.end_at,
                )
                for row in rows
            ],
        )


def value(row: Listed, field: SubscriptionOrder) -> Any:
    never = datetime.max.replace(tzinfo=UTC)
    match field:
        case SubscriptionOrder.ID:
            return row.id
        case SubscriptionOrder.DESCRIPTION:
            return row.description[:100].encode()
        case SubscriptionOrder.CUSTOMER:
            return row.customer_id.encode()
        case SubscriptionOrder.STATUS:
            return row.status.value
        case SubscriptionOrder.START_AT:
            return row.start_at or never
        case SubscriptionOrder.END_AT:
            return row.end_at or never


def in_order(rows: Iterable[Listed], order: Sequence[SubscriptionOrderBy]) -> list[Listed]:
    """The rows as the least important field sorts them, then the next one, and so on: sorting is stable."""
    found = sorted(rows, key=lambda row: row.id, reverse=order[-1].descending)
    for each in reversed(order):
        found.sort(key=lambda row: value(row, each.field), reverse=each.descending)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a list."""

    order: Sequence[SubscriptionOrderBy]
    filter: tuple[Where | None, Callable[[Listed], bool]]
    scope: Scope
    sizes: list[int]
    backward: bool


ASKED = st.builds(
    Asked,
    order=ORDERS,
    filter=st.sampled_from(FILTERS),
    scope=st.sampled_from(SCOPES),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    backward=st.booleans(),
)


async def walked(reads: SubscriptionRepository, asked: Asked) -> list[UUID]:
    """The ids of all pages, each with the next of the sizes, in the order of the list."""
    found: list[UUID] = []
    key = None
    for turn in range(1000):
        size = asked.sizes[turn % len(asked.sizes)]
        backward = asked.backward
        page = await reads.page(
            asked.scope,
            request=PageRequest(last=size, before=key) if backward else PageRequest(first=size, after=key),
            where=asked.filter[0],
            order=asked.order,
            columns=frozenset({"version"}),
        )
        ids = [record.id for record in page.rows]
        found = [*ids, *found] if backward else [*found, *ids]
        more = page.has_previous if backward else page.has_next
        assert len(ids) == size or not more
        if not more:
            return found
        key = SUBSCRIPTION_SORTING.sort_key(page.rows[0 if backward else -1], asked.order)
    raise AssertionError("a list that does not end")


@given(rows=st.lists(LISTED, max_size=14, unique_by=lambda row: row.id), asked=ASKED)
@SETTINGS
async def test_pages_put_together_are_the_sorted_list(store: Store, rows: list[Listed], asked: Asked) -> None:
    await fill(store.database, rows)
    where, holds = asked.filter
    scope = asked.scope
    expected = in_order((row for row in rows if scope.allows(row.customer_id) and holds(row)), asked.order)

    found = await walked(store.subscriptions, asked)

    assert found == [row.id for row in expected]
    assert await store.subscriptions.count(scope, where) == len(expected)
    by_status = await store.subscriptions.counts(scope, [CountBy.STATUS], where)
    assert {group.keys[0]: group.number for group in by_status} == {
        status: len([row for row in expected if row.status == status])
        for status in {row.status for row in expected}
    }


@given(
    rows=st.lists(LISTED, min_size=1, max_size=10, unique_by=lambda row: row.id),
    order=ORDERS,
    offset=st.integers(0, 12),
)
@SETTINGS
async def test_an_offset_leaves_out_as_many(
    store: Store, rows: list[Listed], order: Sequence[SubscriptionOrderBy], offset: int
) -> None:
    await fill(store.database, rows)
    rows = in_order(rows, order)

    page = await store.subscriptions.page(
        Scope.all(), request=PageRequest(first=3, offset=offset), order=order
    )

    assert [record.id for record in page.rows] == [row.id for row in rows[offset : offset + 3]]
    assert (page.has_previous, page.has_next) == (offset > 0, len(rows) > offset + 3)


async def test_a_place_stays_where_it_is_when_the_filter_changes(store: Store) -> None:
    """A cursor may come from a list with another filter, whose sort value no row of this one has."""
    ids = sorted(new_uuid7() for _ in range(6))
    statuses = [ACTIVE, INITIAL, TERMINATED] * 2
    await fill(
        store.database, [listed(each, status=status) for each, status in zip(ids, statuses, strict=True)]
    )
    order = [OrderBy(SubscriptionOrder.STATUS)]

    page = await store.subscriptions.page(
        Scope.all(),
        request=PageRequest(first=9, after=(INITIAL, SubscriptionId(ids[1]))),
        where=FieldFilter("status", Operator.EQ, TERMINATED),
        order=order,
    )
    none = await store.subscriptions.page(
        Scope.all(),
        request=PageRequest(first=9, after=(INITIAL, SubscriptionId(ids[1]))),
        where=FieldFilter("status", Operator.EQ, ACTIVE),
        order=order,
    )

    assert [record.id for record in page.rows] == [ids[2], ids[5]]
    assert none.rows == []


ID = SubscriptionId(new_uuid7())


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (SubscriptionOrder.ID, ("a", ID)),
        (SubscriptionOrder.ID, ("a",)),
        (SubscriptionOrder.DESCRIPTION, (ID,)),
        (SubscriptionOrder.DESCRIPTION, ("a\x00", ID)),
        (SubscriptionOrder.DESCRIPTION, ("a\ud800", ID)),
        (SubscriptionOrder.DESCRIPTION, (None, ID)),
        (SubscriptionOrder.CUSTOMER, (7, ID)),
        (SubscriptionOrder.STATUS, ("active", ID)),
        (SubscriptionOrder.START_AT, ("2024-01-01", ID)),
        (SubscriptionOrder.START_AT, (datetime(2024, 1, 1), ID)),  # noqa: DTZ001  # what is refused
        (SubscriptionOrder.END_AT, (datetime(2024, 1, 1, tzinfo=UTC), "a")),
        (SubscriptionOrder.END_AT, (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), ID)),
        (SubscriptionOrder.END_AT, (10**5000, ID)),
        (SubscriptionOrder.END_AT, ()),
    ],
)
async def test_a_sort_key_of_another_list_is_refused(
    store: Store, statements: StatementLog, order: SubscriptionOrder, key: tuple[object, ...]
) -> None:
    with statements.recorded() as executed, pytest.raises(InvalidPageRequest):
        await store.subscriptions.page(
            Scope.all(), request=PageRequest(first=1, after=key), order=[OrderBy(order)]
        )

    assert len(executed) == 0


async def test_subscriptions_are_counted_by_what_they_have_in_common(
    store: Store, statements: StatementLog
) -> None:
    await fill(
        store.database,
        [
            listed(new_uuid7(), status=ACTIVE),
            listed(new_uuid7(), status=ACTIVE, product=LARGE_NODE.name),
            listed(new_uuid7(), status=INITIAL, in_sync=False),
            listed(new_uuid7(), status=ACTIVE, customer_id=OTHER_CUSTOMER),
        ],
    )
    scope = Scope.of(CUSTOMER)

    with statements.recorded() as executed:
        found = {by: await store.subscriptions.counts(scope, [by]) for by in CountBy}
        both = await store.subscriptions.counts(scope, [CountBy.PRODUCT, CountBy.STATUS])

    assert executed.verbs == ["SELECT"] * 5
    assert found == {
        CountBy.STATUS: [GroupCount(keys=("ACTIVE",), number=2), GroupCount(keys=("INITIAL",), number=1)],
        CountBy.PRODUCT: [
            GroupCount(keys=(SMALL_NODE.name,), number=2),
            GroupCount(keys=(LARGE_NODE.name,), number=1),
        ],
        CountBy.CUSTOMER: [GroupCount(keys=(CUSTOMER,), number=3)],
        CountBy.IN_SYNC: [GroupCount(keys=(True,), number=2), GroupCount(keys=(False,), number=1)],
    }
    assert both == [
        GroupCount(keys=(LARGE_NODE.name, "ACTIVE"), number=1),
        GroupCount(keys=(SMALL_NODE.name, "ACTIVE"), number=1),
        GroupCount(keys=(SMALL_NODE.name, "INITIAL"), number=1),
    ]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ([], "0 fields"),
        (list(SubscriptionOrder)[1:5], "4 fields"),
        ([SubscriptionOrder.STATUS, SubscriptionOrder.STATUS], "STATUS twice"),
        ([SubscriptionOrder.ID, SubscriptionOrder.STATUS], "a field behind ID"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(
    store: Store, fields: list[SubscriptionOrder], found: str
) -> None:
    with pytest.raises(InvalidOrder) as caught:
        await store.subscriptions.page(
            Scope.all(), request=PageRequest(first=1), order=[OrderBy(field) for field in fields]
        )

    assert caught.value.found == found


async def test_the_product_is_joined_only_where_it_is_needed(store: Store, statements: StatementLog) -> None:
    request = PageRequest(first=1)
    with statements.recorded() as executed:
        await store.subscriptions.page(Scope.all(), request=request, columns=frozenset({"status"}))
        await store.subscriptions.page(
            Scope.all(), request=request, order=NEWEST_FIRST, columns=frozenset({"product_name"})
        )
        await store.subscriptions.page(
            Scope.all(),
            request=request,
            where=FieldFilter("product_type", Operator.EQ, "Node"),
            columns=frozenset({"status"}),
        )

    assert ["JOIN product" in text for text in executed] == [False, True, True]


def listed(
    id: UUID,  # noqa: A002  # the row's name for it
    *,
    status: SubscriptionStatus = ACTIVE,
    product: str = SMALL_NODE.name,
    customer_id: CustomerId = CUSTOMER,
    in_sync: bool = True,
) -> Listed:
    return Listed(
        id=id,
        product=product,
        customer_id=customer_id,
        status=status,
        description="",
        in_sync=in_sync,
        start_at=None,
        end_at=None,
    )
