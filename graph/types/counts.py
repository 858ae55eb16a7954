"""How many subscriptions there are of each kind."""

import strawberry

from domain.storage.subscriptions import CountBy, GroupCount
from graph.permissions import Permission, requires
from graph.types.enums import SubscriptionStatus, define_enum

define_enum(
    CountBy,
    name="SubscriptionGroup",
    description="What subscriptions are counted by.",
    values={
        "STATUS": "By status.",
        "PRODUCT": "By product.",
        "CUSTOMER": "By customer.",
        "IN_SYNC": "By whether they are in sync.",
    },
)


@strawberry.type(
    description="How many subscriptions have one thing in common: the one that they were counted by, which "
    "alone is not null.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionCount:
    """How many subscriptions have one thing in common."""

    count: int = strawberry.field(description="How many they are.")
    status: SubscriptionStatus | None = strawberry.field(
        description="The status of all of them.", default=None
    )
    product_name: str | None = strawberry.field(description="The name of their product.", default=None)
    customer_id: str | None = strawberry.field(description="Who holds them.", default=None)
    in_sync: bool | None = strawberry.field(description="Whether they are in sync.", default=None)


def subscription_count(group_by: CountBy, group: GroupCount) -> SubscriptionCount:
    """Gives the number of a group as a result."""
    match group_by:
        case CountBy.STATUS:
            return SubscriptionCount(count=group.number, status=SubscriptionStatus(group.key))
        case CountBy.PRODUCT:
            return SubscriptionCount(count=group.number, product_name=str(group.key))
        case CountBy.CUSTOMER:
            return SubscriptionCount(count=group.number, customer_id=str(group.key))
        case CountBy.IN_SYNC:
            return SubscriptionCount(count=group.number, in_sync=bool(group.key))
