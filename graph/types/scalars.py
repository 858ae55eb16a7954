"""The scalars of the schema beside GraphQL's own, after the one table in `domain.model.definition.scalars`.

Results may hold either a Python value or its stored form; both are written the same way, so that stored
values need not be parsed only to be printed. Inputs become Python values.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from types import MappingProxyType
from typing import Final, NewType
from uuid import UUID

import strawberry
from annotated_types import Ge, Gt, Le, Lt
from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLError,
    Undefined,
    ValueNode,
    value_from_ast_untyped,
)
from pydantic import AnyUrl, EmailStr, TypeAdapter, ValidationError
from strawberry.types.scalar import ScalarDefinition

from domain.json import JsonValue
from domain.model.definition.scalars import SCALARS, Scalar
from domain.model.definition.shapes import Shape
from graph.errors import GraphError
from graph.ids import LONGEST_SHOWN
from graph.types.durations import duration_text, read_duration

BigInt = NewType("BigInt", int)
"""An integer that may not fit GraphQL's 32-bit Int."""

Json = NewType("Json", object)
"""Any JSON value."""

IPAddress = NewType("IPAddress", object)
"""An address of either version."""

IPNetwork = NewType("IPNetwork", object)
"""A network of either version."""

IPInterface = NewType("IPInterface", object)
"""An address with its prefix length, of either version."""

_MOST_DIGITS: Final = 4_300
"""Of an integer: what Python converts from and to text."""
_DIGITS = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)


def _text_types(
    *rows: tuple[object, TypeAdapter[object], str, str],
) -> Mapping[str, tuple[object, TypeAdapter[object], str]]:
    return MappingProxyType({name: (key, adapter, text) for key, adapter, name, text in rows})


_TEXTS: Final = _text_types(
    (Decimal, TypeAdapter(Decimal), "Decimal", 'An exact decimal number, as a string: "12.50".'),
    (
        datetime,
        TypeAdapter(datetime),
        "DateTime",
        'An instant in UTC, as ISO 8601 with six digits of a second: "2026-01-31T12:00:00.000000Z".',
    ),
    (date, TypeAdapter(date), "Date", 'A day, as ISO 8601: "2026-01-31".'),
    (
        time,
        TypeAdapter(time),
        "Time",
        'A time of day without a zone, as ISO 8601 with six digits of a second: "12:00:00.000000".',
    ),
    (UUID, TypeAdapter(UUID), "UUID", "A UUID, in lower case with hyphens."),
    (EmailStr, TypeAdapter(EmailStr), "EmailAddress", 'An address for mail: "noc@example.org".'),
    (AnyUrl, TypeAdapter(AnyUrl), "URL", 'An absolute address: "https://example.org/path".'),
    (IPv4Address, TypeAdapter(IPv4Address), "IPv4Address", 'An IPv4 address: "192.0.2.1".'),
    (IPv6Address, TypeAdapter(IPv6Address), "IPv6Address", 'An IPv6 address, compressed: "2001:db8::1".'),
    (
        IPAddress,
        TypeAdapter(IPv4Address | IPv6Address),
        "IPAddress",
        'An IPv4 or IPv6 address: "2001:db8::1".',
    ),
    (IPv4Network, TypeAdapter(IPv4Network), "IPv4Network", 'An IPv4 network: "192.0.2.0/24".'),
    (IPv6Network, TypeAdapter(IPv6Network), "IPv6Network", 'An IPv6 network: "2001:db8::/32".'),
    (
        IPNetwork,
        TypeAdapter(IPv4Network | IPv6Network),
        "IPNetwork",
        'An IPv4 or IPv6 network: "192.0.2.0/24".',
    ),
    (
        IPv4Interface,
        TypeAdapter(IPv4Interface),
        "IPv4Interface",
        'An IPv4 address with its prefix length: "192.0.2.1/24".',
    ),
    (
        IPv6Interface,
        TypeAdapter(IPv6Interface),
        "IPv6Interface",
        'An IPv6 address with its prefix length: "2001:db8::1/64".',
    ),
    (
        IPInterface,
        TypeAdapter(IPv4Interface | IPv6Interface),
        "IPInterface",
        'An IPv4 or IPv6 address with its prefix length: "192.0.2.1/24".',
    ),
)
"""By the name in GraphQL: what stands for it in annotations, what reads it, and its description."""

_ANNOTATIONS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "String": str,
        "Boolean": bool,
        "Int": int,
        "Float": float,
        "BigInt": BigInt,
        "Duration": timedelta,
    }
    | {name: key for name, (key, _, _) in _TEXTS.items()}
)


def narrowed(scalar: Scalar, shape: Shape) -> Scalar:
    """Gives the scalar of a field of a shape: whole numbers that all fit GraphQL's Int are that."""
    if scalar.graphql_name != "BigInt":
        return scalar
    least, greatest = _bounds(scalar, shape)
    return replace(scalar, graphql_name="Int") if fits_int(least) and fits_int(greatest) else scalar


def fits_int(number: float) -> bool:
    """Whether a whole number fits GraphQL's Int."""
    return GRAPHQL_MIN_INT <= number <= GRAPHQL_MAX_INT


def annotation_of_scalar(scalar: Scalar) -> object:
    """Gives what stands in annotations for a scalar that is no enum and no value object."""
    return _ANNOTATIONS[scalar.graphql_name]


def printed(scalar: Scalar, stored: JsonValue) -> JsonValue:
    """Gives a stored value of a scalar that is no value object as the schema's scalar or enum prints it."""
    if isinstance(stored, int) and not isinstance(stored, bool):
        if scalar.graphql_name == "BigInt":
            return str(stored)
        if scalar.graphql_name == "Duration":
            return duration_text(stored)
    return stored


def json_value(value: object) -> JsonValue:
    """Gives the JSON value that a client sent for a `Json`, which is nothing else."""
    return value  # pyright: ignore[reportReturnType]  # the scalar passes on what was decoded from JSON


class UnreadableValue(GraphError):
    """A stored value is not of its field's type: the model has changed since it was written."""

    code = "MODEL_DRIFTED"


def _bounds(scalar: Scalar, shape: Shape) -> tuple[float, float]:
    """The least and the greatest that a field takes, as far as its type says."""
    if scalar.choices is not None:
        choices = [choice for choice in scalar.choices if isinstance(choice, int)]
        return min(choices), max(choices)
    least, greatest = -math.inf, math.inf
    for mark in shape.item_marks if shape.many else shape.marks:
        match mark:
            case Ge(ge=int(bound)) | Gt(gt=int(bound)):
                least = max(least, bound)
            case Le(le=int(bound)) | Lt(lt=int(bound)):
                greatest = min(greatest, bound)
            case _:
                pass
    return least, greatest


def scalar_map() -> dict[object, ScalarDefinition]:
    """Gives the definition of each scalar by the type that stands for it in annotations."""
    definitions: dict[object, ScalarDefinition] = {BigInt: _big_int(), Json: _json(), timedelta: _duration()}
    for name, (key, adapter, description) in _TEXTS.items():
        definitions[key] = _text_scalar(name, adapter, description)
    return definitions


def _text_scalar(name: str, adapter: TypeAdapter[object], description: str) -> ScalarDefinition:
    def parse(value: object) -> object:
        if not isinstance(value, str):
            raise GraphQLError(f"{name} must be a string, found {shown(value)}.")
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise GraphQLError(f"{shown(value)} is not a {name}: {problem}.") from None

    def serialize(value: object) -> JsonValue:
        if isinstance(value, str):
            return value
        scalar = SCALARS.get(type(value))
        return str(value) if scalar is None else scalar.store(value)

    return _scalar(name, description, serialize, parse)


def _duration() -> ScalarDefinition:
    def serialize(value: object) -> str:
        if isinstance(value, timedelta):
            return duration_text(value // _MICROSECOND)
        if isinstance(value, int) and not isinstance(value, bool):
            return duration_text(value)
        raise UnreadableValue(f"Expected a number of microseconds, found {value!r}.")

    def parse(value: object) -> timedelta:
        span = read_duration(value) if isinstance(value, str) else None
        if span is None:
            raise GraphQLError(
                "Duration must be an ISO 8601 string of weeks, days, hours, minutes and seconds, "
                f"found {shown(value)}."
            )
        return span

    return _scalar(
        "Duration",
        'A span of time, as ISO 8601 without years and months: "P1DT12H", "-PT0.5S".',
        serialize,
        parse,
    )


def _big_int() -> ScalarDefinition:
    def serialize(value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return value
        raise UnreadableValue(f"Expected an integer, found {value!r}.")

    def parse(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        raise GraphQLError(f"BigInt must be an integer or a string of its digits, found {shown(value)}.")

    return _scalar(
        "BigInt",
        'An integer of any size, as a string so that no client rounds it: "100000000000". '
        "Numbers are taken as well.",
        serialize,
        parse,
    )


def shown(value: object) -> str:
    """Gives a refused value for a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _json() -> ScalarDefinition:
    def as_is(value: object) -> object:
        return value

    return strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=as_is,
        parse_value=as_is,
        parse_literal=_read_json,
    )


def _read_json(literal: ValueNode, variables: dict[str, object] | None = None) -> object:
    """Gives the JSON that a literal in a document stands for.

    A variable that is left out leaves out its field, and is null in a list, as in GraphQL's own input types.
    """
    return _without_gaps(value_from_ast_untyped(literal, variables))


def _without_gaps(value: object) -> object:
    match value:
        case dict():
            return {name: _without_gaps(item) for name, item in value.items() if item is not Undefined}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # narrowed from object
        case list():
            return [None if item is Undefined else _without_gaps(item) for item in value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # as above
        case _:
            return value


def _scalar(
    name: str, description: str, serialize: Callable[[object], object], parse: Callable[[object], object]
) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=parse)
