"""The statuses of products and subscriptions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
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

SAFE_USER_STATUSES: Final[Mapping[SubscriptionStatus, frozenset[SubscriptionStatus]]] = MappingProxyType(
    {
        INITIAL: frozenset({INITIAL}),
        PROVISIONING: frozenset({INITIAL, PROVISIONING, ACTIVE, TERMINATED}),
        ACTIVE: frozenset(SubscriptionStatus),
        MIGRATING: frozenset({INITIAL, MIGRATING, TERMINATED}),
        DISABLED: frozenset({INITIAL, DISABLED, TERMINATED}),
        TERMINATED: frozenset({INITIAL, TERMINATED}),
    }
)
"""The statuses that the users of a subscription's blocks may have while it has a status."""
