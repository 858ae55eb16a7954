"""The subscriptions of products: how many there are, and pages of them; of any number of products at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, Uuid, func, select, true

from domain.ids import ProductId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.paging import Page, PageRequest, id_key
from domain.storage.listing.selection import among, in_scope

_product = tables.product.c
_subscription = tables.subscription.c


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many subscriptions have a status."""

    status: SubscriptionStatus
    number: int


class ProductSubscriptionRepository:
    """The reads of subscriptions by product. Each is one statement for any number of products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts_of(
        self, scope: Scope, product_ids: Iterable[ProductId]
    ) -> Mapping[ProductId, Sequence[StatusCount]]:
        """How many subscriptions in scope each product has, by status, in the order of the lifecycle.

        A product without any is left out.
        """
        counted = (
            select(_subscription.product_id, _subscription.status, func.count().label("number"))
            .where(
                among(_subscription.product_id, list(product_ids), Uuid()),
                *in_scope(_subscription.customer_id, scope),
            )
            .group_by(_subscription.product_id, _subscription.status)
        )
        found: defaultdict[ProductId, dict[str, int]] = defaultdict(dict)
        for row in await self._database.fetch(counted):
            found[ProductId(row.product_id)][row.status] = row.number
        return {
            product_id: [
                StatusCount(status=status, number=numbers[status])
                for status in SubscriptionStatus
                if status in numbers
            ]
            for product_id, numbers in found.items()
        }

    async def pages_of(
        self, scope: Scope, product_ids: Iterable[ProductId], *, request: PageRequest
    ) -> Mapping[ProductId, Page[SubscriptionId]]:
        """The same page of the subscriptions in scope of each product, the newest first.

        A product that has nothing on it is left out.
        """
        paged = _page(request, scope).lateral("paged")
        identifier = paged.c.subscription_id
        wanted = (
            select(_product.id, identifier)
            .select_from(tables.product)
            .join(paged, true())
            .where(among(_product.id, list(product_ids), Uuid()))
            .order_by(_product.id, identifier.asc() if request.backward else identifier.desc())
        )
        found: defaultdict[ProductId, list[SubscriptionId]] = defaultdict(list)
        for row in await self._database.fetch(wanted):
            found[ProductId(row.id)].append(SubscriptionId(row.subscription_id))
        return {product_id: request.page_of(ids) for product_id, ids in found.items()}


def _page(request: PageRequest, scope: Scope) -> Select[tuple[UUID]]:
    """The subscriptions of the product that the statement around this one has.

    Raises:
        InvalidPageRequest: if a sort key is not one id.
    """
    wanted = select(_subscription.id.label("subscription_id")).where(
        _subscription.product_id == _product.id, *in_scope(_subscription.customer_id, scope)
    )
    if request.after is not None:
        wanted = wanted.where(_subscription.id < id_key(request.after))
    if request.before is not None:
        wanted = wanted.where(_subscription.id > id_key(request.before))
    order = _subscription.id.asc() if request.backward else _subscription.id.desc()
    return wanted.order_by(order).limit(request.size + 1).offset(request.offset or None)
