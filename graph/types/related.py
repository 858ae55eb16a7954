"""The arguments by which clients ask for related subscriptions."""

from collections.abc import Collection
from typing import Annotated

import strawberry

from domain.storage.related import MAX_DEPTH
from graph.errors import GraphError
from graph.loaders import RelatedQuestion
from graph.types.enums import SubscriptionStatus

Depth = Annotated[
    int,
    strawberry.argument(
        description="How far to follow: 1 for those related directly, 2 for those related to these as well, "
        f"at most {MAX_DEPTH}."
    ),
]
RelatedStatuses = Annotated[
    list[SubscriptionStatus] | None, strawberry.argument(description="Only those in one of these.")
]
ThroughTypes = Annotated[
    list[str] | None,
    strawberry.argument(description="Go on only from those of products of one of these types."),
]


class InvalidDepth(GraphError):
    """Related subscriptions were asked for at no distance, or too far away."""

    code = "INVALID_DEPTH"


def related_question(
    *,
    users: bool,
    depth: int,
    statuses: Collection[SubscriptionStatus] | None,
    through_product_types: Collection[str] | None,
) -> RelatedQuestion:
    """Gives what is asked for.

    Raises:
        InvalidDepth: The depth is out of bounds.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise InvalidDepth(f"'depth' is {depth}: expected 1 to {MAX_DEPTH}.")
    return RelatedQuestion(
        users=users,
        depth=depth,
        statuses=None if statuses is None else frozenset(statuses),
        product_types=None if through_product_types is None else frozenset(through_product_types),
    )
