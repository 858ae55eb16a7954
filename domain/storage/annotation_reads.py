"""Reading what people add to subscriptions: metadata, and what customers call them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Uuid, select

from domain.ids import CustomerId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.selection import AnySelect, among, in_scope
from domain.storage.tables import Key

_metadata = tables.subscription_metadata.c
_description = tables.customer_description.c
_subscription = tables.subscription.c


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataRecord:
    """The metadata of a subscription.

    Attributes:
        version: raised by one with every change.
    """

    subscription_id: SubscriptionId
    metadata: Mapping[str, JsonValue]
    version: int
    modified_at: datetime
    modified_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDescriptionRecord:
    """What a customer calls a subscription.

    Attributes:
        version: raised by one with every change.
    """

    subscription_id: SubscriptionId
    customer_id: CustomerId
    description: str
    version: int
    modified_at: datetime
    modified_by: str


class AnnotationRepository:
    """The reads of metadata and customers' descriptions. Each is one statement.

    What is out of scope is not found: neither of subscriptions nor of the customers who describe them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def metadata_of(
        self, scope: Scope, ids: Iterable[SubscriptionId]
    ) -> Mapping[SubscriptionId, MetadataRecord]:
        """The metadata of those of these subscriptions that have some."""
        wanted = (
            select(tables.subscription_metadata)
            .join(tables.subscription)
            .where(
                among(_metadata.subscription_id, list(ids), Uuid()),
                *in_scope(_subscription.customer_id, scope),
            )
        )
        rows = await self._database.fetch(wanted)
        return {SubscriptionId(row.subscription_id): _metadata_record(row) for row in rows}

    async def customer_descriptions_of(
        self, scope: Scope, ids: Iterable[SubscriptionId]
    ) -> Mapping[SubscriptionId, Sequence[CustomerDescriptionRecord]]:
        """What customers call each of these subscriptions, by customer."""
        wanted = _descriptions(scope).where(among(_description.subscription_id, list(ids), Uuid()))
        found: dict[SubscriptionId, list[CustomerDescriptionRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted.order_by(_description.customer_id)):
            found[SubscriptionId(row.subscription_id)].append(_description_record(row))
        return dict(found)

    async def customer_descriptions_by(
        self, scope: Scope, customers: Iterable[CustomerId]
    ) -> Mapping[CustomerId, Sequence[CustomerDescriptionRecord]]:
        """What each of these customers calls subscriptions, in the order of their ids."""
        wanted = _descriptions(scope).where(among(_description.customer_id, list(customers), Key))
        found: dict[CustomerId, list[CustomerDescriptionRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted.order_by(_description.subscription_id)):
            found[CustomerId(row.customer_id)].append(_description_record(row))
        return dict(found)


def _descriptions(scope: Scope) -> AnySelect:
    return (
        select(tables.customer_description)
        .join(tables.subscription)
        .where(
            *in_scope(_subscription.customer_id, scope),
            *in_scope(_description.customer_id, scope),
        )
    )


def _metadata_record(row: Row[Any]) -> MetadataRecord:
    return MetadataRecord(
        subscription_id=SubscriptionId(row.subscription_id),
        metadata=row.metadata,
        version=row.version,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
    )


def _description_record(row: Row[Any]) -> CustomerDescriptionRecord:
    return CustomerDescriptionRecord(
        subscription_id=SubscriptionId(row.subscription_id),
        customer_id=CustomerId(row.customer_id),
        description=row.description,
        version=row.version,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
    )
