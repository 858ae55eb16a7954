"""The orders that lists of subscriptions may have."""

from collections.abc import Sequence
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.model.lifecycle import SubscriptionStatus
from domain.storage import tables
from domain.storage.listing.sorting import OrderBy, SortColumn, Sorting
from domain.storage.tables import DESCRIPTION_ORDER, END_ORDER, START_ORDER, Instant, Key

SORTED_CHARACTERS: Final = 100
"""How much of a description counts in its order."""

_subscription = tables.subscription.c


class SubscriptionOrder(StrEnum):
    """What a list of subscriptions may be sorted by. Equals are in the order of their ids."""

    ID = auto()
    """By age."""
    DESCRIPTION = auto()
    """By bytes; only the first characters count."""
    CUSTOMER = auto()
    STATUS = auto()
    """By the letters of its name."""
    START_AT = auto()
    """What has none comes after all."""
    END_AT = auto()
    """What has none comes after all."""


SubscriptionOrderBy: TypeAlias = OrderBy[SubscriptionOrder]

NEWEST_FIRST: Final[Sequence[SubscriptionOrderBy]] = (OrderBy(SubscriptionOrder.ID, descending=True),)

SUBSCRIPTION_SORTING: Final = Sorting(
    by_id=SubscriptionOrder.ID,
    identifier=_subscription.id,
    columns=MappingProxyType(
        {
            SubscriptionOrder.DESCRIPTION: SortColumn(
                attribute="description",
                expression=DESCRIPTION_ORDER,
                bind=Key,
                characters=SORTED_CHARACTERS,
            ),
            SubscriptionOrder.CUSTOMER: SortColumn(
                attribute="customer_id", expression=_subscription.customer_id, bind=Key
            ),
            SubscriptionOrder.STATUS: SortColumn(
                attribute="status",
                expression=_subscription.status,
                bind=Key,
                values=frozenset(SubscriptionStatus),
            ),
            SubscriptionOrder.START_AT: SortColumn(
                attribute="start_at", expression=START_ORDER, bind=Instant, absent_last=True
            ),
            SubscriptionOrder.END_AT: SortColumn(
                attribute="end_at", expression=END_ORDER, bind=Instant, absent_last=True
            ),
        }
    ),
)
"""How lists of subscriptions are sorted. Not by product: no index can hold the name of one beside them."""
