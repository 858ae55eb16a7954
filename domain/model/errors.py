"""What can be wrong with a model, a catalogue, or the values of a subscription."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import DomainError
from domain.ids import BlockId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus


class ModelDefinitionError(DomainError):
    """A model class is declared in a way that cannot work; raised when the class is defined.

    Attributes:
        model: the name of the class.
        field: the field that is wrong; None when it is the class as a whole.
    """

    def __init__(self, model: str, field: str | None, *, found: str, expected: str) -> None:
        place = model if field is None else f"{model}.{field}"
        super().__init__(f"{place}: found {found}, expected {expected}")
        self.model = model
        self.field = field
        self.found = found
        self.expected = expected


class InvalidFamily(ModelDefinitionError):
    """The class keywords ``name`` and ``lifecycle`` do not make a family."""


class ReservedField(ModelDefinitionError):
    """A field takes a name that every model already has."""


class UnsupportedField(ModelDefinitionError):
    """A field has a type that cannot be stored."""


class ContradictoryBounds(ModelDefinitionError):
    """A field has bounds that no value can keep together."""


class EndlessNesting(ModelDefinitionError):
    """A class requires a block of its own family in itself, so that no tree of it could end."""


class FieldChangesType(ModelDefinitionError):
    """A class gives a field of its family another type; what is stored would not fit both."""


class LifecycleMismatch(ModelDefinitionError):
    """A nested block's class does not serve a status that its owner's class serves."""

    def __init__(self, model: str, field: str, *, nested: str, status: SubscriptionStatus) -> None:
        super().__init__(
            model,
            field,
            found=f"{nested}, which does not serve {status}",
            expected=f"the class of its family that serves {status}",
        )
        self.nested = nested
        self.status = status


class InvalidCatalog(DomainError):
    """The products and models of a catalogue contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMismatch:
    """One value that a model class refuses.

    Attributes:
        path: fields and list indexes, from the subscription down.
    """

    path: tuple[str | int, ...]
    expected: str
    found: str

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.path) or "the subscription"
        return f"{place}: {self.expected}, found {self.found}"


class ModelMismatch(DomainError):
    """The values of a subscription do not satisfy the model class of its status.

    Attributes:
        model: the name of the class.
        errors: every disagreement, in the order of the tree.
    """

    def __init__(
        self, subscription_id: SubscriptionId, *, model: str, errors: Sequence[FieldMismatch]
    ) -> None:
        details = "; ".join(str(error) for error in errors)
        super().__init__(f"subscription {subscription_id} does not satisfy {model}: {details}")
        self.subscription_id = subscription_id
        self.model = model
        self.errors = tuple(errors)


class TransitionRefused(DomainError):
    """A subscription cannot get a status through a model class."""

    def __init__(self, subscription_id: SubscriptionId, *, found: str, expected: str) -> None:
        super().__init__(f"subscription {subscription_id}: found {found}, expected {expected}")
        self.subscription_id = subscription_id
        self.found = found
        self.expected = expected


class ForeignBlock(DomainError):
    """A subscription holds a block of another one as its own, or in a field that is not for such blocks.

    Only a field of a block that is marked ``Reference()`` may refer to a block of another subscription.

    Attributes:
        owner: the other subscription, which the text does not name; None where only the database knows it.
        path: the place of the block, from the subscription down; empty where that is not known.
    """

    def __init__(
        self,
        block_id: BlockId,
        *,
        owner: SubscriptionId | None,
        subscription_id: SubscriptionId,
        path: tuple[str | int, ...] = (),
    ) -> None:
        place = ".".join(str(part) for part in path)
        super().__init__(
            f"block {block_id}{f' at {place}' if place else ''} belongs to another subscription, expected a"
            f" block of {subscription_id}, or a field of a block that is marked Reference()"
        )
        self.block_id = block_id
        self.owner = owner
        self.subscription_id = subscription_id
        self.path = path


class ForeignBlockChanged(DomainError):
    """A block of another subscription was changed in the tree of one that only refers to it.

    Attributes:
        field: the first field that is not as it was loaded, or "label".
        owner: the other subscription; the text does not name it.
    """

    def __init__(
        self, block_id: BlockId, field: str, *, owner: SubscriptionId, subscription_id: SubscriptionId
    ) -> None:
        super().__init__(
            f"block {block_id}, which subscription {subscription_id} refers to: found another {field} than"
            " was loaded, expected it to be changed in the subscription that owns it"
        )
        self.block_id = block_id
        self.field = field
        self.owner = owner
        self.subscription_id = subscription_id


class BlockLeftBelowForeign(DomainError):
    """A subscription's own block has no place in its tree but below a block of another subscription.

    Neither may it leave the tree, because the other one refers to it, nor would a stored tree without a
    place for it be its subscription's.
    """

    def __init__(
        self, block_id: BlockId, *, path: tuple[str | int, ...], subscription_id: SubscriptionId
    ) -> None:
        place = ".".join(str(part) for part in path)
        super().__init__(
            f"block {block_id} of subscription {subscription_id} was found only at {place}, below a block of"
            " another subscription, expected it in its own subscription's tree as well"
        )
        self.block_id = block_id
        self.path = path
        self.subscription_id = subscription_id


class BlockUsedTwice(DomainError):
    """A block is in two places of one parent, inside itself, or there as two objects that differ."""

    def __init__(self, block_id: BlockId, *, path: tuple[str | int, ...]) -> None:
        place = ".".join(str(part) for part in path)
        super().__init__(f"block {block_id} was found a second time at {place}, expected it once")
        self.block_id = block_id
        self.path = path


class NestedTooDeep(DomainError):
    """Blocks are inside each other to more levels than a tree can be loaded with again.

    Attributes:
        limit: how many levels a tree may have.
    """

    def __init__(self, block_id: BlockId, *, subscription_id: SubscriptionId, limit: int) -> None:
        super().__init__(
            f"block {block_id} of the tree of subscription {subscription_id}: found more than {limit} blocks"
            f" inside each other, expected at most {limit}"
        )
        self.block_id = block_id
        self.subscription_id = subscription_id
        self.limit = limit


class ProductMismatch(DomainError):
    """A product's subscriptions have another model than the one that was asked for.

    Attributes:
        found: the family that they have.
        expected: the family of the class that was asked for.
    """

    def __init__(self, product: str, *, found: str, expected: str) -> None:
        super().__init__(f"product {product!r}: found the model {found}, expected {expected}")
        self.product = product
        self.found = found
        self.expected = expected


class FixedInputAssigned(DomainError):
    """A fixed input was assigned; it belongs to the product and changes only with the product."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(f"{model}.{field}: found an assignment, expected the value of the product")
        self.model = model
        self.field = field
