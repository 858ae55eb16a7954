"""The one table of scalar types: how each is stored, compared, and called in GraphQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, StrEnum, auto
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from types import MappingProxyType
from typing import Final, Literal, get_args, get_origin
from uuid import UUID

from pydantic import (
    AnyUrl,
    AwareDatetime,
    EmailStr,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
)

from domain.json import JsonValue, UnrepresentableValue
from domain.model.definition import stored_forms
from domain.model.definition.shapes import Shape
from domain.model.definition.stored_forms import Load, Store


class Comparison(StrEnum):
    """How stored values of a scalar compare in SQL, which is also how an index on them is built."""

    JSON = auto()
    """As JSON values: numbers by size, text by characters, false before true."""
    NUMERIC = auto()
    """As numbers, after the stored number or text is cast to numeric."""
    EQUALITY = auto()
    """Only for equality: the stored form has no useful order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One type of single values.

    Attributes:
        python_type: what a model holds, or the class above it.
        graphql_name: the scalar, enum or object that stands for it in the graph.
        store: gives the stored form of a value that pydantic has accepted.
        load: gives the value of a stored form; one that it cannot read, as it is.
        choices: the stored forms of an enum's members or of a literal, in order; None for an open set.
        fields: of a value object, which is stored as a JSON object of their stored forms; None for others.
    """

    python_type: type
    graphql_name: str
    comparison: Comparison
    store: Store
    load: Load = stored_forms.as_is
    choices: tuple[JsonValue, ...] | None = None
    fields: "Mapping[str, ScalarField] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarField:
    """A field that holds one value, or a list of values, of one scalar type.

    Attributes:
        indexed: whether its stored values are indexed.
    """

    name: str
    scalar: Scalar
    shape: Shape
    description: str | None
    indexed: bool = False

    def store(self, value: object) -> JsonValue:
        """The stored form of a value that is not None.

        Raises:
            UnrepresentableValue: with the path from this field down.
        """
        if not self.shape.many:
            return self._store_one(value, (self.name,))
        if not isinstance(value, list):
            raise UnrepresentableValue((self.name,), f"a {type(value).__name__}")
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return [self._store_item(item, index) for index, item in enumerate(items)]

    def load(self, stored: JsonValue) -> object:
        """The value of a stored form; what cannot be read stays as it is, for validation to refuse it."""
        if not self.shape.many:
            return None if stored is None else self.scalar.load(stored)
        if not isinstance(stored, list):
            return stored
        return [None if item is None else self.scalar.load(item) for item in stored]

    def _store_item(self, item: object, index: int) -> JsonValue:
        if item is None and self.shape.optional_items:
            return None
        return self._store_one(item, (self.name, index))

    def _store_one(self, value: object, path: tuple[str | int, ...]) -> JsonValue:
        try:
            return self.scalar.store(value)
        except UnrepresentableValue as error:
            raise error.below(path) from error


def find_scalar(*members: object) -> Scalar | None:
    """The scalar for a type without constraints, or for a union of its members; None if there is none."""
    if len(members) != 1:
        return _UNIONS.get(frozenset(members))
    (annotation,) = members
    if get_origin(annotation) is Literal:
        return _literal(get_args(annotation))
    if annotation is AwareDatetime:
        return SCALARS[datetime]
    return _find_class(annotation) if isinstance(annotation, type) else None


def _find_class(python_type: type) -> Scalar | None:
    if issubclass(python_type, Enum):
        return None if issubclass(python_type, Flag) else _enum(python_type)
    if issubclass(python_type, AnyUrl):
        return SCALARS[AnyUrl]
    return next((scalar for known, scalar in SCALARS.items() if known is python_type), None)


def _enum(members: type[Enum]) -> Scalar | None:
    values: list[object] = [member.value for member in members]
    scalar = _closed(values)
    if scalar is None:
        return None
    return replace(
        scalar,
        python_type=members,
        graphql_name=members.__name__,
        store=stored_forms.store_member(members, scalar.store),
        load=stored_forms.load_member(members, scalar.load),
    )


def _literal(values: tuple[object, ...]) -> Scalar | None:
    return None if any(isinstance(value, Enum) for value in values) else _closed(values)


def _closed(values: "tuple[object, ...] | list[object]") -> Scalar | None:
    """The scalar of texts or integers, with these as the only ones."""
    kinds = {kind for value in values for kind in (str, int) if isinstance(value, kind)}
    if len(kinds) != 1 or not all(isinstance(value, str | int) for value in values):
        return None
    if any(isinstance(value, bool) for value in values):
        return None
    scalar = SCALARS[kinds.pop()]
    return replace(scalar, choices=tuple(scalar.store(value) for value in values))


def _scalar(
    python_type: type,
    graphql_name: str,
    *,
    store: Store,
    load: Load = stored_forms.as_is,
    comparison: Comparison = Comparison.JSON,
) -> Scalar:
    return Scalar(
        python_type=python_type, graphql_name=graphql_name, comparison=comparison, store=store, load=load
    )


def _text_scalar(python_type: type, graphql_name: str, parse: Callable[[str], object]) -> Scalar:
    """A scalar whose text is written by its type alone, and has no useful order."""
    return _scalar(
        python_type,
        graphql_name,
        store=stored_forms.store_as_text(python_type),
        load=stored_forms.load_from_text(parse),
        comparison=Comparison.EQUALITY,
    )


def _either_version(
    annotation: object, graphql_name: str, versions: tuple[type, type], parse: Callable[[str], object]
) -> Scalar:
    """A scalar for addresses of version 4 or 6."""
    assert isinstance(annotation, type), "pydantic declares a class, to type checkers a union"
    return _scalar(
        annotation,
        graphql_name,
        store=stored_forms.store_as_text(*versions),
        load=stored_forms.load_from_text(parse),
        comparison=Comparison.EQUALITY,
    )


def _email_class(annotation: object) -> type:
    assert isinstance(annotation, type), "pydantic declares a class, to type checkers a text"
    return annotation


_IP_ADDRESS = _either_version(IPvAnyAddress, "IPAddress", (IPv4Address, IPv6Address), ip_address)
_IP_NETWORK = _either_version(IPvAnyNetwork, "IPNetwork", (IPv4Network, IPv6Network), ip_network)
_IP_INTERFACE = _either_version(IPvAnyInterface, "IPInterface", (IPv4Interface, IPv6Interface), ip_interface)

_UNIONS: Final[Mapping[frozenset[object], Scalar]] = MappingProxyType(
    {
        frozenset({IPv4Address, IPv6Address}): _IP_ADDRESS,
        frozenset({IPv4Network, IPv6Network}): _IP_NETWORK,
        frozenset({IPv4Interface, IPv6Interface}): _IP_INTERFACE,
    }
)

SCALARS: Final[Mapping[type, Scalar]] = MappingProxyType(
    {
        scalar.python_type: scalar
        for scalar in (
            _scalar(str, "String", store=stored_forms.store_text),
            _scalar(bool, "Boolean", store=stored_forms.store_bool),
            _scalar(
                int,
                "BigInt",
                store=stored_forms.store_int,
                load=stored_forms.load_int,
                comparison=Comparison.NUMERIC,
            ),
            _scalar(float, "Float", store=stored_forms.store_float, load=stored_forms.load_float),
            _scalar(
                Decimal,
                "Decimal",
                store=stored_forms.store_decimal,
                load=stored_forms.load_from_text(Decimal),
                comparison=Comparison.NUMERIC,
            ),
            _scalar(
                datetime,
                "DateTime",
                store=stored_forms.store_instant,
                load=stored_forms.load_from_text(datetime.fromisoformat),
            ),
            _scalar(
                date,
                "Date",
                store=stored_forms.store_date,
                load=stored_forms.load_from_text(date.fromisoformat),
            ),
            _scalar(
                time,
                "Time",
                store=stored_forms.store_time,
                load=stored_forms.load_from_text(time.fromisoformat),
            ),
            _scalar(
                timedelta,
                "Duration",
                store=stored_forms.store_duration,
                load=stored_forms.load_duration,
                comparison=Comparison.NUMERIC,
            ),
            _scalar(UUID, "UUID", store=stored_forms.store_uuid, load=stored_forms.load_from_text(UUID)),
            _scalar(_email_class(EmailStr), "EmailAddress", store=stored_forms.store_text),
            _scalar(AnyUrl, "URL", store=stored_forms.store_url),
            _text_scalar(IPv4Address, "IPv4Address", IPv4Address),
            _text_scalar(IPv6Address, "IPv6Address", IPv6Address),
            _text_scalar(IPv4Network, "IPv4Network", IPv4Network),
            _text_scalar(IPv6Network, "IPv6Network", IPv6Network),
            _text_scalar(IPv4Interface, "IPv4Interface", IPv4Interface),
            _text_scalar(IPv6Interface, "IPv6Interface", IPv6Interface),
            _IP_ADDRESS,
            _IP_NETWORK,
            _IP_INTERFACE,
        )
    }
)
