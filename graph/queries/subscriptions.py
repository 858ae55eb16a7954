"""Subscriptions."""

from typing import Annotated

import strawberry

from domain.storage.filters import FieldFilter, Operator
from domain.storage.subscriptions import SubscriptionRepository
from graph.context import Info
from graph.ids import parse_subscription_id
from graph.paging import After, Before, Connection, First, Last, PageArguments, connection
from graph.permissions import Permission, requires
from graph.types.enums import SubscriptionStatus
from graph.types.subscription import ProductSubscription, subscription_columns


@strawberry.type
class SubscriptionQueries:
    """Subscriptions."""

    @strawberry.field(
        description="The subscriptions, the newest first.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscriptions(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        statuses: Annotated[
            list[SubscriptionStatus] | None, strawberry.argument(description="Only those in one of these.")
        ] = None,
    ) -> Connection[ProductSubscription]:
        """The subscriptions, the newest first."""
        dependencies, scope = info.context.dependencies, info.context.viewer.scope
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        repository = SubscriptionRepository(dependencies.database)
        where = None if statuses is None else FieldFilter("status", Operator.IN, statuses)
        page = await repository.page(
            scope,
            request=arguments.request(dependencies.settings),
            where=where,
            columns=subscription_columns(info, "nodes") | subscription_columns(info, "edges", "node"),
        )
        return connection(
            page,
            info.context.budget,
            node=info.context.families.subscription,
            key=lambda record: record.id,
            count=lambda: repository.count(scope, where),
        )

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
