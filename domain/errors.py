"""The domain floor's errors: the root, and those that concern stored products and subscriptions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.ids import BlockId, CustomerId, ProcessId, SubscriptionId
from domain.model.lifecycle import ProductStatus, SubscriptionStatus


class DomainError(Exception):
    """The domain floor refuses or cannot do what was asked."""


class SubscriptionNotFound(DomainError):
    """No subscription has this id within the caller's scope."""

    def __init__(self, subscription_id: SubscriptionId) -> None:
        super().__init__(f"subscription {subscription_id} was not found")
        self.subscription_id = subscription_id


class VersionNotFound(DomainError):
    """A subscription has no such version.

    Attributes:
        version: what was asked for.
        found: the first and the last version that there are.
    """

    def __init__(self, subscription_id: SubscriptionId, *, version: int, found: tuple[int, int]) -> None:
        super().__init__(
            f"subscription {subscription_id} has no version {version}, expected one from {found[0]} to"
            f" {found[1]}"
        )
        self.subscription_id = subscription_id
        self.version = version
        self.found = found


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
    """The subscription is out of sync: only the process that holds it may write its tree, or come to use it.

    Attributes:
        held_by: the process that holds it; None when it was put out of sync by hand.
        user: the subscription that was to refer to a block of it, if that was refused. The text then names
            neither the one that is held nor its holder: both may be out of the reader's scope.
    """

    def __init__(
        self,
        subscription_id: SubscriptionId,
        *,
        held_by: ProcessId | None,
        user: SubscriptionId | None = None,
    ) -> None:
        holder = f"held by process {held_by}" if held_by is not None else "held by no process"
        text = (
            f"subscription {subscription_id} is out of sync, {holder}; expected it in sync"
            if user is None
            else f"subscription {user} cannot refer to a block of another one: found that out of sync,"
            " expected it in sync"
        )
        super().__init__(text)
        self.subscription_id = subscription_id
        self.held_by = held_by
        self.user = user


class ProductNotSold(DomainError):
    """The product's status does not admit new subscriptions."""

    def __init__(self, product: str, *, status: ProductStatus) -> None:
        super().__init__(f"product {product!r} is {status}, expected ACTIVE or PRE_PRODUCTION")
        self.product = product
        self.status = status


class ConflictingEdit(DomainError):
    """Another step of the same process changed the same field since the subscription was loaded.

    Attributes:
        path: what both changed: ("subscription", column), (block id, field), (block id,) for a block that one
            of them removed, or (block id or "subscription", attribute) for the blocks in a field.
        expected: what it was when the subscription was loaded, as text.
        found: what it is now, as text.
    """

    def __init__(
        self, subscription_id: SubscriptionId, *, path: tuple[str, ...], expected: str, found: str
    ) -> None:
        super().__init__(
            f"subscription {subscription_id}, {'.'.join(path)}: found {found}, which another step of the"
            f" process wrote meanwhile, expected {expected}"
        )
        self.subscription_id = subscription_id
        self.path = path
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedStatus:
    """A related subscription and the status that stands in the way."""

    subscription_id: SubscriptionId
    status: SubscriptionStatus


class UnsafeTransition(DomainError):
    """A status does not go together with those of the subscriptions that use its blocks, or that it uses.

    The text names no other subscription: it may be read by somebody out of whose scope they are.

    Attributes:
        target: the status that was refused.
        users: those that use blocks of the subscription, and may not while it has the status.
        used: those whose blocks the subscription uses, and may not with the status.
    """

    def __init__(
        self,
        subscription_id: SubscriptionId,
        *,
        target: SubscriptionStatus,
        users: Collection[RelatedStatus] = (),
        used: Collection[RelatedStatus] = (),
        expected: Collection[SubscriptionStatus],
    ) -> None:
        related = users or used
        relation = "users of its blocks" if users else "owners of blocks that it uses"
        statuses = ", ".join(sorted({each.status for each in related}))
        super().__init__(
            f"subscription {subscription_id} cannot be {target}: found {relation} that are {statuses},"
            f" expected them to be {' or '.join(sorted(expected)) or 'none'}"
        )
        self.subscription_id = subscription_id
        self.target = target
        self.users = tuple(users)
        self.used = tuple(used)
        self.expected = frozenset(expected)


class BlockInUse(DomainError):
    """A block was taken out of its tree while other subscriptions refer to it.

    Attributes:
        users: those subscriptions; the text does not name them.
    """

    def __init__(
        self, block_id: BlockId, *, subscription_id: SubscriptionId, users: Collection[SubscriptionId]
    ) -> None:
        super().__init__(
            f"block {block_id} is used by other subscriptions, expected nobody to use it when it leaves"
            f" subscription {subscription_id}"
        )
        self.block_id = block_id
        self.subscription_id = subscription_id
        self.users = tuple(users)


class ReferencedBlockNotFound(DomainError):
    """A tree refers to a block that the subscription it takes for the owner does not have.

    The text does not name the owner: it may be read by somebody out of whose scope that one is.

    Attributes:
        expected_owner: the subscription that was taken for the owner.
    """

    def __init__(
        self, block_id: BlockId, *, subscription_id: SubscriptionId, expected_owner: SubscriptionId
    ) -> None:
        super().__init__(
            f"subscription {subscription_id} refers to block {block_id}: found no such block in the"
            " subscription that is named as its owner, expected one"
        )
        self.block_id = block_id
        self.subscription_id = subscription_id
        self.expected_owner = expected_owner


class BlockInsideItself(DomainError):
    """Blocks of several subscriptions would refer to each other in a circle: no tree of them could end.

    Attributes:
        path: from the block that refers to another one, by what is below that, to the block itself; blocks of
            subscriptions that the save does not write are left out after the first.
    """

    def __init__(self, subscription_id: SubscriptionId, *, attribute: str, path: Sequence[BlockId]) -> None:
        super().__init__(
            f"subscription {subscription_id}: found block {path[1]} in field {attribute} of block {path[0]},"
            " which is below it already, expected no block inside itself"
        )
        self.subscription_id = subscription_id
        self.attribute = attribute
        self.path = tuple(path)


class ProductInUse(DomainError):
    """A product was to reach its end of life while there are subscriptions of it.

    Attributes:
        number: how many of its subscriptions are not terminated.
    """

    def __init__(self, product: str, *, number: int) -> None:
        super().__init__(
            f"product {product!r} cannot be END_OF_LIFE: found {number} subscriptions of it that are not"
            " TERMINATED, expected none"
        )
        self.product = product
        self.number = number


class UnexpectedHolder(DomainError):
    """A subscription is held by another process than the caller had found.

    Attributes:
        expected: the process that the caller took for the holder; None means none.
        found: the holder; None means that no process holds the subscription.
    """

    def __init__(
        self, subscription_id: SubscriptionId, *, expected: ProcessId | None, found: ProcessId | None
    ) -> None:
        super().__init__(
            f"subscription {subscription_id}: found it held by {found or 'no process'}, expected it to be"
            f" held by {expected or 'no process'}"
        )
        self.subscription_id = subscription_id
        self.expected = expected
        self.found = found


class StaleAnnotation(DomainError):
    """What is noted about a subscription changed since the caller read it; nothing was written.

    Attributes:
        expected: the version the caller had read; 0 means that there was nothing yet.
        found: the stored version; 0 means that there is nothing.
    """

    noun = "annotation"

    def __init__(self, subscription_id: SubscriptionId, *, expected: int, found: int) -> None:
        super().__init__(
            f"the {self.noun} of subscription {subscription_id} has version {found}, expected version"
            f" {expected}"
        )
        self.subscription_id = subscription_id
        self.expected = expected
        self.found = found


class StaleNote(StaleAnnotation):
    """The note changed since the caller read it; nothing was written."""

    noun = "note"


class StaleMetadata(StaleAnnotation):
    """The metadata changed since the caller read it; nothing was written."""

    noun = "metadata"


class StaleCustomerDescription(StaleAnnotation):
    """The customer's description changed since the caller read it; nothing was written."""

    noun = "customer description"


class CustomerDescriptionNotFound(DomainError):
    """A customer has no description of its own for the subscription."""

    def __init__(self, subscription_id: SubscriptionId, *, customer_id: CustomerId) -> None:
        super().__init__(
            f"subscription {subscription_id}: found no description for customer {customer_id!r}, expected one"
        )
        self.subscription_id = subscription_id
        self.customer_id = customer_id


class InvalidAnnotation(DomainError):
    """A note, metadata or a customer's description cannot be kept as it is.

    Attributes:
        field: ``note``, ``description``, or ``metadata`` with a place in it, such as ``metadata.sla.hours``.
    """

    def __init__(self, field: str, *, found: str, expected: str) -> None:
        super().__init__(f"{field}: found {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected
