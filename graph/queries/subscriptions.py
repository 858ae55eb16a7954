"""Single subscriptions; the lists are generated."""

from typing import Annotated

import strawberry

from graph.context import Info
from graph.ids import parse_subscription_id
from graph.permissions import Permission, requires
from graph.types.subscription import ProductSubscription, subscription_columns


@strawberry.type
class SubscriptionQueries:
    """Single subscriptions."""

    @strawberry.field(
        description="One subscription; null if there is none for this viewer.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscription(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # the argument's name in GraphQL
    ) -> ProductSubscription | None:
        """One subscription."""
        loader = info.context.loaders.subscriptions(subscription_columns(info))
        record = await loader.load(parse_subscription_id(id))
        return None if record is None else info.context.families.subscription(record)
