"""How values of scalars and enums become results, by their class."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

Convert = Callable[[object], object]

JSON: Final = frozenset({str, int, float, bool, dict, list})
"""Classes of what a value is converted to; of another, graphql-core says what becomes of it."""

_AS_IS: Final[Mapping[GraphQLLeafType, frozenset[type]]] = MappingProxyType(
    {GraphQLString: frozenset({str}), GraphQLID: frozenset({str}), GraphQLBoolean: frozenset({bool})}
)

_VALUES: Final = (
    *(str, int, float, bool, dict, list),
    *(datetime, date, time, timedelta, Decimal, UUID),
    *(ipaddress.IPv4Address, ipaddress.IPv4Interface, ipaddress.IPv4Network),
    *(ipaddress.IPv6Address, ipaddress.IPv6Interface, ipaddress.IPv6Network),
)
"""Classes that are neither errors nor awaitable: a scalar may be asked to convert their values."""

_HASHES: Final = (Enum.__hash__, str.__hash__, int.__hash__)
"""Those of enums whose members differ where their names do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """How values of a scalar or an enum become results.

    A value of another class is for graphql-core to convert or to refuse, and so is one that is refused here.

    Attributes:
        as_is: The classes whose values are results as they are.
        converted: What converts the values of other classes; it raises or gives None where it cannot.
    """

    as_is: frozenset[type]
    converted: Mapping[type, Convert]


def leaf_of(kind: GraphQLLeafType) -> Leaf:
    """Gives how values of a scalar or an enum become results."""
    if kind in _AS_IS:
        return Leaf(as_is=_AS_IS[kind], converted={})
    return Leaf(as_is=frozenset(), converted=_conversions(kind))


def _conversions(kind: GraphQLLeafType) -> Mapping[type, Convert]:
    if kind is GraphQLInt:
        return {int: _int}
    if isinstance(kind, GraphQLScalarType):
        return dict.fromkeys(_VALUES, kind.coerce_output_value)
    if isinstance(kind, CustomGraphQLEnumType):
        return _named(kind)
    return {}


def _int(value: object) -> object:
    return value if isinstance(value, int) and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT else None


def _named(kind: CustomGraphQLEnumType) -> Mapping[type, Convert]:
    """The names of an enum's members, which Strawberry looks for by their values one after the other."""
    members = kind.wrapped_cls
    if members.__hash__ not in _HASHES or hasattr(members, "__await__"):
        return {}
    names: Mapping[object, str] = {member: kind.coerce_output_value(member) for member in members}
    return {members: names.get}
