"""The scalars of the schema beside GraphQL's own, after the one table in `domain.model.scalars`.

Results may hold either a Python value or its stored form; both are written the same way, so that stored
values need not be parsed only to be printed. Inputs become Python values.
"""

import re
from collections.abc import Callable, Mapping
from typing import NewType

import strawberry
from graphql import GraphQLError
from pydantic import TypeAdapter, ValidationError
from strawberry.types.scalar import ScalarDefinition

from domain.json import JsonValue
from domain.model.scalars import SCALARS, Scalar
from graph.errors import GraphError
from graph.ids import LONGEST_SHOWN

BigInt = NewType("BigInt", int)
"""An integer that may not fit GraphQL's 32-bit Int."""

Json = NewType("Json", object)
"""Any JSON value."""

_DIGITS = re.compile(r"-?[0-9]{1,20}", re.ASCII)

_DESCRIPTIONS: Mapping[str, str] = {
    "Decimal": 'An exact decimal number, as a string: "12.50".',
    "DateTime": 'An instant in UTC, as ISO 8601 with six digits of a second: "2026-01-31T12:00:00.000000Z".',
    "Date": 'A day, as ISO 8601: "2026-01-31".',
    "UUID": "A UUID, in lower case with hyphens.",
    "IPv4Address": 'An IPv4 address: "192.0.2.1".',
    "IPv6Address": 'An IPv6 address, compressed: "2001:db8::1".',
    "IPv4Network": 'An IPv4 network: "192.0.2.0/24".',
    "IPv6Network": 'An IPv6 network: "2001:db8::/32".',
    "IPv4Interface": 'An IPv4 address with its prefix length: "192.0.2.1/24".',
    "IPv6Interface": 'An IPv6 address with its prefix length: "2001:db8::1/64".',
}


def json_value(value: object) -> JsonValue:
    """Gives the JSON value that a client sent for a `Json`, which is nothing else."""
    return value  # pyright: ignore[reportReturnType]  # the scalar passes on what was decoded from JSON


class UnreadableValue(GraphError):
    """A stored value is not of its field's type: the model has changed since it was written."""

    code = "MODEL_DRIFTED"


def scalar_map() -> dict[object, ScalarDefinition]:
    """Gives the definition of each scalar by the type that stands for it in annotations."""
    definitions: dict[object, ScalarDefinition] = {BigInt: _big_int(), Json: _json()}
    for python_type, scalar in SCALARS.items():
        if scalar.graphql_name in _DESCRIPTIONS:
            definitions[python_type] = _text_scalar(scalar)
    return definitions


def _text_scalar(scalar: Scalar) -> ScalarDefinition:
    adapter: TypeAdapter[object] = TypeAdapter(scalar.python_type)

    def parse(value: object) -> object:
        if not isinstance(value, str):
            raise GraphQLError(f"{scalar.graphql_name} must be a string, found {shown(value)}.")
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise GraphQLError(f"{shown(value)} is not a {scalar.graphql_name}: {problem}.") from None

    def serialize(value: object) -> JsonValue:
        return value if isinstance(value, str) else scalar.store(value)

    return _scalar(scalar.graphql_name, _DESCRIPTIONS[scalar.graphql_name], serialize, parse)


def _big_int() -> ScalarDefinition:
    def serialize(value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise UnreadableValue(f"Expected an integer, found {value!r}.")

    def parse(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _in_64_bits(value)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return _in_64_bits(int(value))
        raise GraphQLError(
            f"BigInt must be an integer of 64 bits or a string of its digits, found {shown(value)}."
        )

    return _scalar(
        "BigInt",
        'An integer of any size that fits 64 bits, as a string so that no client rounds it: "100000000000". '
        "Numbers are taken as well.",
        serialize,
        parse,
    )


def _in_64_bits(value: int) -> int:
    if -(2**63) <= value < 2**63:
        return value
    raise GraphQLError(f"BigInt must fit 64 bits, found {shown(value)}.")


def shown(value: object) -> str:
    """Gives a refused value for a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _json() -> ScalarDefinition:
    def as_is(value: object) -> object:
        return value

    return _scalar("JSON", "Any JSON value.", as_is, as_is)


def _scalar(
    name: str, description: str, serialize: Callable[[object], object], parse: Callable[[object], object]
) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=parse)
