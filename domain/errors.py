"""The domain floor's errors: the root, and those that concern stored products and subscriptions."""

from uuid import UUID

from domain.ids import ProcessId, SubscriptionId


class DomainError(Exception):
    """The domain floor refuses or cannot do what was asked."""


class SubscriptionNotFound(DomainError):
    """No subscription has this id within the caller's scope."""

    def __init__(self, subscription_id: SubscriptionId) -> None:
        super().__init__(f"subscription {subscription_id} was not found")
        self.subscription_id = subscription_id


class ProductNotFound(DomainError):
    """No product has this name or id."""

    def __init__(self, product: str | UUID) -> None:
        super().__init__(f"product {str(product)!r} was not found")
        self.product = product


class StaleSubscription(DomainError):
    """The subscription changed since it was loaded; nothing of the patch was written.

    Attributes:
        expected: the version the patch was made against; 0 means that the subscription did not exist yet.
        found: the stored version; 0 means that there is none.
    """

    def __init__(self, subscription_id: SubscriptionId, *, expected: int, found: int) -> None:
        super().__init__(f"subscription {subscription_id} has version {found}, expected version {expected}")
        self.subscription_id = subscription_id
        self.expected = expected
        self.found = found


class SubscriptionLocked(DomainError):
    """The subscription is out of sync, so only the process that holds it may write its tree.

    Attributes:
        held_by: the process that holds it; None when it was put out of sync by hand.
    """

    def __init__(self, subscription_id: SubscriptionId, *, held_by: ProcessId | None) -> None:
        holder = f"held by process {held_by}" if held_by is not None else "held by no process"
        super().__init__(f"subscription {subscription_id} is out of sync, {holder}; expected it in sync")
        self.subscription_id = subscription_id
        self.held_by = held_by
