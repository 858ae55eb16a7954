"""The subscriptions of products: how many there are, and the newest; of any number of products at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Uuid, func, select, true

from domain.ids import ProductId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
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

    async def newest_of(
        self, scope: Scope, product_ids: Iterable[ProductId], *, number: int
    ) -> Mapping[ProductId, Sequence[SubscriptionId]]:
        """The newest subscriptions in scope of each product, so many at most.

        A product without any is left out.
        """
        newest = (
            select(_subscription.id.label("subscription_id"))
            .where(_subscription.product_id == _product.id, *in_scope(_subscription.customer_id, scope))
            .order_by(_subscription.id.desc())
            .limit(number)
            .lateral()
        )
        wanted = (
            select(_product.id, newest.c.subscription_id)
            .select_from(tables.product)
            .join(newest, true())
            .where(among(_product.id, list(product_ids), Uuid()))
            .order_by(_product.id, newest.c.subscription_id.desc())
        )
        found: defaultdict[ProductId, list[SubscriptionId]] = defaultdict(list)
        for row in await self._database.fetch(wanted):
            found[ProductId(row.id)].append(SubscriptionId(row.subscription_id))
        return found
