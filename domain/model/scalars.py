"""The one table of scalar types: how each is stored, compared, and called in GraphQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from types import MappingProxyType
from typing import Final, Literal, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime

from domain.json import JsonValue, UnrepresentableValue


class Comparison(StrEnum):
    """How stored values of a scalar compare in SQL, which is also how an index on them is built."""

    JSON = auto()
    """As JSON values: numbers by size, text by characters, false before true."""
    NUMERIC = auto()
    """As numbers, after the stored text is cast to numeric."""
    EQUALITY = auto()
    """Only for equality: the stored text has no useful order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One type of single values.

    Attributes:
        python_type: what a model holds.
        graphql_name: the scalar or enum that stands for it in the graph.
        store: gives the stored form of a value that pydantic has accepted.
        choices: the stored forms of an enum's members or of a literal, in order; None for an open set.
    """

    python_type: type
    graphql_name: str
    comparison: Comparison
    store: Callable[[object], JsonValue]
    choices: tuple[JsonValue, ...] | None = None


def find_scalar(annotation: object) -> Scalar | None:
    """The scalar for a type without constraints; None for types that are not scalars."""
    if get_origin(annotation) is Literal:
        return _literal(get_args(annotation))
    if annotation is AwareDatetime:
        return SCALARS[datetime]
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Enum):
        return _enum(annotation)
    return next((scalar for python_type, scalar in SCALARS.items() if python_type is annotation), None)


def _as_is(value: object) -> JsonValue:
    match value:
        case bool():
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            raise UnrepresentableValue((), f"a {type(value).__name__}")


def _text(value: object) -> JsonValue:
    return str(value)


def _decimal(value: object) -> JsonValue:
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise UnrepresentableValue((), f"the decimal {value}")


def _date(value: object) -> JsonValue:
    if isinstance(value, date):
        return value.isoformat()
    raise UnrepresentableValue((), f"a {type(value).__name__}")


def _instant(value: object) -> JsonValue:
    """Always six digits and Z, so that the text sorts by time."""
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    raise UnrepresentableValue((), f"the time {value}, which has no time zone")


def _member(value: object) -> JsonValue:
    if isinstance(value, Enum):
        return _as_is(value.value)
    raise UnrepresentableValue((), f"a {type(value).__name__}")


def _scalar(
    python_type: type,
    graphql_name: str,
    *,
    comparison: Comparison = Comparison.JSON,
    store: Callable[[object], JsonValue] = _text,
) -> Scalar:
    return Scalar(python_type=python_type, graphql_name=graphql_name, comparison=comparison, store=store)


def _enum(members: type[Enum]) -> Scalar | None:
    values: list[object] = [member.value for member in members]
    texts = tuple(value for value in values if isinstance(value, str))
    if not texts or len(texts) != len(values):
        return None
    return Scalar(
        python_type=members,
        graphql_name=members.__name__,
        comparison=Comparison.JSON,
        store=_member,
        choices=texts,
    )


def _literal(values: tuple[object, ...]) -> Scalar | None:
    kinds = {type(value) for value in values}
    texts = tuple(value for value in values if isinstance(value, str))
    numbers = tuple(value for value in values if isinstance(value, int) and not isinstance(value, bool))
    match len(kinds), bool(texts), bool(numbers):
        case 1, True, False:
            kind, name, choices = str, "String", texts
        case 1, False, True:
            kind, name, choices = int, "BigInt", numbers
        case _:
            return None
    return Scalar(
        python_type=kind, graphql_name=name, comparison=Comparison.JSON, store=_as_is, choices=choices
    )


SCALARS: Final[Mapping[type, Scalar]] = MappingProxyType(
    {
        scalar.python_type: scalar
        for scalar in (
            _scalar(str, "String", store=_as_is),
            _scalar(bool, "Boolean", store=_as_is),
            _scalar(int, "BigInt", store=_as_is),
            _scalar(float, "Float", store=_as_is),
            _scalar(Decimal, "Decimal", comparison=Comparison.NUMERIC, store=_decimal),
            _scalar(datetime, "DateTime", store=_instant),
            _scalar(date, "Date", store=_date),
            _scalar(UUID, "UUID"),
            _scalar(IPv4Address, "IPv4Address", comparison=Comparison.EQUALITY),
            _scalar(IPv6Address, "IPv6Address", comparison=Comparison.EQUALITY),
            _scalar(IPv4Network, "IPv4Network", comparison=Comparison.EQUALITY),
            _scalar(IPv6Network, "IPv6Network", comparison=Comparison.EQUALITY),
            _scalar(IPv4Interface, "IPv4Interface", comparison=Comparison.EQUALITY),
            _scalar(IPv6Interface, "IPv6Interface", comparison=Comparison.EQUALITY),
        )
    }
)
