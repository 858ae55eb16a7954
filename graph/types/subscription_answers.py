"""What comes of noting something about a subscription, and of putting it back in sync."""

from typing import Annotated

import strawberry

from graph.permissions import Permission, requires
from graph.types.refusals import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleVersion,
    WrongStatus,
)
from graph.types.subscription import ProductSubscription


@strawberry.type(description="The subscription was written.", directives=requires(Permission.CONNECT))
class SubscriptionUpdated:
    """The subscription was written."""

    subscription: ProductSubscription = strawberry.field(description="The subscription as it is now.")


AnnotationResult = Annotated[
    SubscriptionUpdated | InvalidInput | NotFound | StaleVersion,
    strawberry.union("AnnotationResult", description="What comes of noting something about a subscription."),
]
"""What comes of noting something about a subscription."""

CustomerDescriptionResult = Annotated[
    SubscriptionUpdated | InvalidInput | NotAllowed | NotFound | StaleVersion,
    strawberry.union(
        "CustomerDescriptionResult",
        description="What comes of writing, or taking away, what a customer calls a subscription.",
    ),
]
"""What comes of writing, or taking away, what a customer calls a subscription."""

RepairResult = Annotated[
    SubscriptionUpdated | NotFound | WrongStatus | Conflict,
    strawberry.union("RepairResult", description="What comes of putting a subscription back in sync."),
]
"""What comes of putting a subscription back in sync."""
