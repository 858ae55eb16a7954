"""What lists of subscriptions are filtered by: conditions as data, which clients and step authors build.

The logic has two values: a condition on a value that is absent does not hold, so that its negation does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, Generic, TypeAlias, TypeVar, Union

from domain.errors import DomainError
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily

Item = TypeVar("Item")

MAX_IN_VALUES: Final = 1_000
"""The most values that one IN may list."""
MAX_DEPTH: Final = 12
"""How many levels a filter may have, one inside the other."""
MAX_CONDITIONS: Final = 200
"""The most conditions that one filter may be made of."""


class Operator(StrEnum):
    """How a value is compared."""

    EQ = auto()
    IN = auto()
    """One of a list of values."""
    LT = auto()
    LTE = auto()
    GT = auto()
    GTE = auto()
    IS_NULL = auto()
    """Takes true or false: that there is no value, or that there is one."""
    CONTAINS = auto()
    """A part of a text, whether the letters A to Z are written large or small."""
    STARTS_WITH = auto()
    """The first characters of a text, exactly."""


class Quantifier(StrEnum):
    """Of how many blocks of a field, or items of a list, a condition must hold."""

    SOME = auto()
    EVERY = auto()
    """Also holds if there are none."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class And(Generic[Item]):
    """That all conditions hold; true of none."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Or(Generic[Item]):
    """That at least one condition holds; false of none."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[Item]):
    """That a condition does not hold."""

    item: Item


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A condition on what every subscription has.

    Attributes:
        field: one of `conditions.FIELDS`.
        value: of the field's Python type; a sequence of such for IN, a bool for IS_NULL.
    """

    field: str
    operator: Operator
    value: object


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """A condition on a scalar of a block, or on its label.

    Attributes:
        value: of the scalar's Python type, or a member of its choices; a sequence of such for IN, a bool for
            IS_NULL.
        quantifier: of how many items the condition must hold, for a list; None for the field as a whole.
        within: the fields that lead from a value object to what is compared in it, which is no list.
    """

    field: str
    operator: Operator
    value: object
    quantifier: Quantifier | None = None
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """How an item of a list, or something in it, is compared; the attributes are those of a `ValueFilter`."""

    operator: Operator
    value: object
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """A condition on the items of a list of a block, each compared in several ways at once.

    Attributes:
        comparisons: what must hold of one and the same item.
    """

    field: str
    quantifier: Quantifier
    comparisons: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class FixedInputFilter:
    """A condition on a constant of the product.

    Attributes:
        value: as that of a `ValueFilter`.
    """

    field: str
    operator: Operator
    value: object


@dataclass(frozen=True, slots=True)
class MetadataFilter:
    """A condition on the document that people and programs attach to a subscription.

    Attributes:
        contains: what it has in it: objects with these fields, arrays with these items; None for none at all.
    """

    contains: Mapping[str, JsonValue] | None


@dataclass(frozen=True, slots=True)
class OwnedBlockFilter:
    """That a subscription, of whatever product, owns a block like this; wherever the block stands."""

    family: ModelFamily[ProductBlockModel]
    where: "ValueWhere"


@dataclass(frozen=True, slots=True)
class BlockFilter:
    """A condition on the blocks that a field holds, owned ones and references alike.

    Blocks out of scope are as if they did not exist.

    Attributes:
        attribute: the field of the subscription, or of the block above.
        family: only blocks of this family count; needed where the field takes several and the condition is on
            something that not all of them have.
    """

    attribute: str
    quantifier: Quantifier
    where: "ValueWhere"
    family: ModelFamily[ProductBlockModel] | None = None


ValueWhere: TypeAlias = Union[
    "And[ValueWhere]", "Or[ValueWhere]", "Not[ValueWhere]", ValueFilter, ItemFilter, BlockFilter
]
"""A condition on one block."""

Where: TypeAlias = Union[
    "And[Where]",
    "Or[Where]",
    "Not[Where]",
    FieldFilter,
    FixedInputFilter,
    MetadataFilter,
    OwnedBlockFilter,
    BlockFilter,
]
"""A condition on one subscription. Those on fields of its model need the list to be of one family."""


class InvalidFilter(DomainError):
    """A filter asks for what there is not.

    Attributes:
        field: the field it names, below others with dots between.
    """

    def __init__(self, field: str, *, found: str, expected: str) -> None:
        super().__init__(f"the filter of {field}: found {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected


class FilterTooSlow(DomainError):
    """A filter of values without an index did not come to an end in its time; the server has given up on it.

    Attributes:
        limit_s: that time.
    """

    def __init__(self, *, limit_s: float) -> None:
        super().__init__(
            f"the filter took longer than {limit_s:g} seconds, expected it to name fewer subscriptions"
            " or an indexed field"
        )
        self.limit_s = limit_s
