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
    """A subscription's tree holds a block that belongs to another subscription.

    Attributes:
        owner: the other subscription; None where only the database knows it.
    """

    def __init__(
        self, block_id: BlockId, *, owner: SubscriptionId | None, subscription_id: SubscriptionId
    ) -> None:
        found = f"subscription {owner}" if owner is not None else "another subscription"
        super().__init__(f"block {block_id} belongs to {found}, expected a block of {subscription_id}")
        self.block_id = block_id
        self.owner = owner
        self.subscription_id = subscription_id


class BlockUsedTwice(DomainError):
    """One parent holds the same block in two places, or a block is inside itself."""

    def __init__(self, block_id: BlockId, *, path: tuple[str | int, ...]) -> None:
        place = ".".join(str(part) for part in path)
        super().__init__(f"block {block_id} was found a second time at {place}, expected it once")
        self.block_id = block_id
        self.path = path


class FixedInputAssigned(DomainError):
    """A fixed input was assigned; it belongs to the product and changes only with the product."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(f"{model}.{field}: found an assignment, expected the value of the product")
        self.model = model
        self.field = field
