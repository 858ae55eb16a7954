"""Reading subscriptions: pages, counts, records by id, and whole trees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Uuid, func, select

from domain.ids import BlockId, SubscriptionId
from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.tree import SubscriptionRecord, Tree
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.conditions import compile_filter
from domain.storage.listing.filters import And, FieldFilter, Operator, Where
from domain.storage.listing.orders import (
    NEWEST_FIRST,
    SUBSCRIPTION_SORTING,
    SubscriptionOrder,
    SubscriptionOrderBy,
)
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.listing.selection import AnySelect, among, in_scope, partial_record
from domain.storage.listing.time_limits import VALUE_FILTER_LIMIT_S, fetch_within
from domain.storage.trees import tree_columns, tree_of

_subscription = tables.subscription.c
_product = tables.product.c
_block = tables.block.c

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = MappingProxyType(
    {
        "id": _subscription.id,
        "product_id": _subscription.product_id,
        "product_name": _product.name.label("product_name"),
        "customer_id": _subscription.customer_id,
        "status": _subscription.status,
        "description": _subscription.description,
        "in_sync": _subscription.in_sync,
        "held_by": _subscription.held_by,
        "version": _subscription.version,
        "note": _subscription.note,
        "note_version": _subscription.note_version,
        "start_at": _subscription.start_at,
        "end_at": _subscription.end_at,
        "created_at": _subscription.created_at,
        "modified_at": _subscription.modified_at,
    }
)
"""What a subscription's record is made of, by attribute."""


class CountBy(StrEnum):
    """What subscriptions are counted by."""

    STATUS = auto()
    PRODUCT = auto()
    """By the product's name."""
    CUSTOMER = auto()
    IN_SYNC = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How many subscriptions have something in common.

    Attributes:
        keys: for each thing that they are counted by, in the order in which these were given: the status, the
            product's name, the customer's id, or whether they are in sync.
    """

    keys: tuple[str | bool, ...]
    number: int


MOST_GROUPS: Final = 1_000
"""How many groups are counted at most, the largest first."""

_COUNTED: Final[Mapping[CountBy, ColumnElement[Any]]] = MappingProxyType(
    {
        CountBy.STATUS: _subscription.status,
        CountBy.PRODUCT: _subscription.product_id,
        CountBy.CUSTOMER: _subscription.customer_id,
        CountBy.IN_SYNC: _subscription.in_sync,
    }
)


class SubscriptionRepository:
    """The reads of subscriptions. Each is one statement; what is out of scope is not found.

    Where ``columns`` are given, the records have those attributes and the id, and no others. A list of one
    ``family`` has the subscriptions of its products, and can be filtered by their blocks.
    """

    def __init__(self, database: Database, *, filter_limit_s: float = VALUE_FILTER_LIMIT_S) -> None:
        self._database = database
        self._filter_limit_s = filter_limit_s

    async def page(
        self,
        scope: Scope,
        *,
        request: PageRequest,
        where: Where | None = None,
        order: Sequence[SubscriptionOrderBy] = NEWEST_FIRST,
        family: ModelFamily[SubscriptionModel] | None = None,
        columns: frozenset[str] | None = None,
    ) -> Page[SubscriptionRecord]:
        """A page of the subscriptions in scope; their sort keys are those of `SUBSCRIPTION_SORTING`.

        With ``columns``, the records also have the attributes that they are sorted by.

        Raises:
            InvalidFilter: if the filter does not fit the models.
            InvalidOrder: if the order makes no sense.
            InvalidPageRequest: if a sort key is not one of this order.
            FilterTooSlow: if the filter, or an order by several fields, took too long.
        """
        sorting = SUBSCRIPTION_SORTING
        order = sorting.checked(order)
        wanted = None if columns is None else columns | sorting.attributes(order)
        listed = _listed(_names(wanted), scope, where, family)
        fixed = _fixed(order[0].field, scope, where)
        shown = (order, request) if fixed is None else sorting.without_the_fixed(order, request, fixed)
        statement = sorting.paged(listed.statement, shown[1], shown[0])
        rows = await self._fetch(replace(listed, statement=statement, slow=listed.slow or len(shown[0]) > 1))
        return request.page_of(_records(rows, wanted))

    async def count(
        self,
        scope: Scope,
        where: Where | None = None,
        *,
        family: ModelFamily[SubscriptionModel] | None = None,
    ) -> int:
        """How many subscriptions in scope there are.

        Raises:
            InvalidFilter: if the filter does not fit the models.
            FilterTooSlow: if the filter took too long.
        """
        listed = _listed((), scope, where, family)
        counted = listed.statement.with_only_columns(func.count().label("number"), maintain_column_froms=True)
        (row,) = await self._fetch(listed.of(counted))
        return row.number

    async def counts(
        self,
        scope: Scope,
        group_by: Sequence[CountBy],
        where: Where | None = None,
        *,
        family: ModelFamily[SubscriptionModel] | None = None,
    ) -> Sequence[GroupCount]:
        """How many subscriptions in scope there are of each kind; the largest groups first, then by keys.

        Raises:
            InvalidFilter: if the filter does not fit the models.
            FilterTooSlow: if the filter took too long.
        """
        listed = _listed((), scope, where, family)
        counted = _counted(listed.statement, list(dict.fromkeys(group_by)))
        rows = await self._fetch(listed.of(counted))
        return [
            GroupCount(keys=tuple(getattr(row, by) for by in group_by), number=row.number) for row in rows
        ]

    async def by_ids(
        self, scope: Scope, ids: Iterable[SubscriptionId], columns: frozenset[str] | None = None
    ) -> dict[SubscriptionId, SubscriptionRecord]:
        """The subscriptions of these ids that are in scope."""
        wanted = _by_ids(_select(_names(columns)), scope, ids)
        records = _records(await self._database.fetch(wanted), columns)
        return {record.id: record for record in records}

    async def trees(self, scope: Scope, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, Tree]:
        """The subscriptions of these ids that are in scope, with all of their blocks, as of one moment.

        The blocks of others that they refer to are there with all below them; those out of scope as stubs.
        """
        wanted = _by_ids(_select(_names(None)).add_columns(*tree_columns(scope)), scope, ids)
        rows = await self._database.fetch(wanted)
        records = _records(rows, None)
        return {record.id: tree_of(record, row) for record, row in zip(records, rows, strict=True)}

    async def owners_of(self, scope: Scope, block_ids: Iterable[BlockId]) -> dict[BlockId, SubscriptionId]:
        """The subscriptions in scope that own the blocks of these ids."""
        wanted = (
            select(_block.id, _block.subscription_id)
            .join_from(tables.block, tables.subscription)
            .where(*in_scope(_subscription.customer_id, scope), among(_block.id, list(block_ids), Uuid()))
        )
        rows = await self._database.fetch(wanted)
        return {BlockId(row.id): SubscriptionId(row.subscription_id) for row in rows}

    async def _fetch(self, listed: "_List") -> Sequence[Row[Any]]:
        if listed.slow:
            return await fetch_within(self._database, listed.statement, limit_s=self._filter_limit_s)
        return await self._database.fetch(listed.statement)


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """A statement on the subscriptions of a list.

    Attributes:
        slow: whether a filter may make it slow.
    """

    statement: AnySelect
    slow: bool = False

    def of(self, statement: AnySelect) -> "_List":
        return _List(statement=statement, slow=self.slow)


def _listed(
    names: Sequence[str],
    scope: Scope,
    where: Where | None,
    family: ModelFamily[SubscriptionModel] | None,
) -> _List:
    conditions = None if where is None else compile_filter(where, scope=scope, family=family)
    filtered_by_product = conditions is not None and conditions.on_product
    statement = _select(names, with_product=family is not None or filtered_by_product)
    statement = statement.where(*in_scope(_subscription.customer_id, scope))
    if family is not None:
        statement = statement.where(_product.model == family.name)
    if conditions is not None:
        statement = statement.where(conditions.sql)
    return _List(statement=statement, slow=conditions is not None and conditions.slow)


def _counted(statement: AnySelect, group_by: Sequence[CountBy]) -> AnySelect:
    """The groups of the subscriptions of a statement; each key is labelled with what it is counted by."""
    keys = [_COUNTED[by].label(by) for by in group_by]
    grouped = (
        statement.with_only_columns(*keys, func.count().label("number"), maintain_column_froms=True)
        .group_by(*(_COUNTED[by] for by in group_by))
        .subquery()
    )
    shown = {by: grouped.c[by] for by in group_by}
    if CountBy.PRODUCT in shown:
        shown[CountBy.PRODUCT] = _product.name.label(CountBy.PRODUCT)
    counted = select(*shown.values(), grouped.c.number).select_from(grouped)
    if CountBy.PRODUCT in shown:
        counted = counted.join(tables.product, _product.id == grouped.c[CountBy.PRODUCT])
    return counted.order_by(grouped.c.number.desc(), *shown.values()).limit(MOST_GROUPS)


def _fixed(field: SubscriptionOrder, scope: Scope, where: Where | None) -> object:
    """The value of what a list is sorted by first, if all have the same."""
    customers = scope.customers or ()
    match field, where:
        case SubscriptionOrder.CUSTOMER, _ if len(customers) == 1:
            return next(iter(customers))
        case ((SubscriptionOrder.CUSTOMER | SubscriptionOrder.STATUS), FieldFilter(operator=Operator.EQ)):
            return where.value if where.field == SUBSCRIPTION_SORTING.columns[field].attribute else None
        case ((SubscriptionOrder.CUSTOMER | SubscriptionOrder.STATUS), And()):
            values = (_fixed(field, Scope.all(), item) for item in where.items)
            return next((value for value in values if value is not None), None)
        case _:
            return None


def _select(names: Sequence[str], *, with_product: bool = False) -> AnySelect:
    selected = select(*(COLUMNS[name] for name in names))
    if with_product or "product_name" in names:
        return selected.join_from(tables.subscription, tables.product)
    return selected.select_from(tables.subscription)


def _names(columns: frozenset[str] | None) -> list[str]:
    return [name for name in COLUMNS if columns is None or name == "id" or name in columns]


def _by_ids(statement: AnySelect, scope: Scope, ids: Iterable[SubscriptionId]) -> AnySelect:
    return statement.where(
        *in_scope(_subscription.customer_id, scope), among(_subscription.id, list(ids), Uuid())
    )


def _records(rows: Sequence[Row[Any]], columns: frozenset[str] | None) -> Sequence[SubscriptionRecord]:
    """The records of rows that begin with the selected columns."""
    names = _names(columns)
    return [_record(dict(zip(names, row, strict=False))) for row in rows]


def _record(values: dict[str, Any]) -> SubscriptionRecord:
    if "status" in values:
        values["status"] = SubscriptionStatus(values["status"])
    return partial_record(SubscriptionRecord, values)
