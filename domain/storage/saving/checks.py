"""The values of filters, checked against what they are compared with."""

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from pydantic import AnyUrl, ValidationError

from domain.json import JsonValue, UnrepresentableValue, encode
from domain.model.definition.scalars import Scalar
from domain.model.definition.texts import LONGEST_SHOWN, shown
from domain.storage.listing.filters import MAX_IN_VALUES, InvalidFilter, Operator
from domain.storage.listing.values import MAX_DIGITS, comparable, is_comparable


def checked_operand(
    operator: Operator,
    value: object,
    *,
    path: str,
    offered: AbstractSet[Operator],
    one: Callable[[object], object],
) -> Sequence[object]:
    """What an operator is given, in the form that `values.compare` takes.

    Args:
        operator: how the field is compared.
        value: what with, as it came.
        path: the field, for the message.
        offered: the operators that the field has.
        one: checks and converts a single value.

    Raises:
        InvalidFilter: if the field does not offer the operator, or the value is not what it takes.
    """
    if operator not in offered:
        listed = ", ".join(sorted(offered))
        raise InvalidFilter(path, found=f"the operator {operator}", expected=f"one of {listed}")
    match operator:
        case Operator.IS_NULL:
            if not isinstance(value, bool):
                raise InvalidFilter(path, found=f"{operator} {shown(value)}", expected="true or false")
            return [value]
        case Operator.IN:
            return [one(item) for item in _items(value, path)]
        case Operator.CONTAINS | Operator.STARTS_WITH:
            return [checked_text(value, path)]
        case _:
            return [one(value)]


def checked_text(value: object, path: str) -> str:
    """A text that PostgreSQL can hold.

    Raises:
        InvalidFilter: for anything else.
    """
    if not isinstance(value, str):
        raise ill_typed(path, value, "a text")
    _encodable(value, path)
    return str(value)


def checked_scalar(scalar: Scalar, value: object, path: str) -> object:
    """A value of a scalar, in the form that the database compares with.

    Raises:
        InvalidFilter: if it is not one.
    """
    stored = _stored(scalar, value, path)
    _encodable(stored, path)
    converted = comparable(scalar, stored)
    if isinstance(converted, Decimal) and not is_comparable(converted):
        raise ill_typed(path, value, f"a number with less than {MAX_DIGITS} digits")
    return converted


def ill_typed(path: str, value: object, expected: str) -> InvalidFilter:
    """The error for a value of the wrong type."""
    return InvalidFilter(path, found=in_words(value), expected=expected)


def in_words(value: object) -> str:
    """A value as messages tell it: in the words of those who filter, not in those of Python."""
    match value:
        case None | bool():
            words = _JSON_WORDS[value]
        case Enum():
            words = value.name
        case str():
            words = f"the text {shown(str(value))}"
        case Decimal():
            words = "a number with many digits" if len(str(value)) > LONGEST_SHOWN else f"the number {value}"
        case int() | float():
            words = f"the number {shown(value)}"
        case datetime() | date() | time():
            words = f"the time {value.isoformat()}"
        case _:
            words = shown(value)
    return words


def wanted_of(python_type: type) -> str:
    """What a value of a type is called in messages."""
    if issubclass(python_type, Enum):
        return "one of " + ", ".join(sorted(member.name for member in python_type))
    return _WORDS[python_type]


_JSON_WORDS: Final = MappingProxyType({None: "null", True: "true", False: "false"})
_WORDS: Final[Mapping[type, str]] = MappingProxyType(
    {
        str: "a text",
        bool: "true or false",
        int: "an integer",
        UUID: "an id",
        datetime: "a time with its zone",
    }
)


def is_a(value: object, python_type: type) -> bool:
    """Whether a value is of a type, where a bool is no number."""
    if isinstance(value, bool):
        return python_type is bool
    return isinstance(value, python_type)


def _stored(scalar: Scalar, value: object, path: str) -> JsonValue:
    if scalar.choices is not None:
        return _choice(scalar, scalar.choices, value, path)
    try:
        return scalar.store(_natural(scalar, value))
    except (UnrepresentableValue, ValidationError) as error:
        raise ill_typed(path, value, f"a value of {scalar.graphql_name}") from error


def _natural(scalar: Scalar, value: object) -> object:
    """The value as a model would hold it: a decimal for an integer, the URL for its text."""
    if scalar.python_type is Decimal and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if scalar.python_type is AnyUrl and isinstance(value, str):
        return AnyUrl(value)
    return value


def _choice(scalar: Scalar, choices: Collection[JsonValue], value: object, path: str) -> JsonValue:
    bare: object = value.value if isinstance(value, Enum) and isinstance(value, scalar.python_type) else value
    for choice in choices:
        # Comparing would raise an error for some decimals.
        if isinstance(bare, str | int) and not isinstance(bare, bool) and bare == choice:
            return choice
    raise ill_typed(path, value, "one of " + ", ".join(str(choice) for choice in choices))


def _items(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise InvalidFilter(path, found=f"in {shown(value)}", expected="a list of values")
    items: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType]  # narrowed from object
    if len(items) > MAX_IN_VALUES:
        raise InvalidFilter(path, found=f"in with {len(items)} values", expected=f"at most {MAX_IN_VALUES}")
    return items


def _encodable(value: JsonValue, path: str) -> None:
    try:
        encode(value)
    except UnrepresentableValue as error:
        raise InvalidFilter(path, found=error.found, expected="a value that can be stored") from error
