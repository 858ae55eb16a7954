"""What is asked of a save, and what it answers."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.errors import (
    BlockInsideItself,
    BlockInUse,
    ConflictingEdit,
    ProductNotFound,
    ProductNotSold,
    ReferencedBlockNotFound,
    StaleSubscription,
    SubscriptionLocked,
    UnsafeTransition,
)
from domain.ids import ProcessId, SubscriptionId
from domain.model.lifecycle import ProductStatus, SubscriptionStatus
from domain.model.trees.patch import SubscriptionPatch

SaveRefusal: TypeAlias = (
    StaleSubscription
    | SubscriptionLocked
    | ProductNotFound
    | ProductNotSold
    | UnsafeTransition
    | BlockInUse
    | ReferencedBlockNotFound
    | BlockInsideItself
    | ConflictingEdit
)
"""Why nothing of a patch was written."""

SaveOutcome: TypeAlias = int | SaveRefusal
"""The new version of a subscription, or why nothing of its patch was written."""

SOLD = frozenset({ProductStatus.ACTIVE, ProductStatus.PRE_PRODUCTION})
"""The statuses in which a product gets subscriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAuthor:
    """Who changes subscriptions.

    Attributes:
        process_id: the process that does it; it may write what it holds, and holds what it creates.
    """

    actor: str
    process_id: ProcessId | None = None
    step_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoredPatch:
    """One change and who makes it."""

    patch: SubscriptionPatch
    author: ChangeAuthor

    @property
    def id(self) -> SubscriptionId:
        """The subscription that is changed."""
        return self.patch.subscription_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubscription:
    """What is stored of a subscription that a save concerns.

    Attributes:
        product: the product's name.
    """

    id: SubscriptionId
    version: int
    status: SubscriptionStatus
    in_sync: bool
    held_by: ProcessId | None
    product: str

    def is_writable_by(self, author: ChangeAuthor) -> bool:
        """Whether its tree may be written: nobody works on it, or the author does."""
        return self.in_sync or (self.held_by is not None and self.held_by == author.process_id)


def refusal(
    change: AuthoredPatch, stored: StoredSubscription | None, product_status: ProductStatus | None
) -> SaveRefusal | None:
    """Why a change is refused for what is stored of its own subscription and its product, if it is."""
    patch = change.patch
    if product_status is None:
        return ProductNotFound(patch.product)
    if stored is not None and not stored.is_writable_by(change.author):
        return SubscriptionLocked(patch.subscription_id, held_by=stored.held_by)
    found = 0 if stored is None else stored.version
    if patch.base_version != found:
        return StaleSubscription(patch.subscription_id, expected=patch.base_version, found=found)
    if product_status not in SOLD and (stored is None or stored.product != patch.product):
        return ProductNotSold(patch.product, status=product_status)
    return None
