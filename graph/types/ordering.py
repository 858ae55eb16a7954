"""The orders of lists, as clients ask for them."""

from enum import Enum

import strawberry

from domain.storage.listing.orders import NEWEST_FIRST, OrderBy, SubscriptionOrder
from graph.types.enums import define_enum


class OrderDirection(Enum):
    """Which end of an order comes first."""

    ASC = "ASC"
    DESC = "DESC"


define_enum(
    OrderDirection,
    description="Which end of an order comes first.",
    values={"ASC": "The least, or the earliest.", "DESC": "The greatest, or the latest."},
)
define_enum(
    SubscriptionOrder,
    name="SubscriptionOrderField",
    description="What subscriptions are sorted by. Equals are in the order of their ids, that is by age.",
    values={
        "ID": "By age: the order in which they were made.",
        "DESCRIPTION": "By the first 100 characters of the description, byte by byte.",
        "CUSTOMER": "By the customer's id.",
        "STATUS": "By the letters of the status.",
        "START_AT": "By when they became active; what never was comes after all.",
        "END_AT": "By when they were terminated; what was not comes after all.",
    },
)


@strawberry.input(description="An order of subscriptions.")
class SubscriptionOrderBy:
    """An order of subscriptions."""

    field: SubscriptionOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


def order_of(given: SubscriptionOrderBy | None) -> OrderBy:
    """Gives the order that is asked for; the newest first if none is."""
    if given is None:
        return NEWEST_FIRST
    return OrderBy(given.field, descending=given.direction is OrderDirection.DESC)
