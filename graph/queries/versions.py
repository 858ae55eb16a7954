"""Subscriptions as they were."""

from typing import Annotated

import strawberry

from domain.errors import SubscriptionNotFound, VersionNotFound
from domain.storage.changes import ChangeRepository
from graph.context import Info
from graph.errors import GraphError
from graph.ids import parse_subscription_id
from graph.permissions import Permission, requires
from graph.types.version import SubscriptionVersion, subscription_version


class UnknownVersion(GraphError):
    """A subscription never had the version that was asked for."""

    code = "VERSION_NOT_FOUND"


@strawberry.type
class VersionQueries:
    """Subscriptions as they were."""

    @strawberry.field(
        description="One subscription as it was at a version; null if there is none for this viewer.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscription_version(
        self,
        info: Info,
        subscription: Annotated[strawberry.ID, strawberry.argument(description="The subscription.")],
        version: Annotated[int, strawberry.argument(description="The version, from 1.")],
    ) -> SubscriptionVersion | None:
        """One subscription as it was at a version."""
        repository = ChangeRepository(info.context.dependencies.database)
        try:
            tree = await repository.tree_at(
                info.context.viewer.scope, parse_subscription_id(subscription), version
            )
        except SubscriptionNotFound:
            return None
        except VersionNotFound as error:
            raise UnknownVersion(
                f"{subscription} has no version {version}: expected {error.found[0]} to {error.found[1]}."
            ) from None
        return subscription_version(tree, info.context)
