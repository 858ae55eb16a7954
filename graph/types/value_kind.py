"""What kinds of values models have, for readers that do not know the types."""

from enum import Enum

from domain.model.definition.scalars import Scalar
from graph.types.enums import define_enum


class ValueKind(Enum):
    """How a value is read and shown."""

    STRING = "String"
    BOOLEAN = "Boolean"
    INT = "Int"
    BIG_INT = "BigInt"
    FLOAT = "Float"
    DECIMAL = "Decimal"
    DATE_TIME = "DateTime"
    DATE = "Date"
    TIME = "Time"
    DURATION = "Duration"
    UUID = "UUID"
    EMAIL_ADDRESS = "EmailAddress"
    URL = "URL"
    IPV4_ADDRESS = "IPv4Address"
    IPV6_ADDRESS = "IPv6Address"
    IP_ADDRESS = "IPAddress"
    IPV4_NETWORK = "IPv4Network"
    IPV6_NETWORK = "IPv6Network"
    IP_NETWORK = "IPNetwork"
    IPV4_INTERFACE = "IPv4Interface"
    IPV6_INTERFACE = "IPv6Interface"
    IP_INTERFACE = "IPInterface"
    ENUM = "enum"
    OBJECT = "object"
    BLOCK = "block"
    JSON = "JSON"


define_enum(
    ValueKind,
    description="What kind of value something is: what its scalar, enum, object or block is a case of.",
    values={
        "STRING": "Text.",
        "BOOLEAN": "True or false.",
        "INT": "An integer that fits 32 bits.",
        "BIG_INT": "An integer of any size, as a string.",
        "FLOAT": "A floating-point number.",
        "DECIMAL": "An exact decimal number, as a string.",
        "DATE_TIME": "An instant in UTC.",
        "DATE": "A day.",
        "TIME": "A time of day without a zone.",
        "DURATION": "A span of time.",
        "UUID": "A UUID.",
        "EMAIL_ADDRESS": "An address for mail.",
        "URL": "An absolute address in the web.",
        "IPV4_ADDRESS": "An IPv4 address.",
        "IPV6_ADDRESS": "An IPv6 address.",
        "IP_ADDRESS": "An IPv4 or IPv6 address.",
        "IPV4_NETWORK": "An IPv4 network.",
        "IPV6_NETWORK": "An IPv6 network.",
        "IP_NETWORK": "An IPv4 or IPv6 network.",
        "IPV4_INTERFACE": "An IPv4 address with its prefix length.",
        "IPV6_INTERFACE": "An IPv6 address with its prefix length.",
        "IP_INTERFACE": "An IPv4 or IPv6 address with its prefix length.",
        "ENUM": "One of a closed set, by its name.",
        "OBJECT": "A value with fields of its own.",
        "BLOCK": "A block, or several.",
        "JSON": "Any JSON value: nothing is known of its type.",
    },
)

_SCALARS = {kind.value: kind for kind in ValueKind}


def kind_of_scalar(scalar: Scalar | None) -> ValueKind:
    """Gives the kind of a scalar's values; of None, of which nothing is known, JSON."""
    if scalar is None:
        return ValueKind.JSON
    if scalar.fields is not None:
        return ValueKind.OBJECT
    if issubclass(scalar.python_type, Enum):
        return ValueKind.ENUM
    return _SCALARS[scalar.graphql_name]
