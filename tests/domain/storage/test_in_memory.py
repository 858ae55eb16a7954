"""Filters of things in memory: they hold of the same as in the database."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.model.lifecycle import ProductStatus
from domain.storage.catalog_filters import CatalogWhere, OneOfNames, check_catalog_operand
from domain.storage.database import Database
from domain.storage.in_memory import holds, matches
from domain.storage.listing.filters import And, FieldFilter, Not, Operator, Or
from domain.storage.listing.paging import PageRequest
from domain.storage.products import PRODUCT_FIELDS, ProductRecord, ProductRepository
from tests.postgres import PostgresServer

NAMES = (
    "a",
    "A",
    "a b",
    "Ab%",
    "ab_",
    "ab\\",
    "É",
    "é",
    "İ",
    "ß",
    "ss",
    "z\U0010ffff",
    "\ue000",
    "",
    "0",
    "10",
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

TEXTS = (
    st.sampled_from(NAMES)
    | st.sampled_from(("AB", "b%", "_", "\\", "i", "I", "%"))
    | st.text("aA%_É\\", max_size=3)
)
TIMES = st.sampled_from([NOON + timedelta(hours=hours) for hours in range(-2, 3)])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "description": TEXTS,
    "status": st.sampled_from(ProductStatus),
    "ended_at": TIMES,
}


@st.composite
def conditions(draw: st.DrawFn) -> FieldFilter:
    """A condition on one field, by any of its operators."""
    field = draw(st.sampled_from(sorted(VALUES)))
    operator = draw(st.sampled_from(sorted(PRODUCT_FIELDS[field].operators)))
    match operator:
        case Operator.IS_NULL:
            value = draw(st.booleans())
        case Operator.IN:
            value = draw(st.lists(VALUES[field], max_size=3))
        case _:
            value = draw(VALUES[field])
    return FieldFilter(field, operator, value)


def nested(items: st.SearchStrategy[CatalogWhere]) -> st.SearchStrategy[CatalogWhere]:
    several = st.lists(items, max_size=3).map(tuple)
    return several.map(And) | several.map(Or) | items.map(Not)


NAMED = st.frozensets(st.sampled_from(NAMES), max_size=4).map(OneOfNames)
FILTERS = st.recursive(conditions() | NAMED, nested, max_leaves=6)


@pytest_asyncio.fixture(scope="module")
async def products(
    postgres_server: PostgresServer, template_database: str
) -> AsyncGenerator[tuple[ProductRepository, list[ProductRecord]]]:
    """Products with names that are hard to compare."""
    async with postgres_server.copy_of(template_database) as dsn, Database(dsn, read_pool_size=1) as database:
        async with database.writer() as connection:
            await connection.executemany(
                "INSERT INTO product (id, name, tag, product_type, description, status, model, ended_at)"
                " VALUES (gen_random_uuid(), $1, '', '', $2, $3, '', $4)",
                [
                    (name, name[::-1], list(ProductStatus)[number % 4].value, _end(number))
                    for number, name in enumerate(NAMES)
                ],
            )
        repository = ProductRepository(database)
        whole = await repository.page(request=PageRequest(first=100))
        yield repository, list(whole.rows)


def _end(number: int) -> datetime | None:
    return None if number % 3 == 0 else NOON + timedelta(hours=number % 3 - 1)


@given(where=FILTERS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_filter_holds_in_memory_of_what_it_holds_of_in_the_database(
    products: tuple[ProductRepository, list[ProductRecord]], where: CatalogWhere
) -> None:
    repository, every = products

    stored = await repository.page(request=PageRequest(first=100), where=where)
    remembered = [record for record in every if holds(where, partial(_holds_of, record))]

    assert [record.name for record in remembered] == [record.name for record in stored.rows]
    assert await repository.count(where) == len(remembered)


def _holds_of(record: ProductRecord, where: FieldFilter | OneOfNames) -> bool:
    if isinstance(where, OneOfNames):
        return record.name in where.names
    value: object = getattr(record, where.field)
    fact = value.value if isinstance(value, ProductStatus) else value
    given_values = check_catalog_operand(PRODUCT_FIELDS, where.operator, where.value, where.field)
    return matches(where.operator, fact, given_values)
