"""The statuses of products and subscriptions."""

from enum import StrEnum
from typing import Final


class SubscriptionStatus(StrEnum):
    """Where a subscription is in its life."""

    INITIAL = "INITIAL"
    PROVISIONING = "PROVISIONING"
    ACTIVE = "ACTIVE"
    MIGRATING = "MIGRATING"
    DISABLED = "DISABLED"
    TERMINATED = "TERMINATED"


class ProductStatus(StrEnum):
    """Whether a product may be sold and kept."""

    ACTIVE = "ACTIVE"
    PRE_PRODUCTION = "PRE_PRODUCTION"
    PHASE_OUT = "PHASE_OUT"
    END_OF_LIFE = "END_OF_LIFE"


INITIAL: Final = SubscriptionStatus.INITIAL
PROVISIONING: Final = SubscriptionStatus.PROVISIONING
ACTIVE: Final = SubscriptionStatus.ACTIVE
MIGRATING: Final = SubscriptionStatus.MIGRATING
DISABLED: Final = SubscriptionStatus.DISABLED
TERMINATED: Final = SubscriptionStatus.TERMINATED
