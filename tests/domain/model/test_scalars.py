"""The table of scalars: exact stored forms, back and forth, and what has none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag
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
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import (
    AnyUrl,
    EmailStr,
    HttpUrl,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
    TypeAdapter,
)

from domain.json import JsonValue, UnrepresentableValue, decode, encode
from domain.model.definition.scalars import SCALARS, Comparison, Scalar, find_scalar
from tests.domain.sample import Media
from tests.parity import parity


class Level(IntEnum):
    LOW = 1
    HIGH = 10**25


class Mixed(Enum):
    ONE = 1
    TWO = "two"


class Bits(IntFlag):
    READ = 1
    WRITE = 2


class TextNumber(str, Enum):  # noqa: UP042  # the older way to write a StrEnum has another str()
    ONE = "one"


STORED: list[tuple[object, object, JsonValue]] = [
    (str, "text", "text"),
    (str, "", ""),
    (str, "Zürich 東京 🚀\n\t\"\\'\u2028", "Zürich 東京 🚀\n\t\"\\'\u2028"),
    (str, "x" * 100_000, "x" * 100_000),
    (bool, True, True),
    (bool, False, False),
    (int, 0, 0),
    (int, -(2**63), -(2**63)),
    (int, 2**64 - 1, 2**64 - 1),
    (int, 2**64, "18446744073709551616"),
    (int, -(2**63) - 1, "-9223372036854775809"),
    (int, 10**4299, "1" + "0" * 4299),
    (int, 1 - 10**4300, "-" + "9" * 4300),
    (float, 0.1, 0.1),
    (float, -0.0, -0.0),
    (float, 5e-324, 5e-324),
    (float, 1.7976931348623157e308, 1.7976931348623157e308),
    (Decimal, Decimal("12.500"), "12.500"),
    (Decimal, Decimal("-0"), "-0"),
    (Decimal, Decimal("1E+131071"), "1E+131071"),
    (Decimal, Decimal("1E-16383"), "1E-16383"),
    (Decimal, Decimal("9" * 40 + "." + "9" * 40), "9" * 40 + "." + "9" * 40),
    (datetime, datetime.min.replace(tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
    (datetime, datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    (
        datetime,
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
        "2026-01-02T01:04:05.000006Z",
    ),
    (date, date.min, "0001-01-01"),
    (date, date.max, "9999-12-31"),
    (time, time.min, "00:00:00.000000"),
    (time, time.max, "23:59:59.999999"),
    (timedelta, timedelta(), 0),
    (timedelta, timedelta(microseconds=-1), -1),
    (timedelta, timedelta.min, "-86399999913600000000"),
    (timedelta, timedelta.max, "86399999999999999999"),
    (UUID, UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    (UUID, UUID(int=2**128 - 1), "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    (EmailStr, "noc@example.net", "noc@example.net"),
    (EmailStr, "zoë@exämple.net", "zoë@exämple.net"),
    (AnyUrl, AnyUrl("ssh://user@host:22/path?q=1#f"), "ssh://user@host:22/path?q=1#f"),
    (HttpUrl, HttpUrl("HTTPS://Example.NET:443"), "https://example.net/"),
    (IPv4Address, ip_address("0.0.0.0"), "0.0.0.0"),  # noqa: S104  # a value, not where a server listens
    (IPv6Address, ip_address("2001:DB8::0"), "2001:db8::"),
    (IPv6Address, ip_address("fe80::1%eth0"), "fe80::1%eth0"),
    (IPv4Network, ip_network("0.0.0.0/0"), "0.0.0.0/0"),
    (IPv6Network, ip_network("2001:db8::/128"), "2001:db8::/128"),
    (IPv4Interface, ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
    (IPv6Interface, ip_interface("2001:db8::1/32"), "2001:db8::1/32"),
    (IPv6Interface, ip_interface("fe80::1%eth0/64"), "fe80::1%eth0/64"),
    (IPvAnyAddress, ip_address("10.0.0.1"), "10.0.0.1"),
    (IPvAnyAddress, ip_address("::1"), "::1"),
    (IPvAnyNetwork, ip_network("10.0.0.0/8"), "10.0.0.0/8"),
    (IPvAnyNetwork, ip_network("2001:db8::/32"), "2001:db8::/32"),
    (IPvAnyInterface, ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
    (IPvAnyInterface, ip_interface("2001:db8::1/32"), "2001:db8::1/32"),
    (IPv4Address | IPv6Address, ip_address("10.0.0.1"), "10.0.0.1"),
    (IPv6Network | IPv4Network, ip_network("2001:db8::/32"), "2001:db8::/32"),
    (IPv4Interface | IPv6Interface, ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
    (Media, Media.COPPER, "copper"),
    (TextNumber, TextNumber.ONE, "one"),
    (Level, Level.LOW, 1),
    (Level, Level.HIGH, str(10**25)),
    (Literal["a", "b"], "b", "b"),
    (Literal[1, 10], 10, 10),
]


def scalar_of(annotation: object) -> Scalar:
    members: tuple[object, ...] = getattr(annotation, "__args__", ())
    is_union = isinstance(annotation, type(int | str))
    scalar = find_scalar(*members) if is_union else find_scalar(annotation)
    assert scalar is not None
    return scalar


def adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def test_every_scalar_is_tested() -> None:
    assert {scalar_of(annotation).graphql_name for annotation, _, _ in STORED} == {
        *(scalar.graphql_name for scalar in SCALARS.values()),
        *("Media", "TextNumber", "Level"),
    }


@parity("PM-06")
@pytest.mark.parametrize(("annotation", "value", "stored"), STORED)
def test_a_value_comes_back_from_its_stored_form_as_it_was(
    annotation: object, value: object, stored: JsonValue
) -> None:
    scalar = scalar_of(annotation)

    written = encode(scalar.store(value))
    loaded = adapter(annotation).validate_python(scalar.load(decode(written)))

    assert (scalar.store(value), decode(written)) == (stored, stored)
    assert (loaded, type(loaded)) == (value, type(value))
    assert isinstance(value, datetime) or str(loaded) == str(value)


@pytest.mark.parametrize("python_type", [UUID, Decimal, datetime, date, time, timedelta, IPv4Address, Level])
def test_stored_forms_are_read_for_strict_fields_too(python_type: type) -> None:
    value, stored = next((value, stored) for each, value, stored in STORED if each is python_type)

    assert adapter(python_type).validate_python(scalar_of(python_type).load(stored), strict=True) == value


@pytest.mark.parametrize(
    ("annotation", "stored"),
    [
        (int, "12a"),
        (int, "1" * 4301),
        (int, True),
        (timedelta, "1" + "0" * 20),
        (timedelta, None),
        (Decimal, "1,5"),
        (Decimal, 1.5),
        (UUID, "x"),
        (datetime, "yesterday"),
        (time, {}),
        (IPv4Address, "::1"),
        (IPvAnyNetwork, "10.0.0.1/8"),
        (Media, "air"),
        (Level, "many"),
    ],
)
def test_what_cannot_be_read_is_left_to_the_validation_of_the_model(
    annotation: object, stored: JsonValue
) -> None:
    assert scalar_of(annotation).load(stored) is stored


@pytest.mark.parametrize("python_type", [datetime, time, date])
def test_times_sort_by_their_stored_form(python_type: type) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    instants = [start + timedelta(microseconds=step) for step in (0, 1, 10, 1_000_000, 10**11)]
    values = {
        datetime: instants,
        time: [instant.time() for instant in instants[:-1]],
        date: [instant.date() for instant in instants],
    }

    stored = [str(SCALARS[python_type].store(value)) for value in values[python_type]]

    assert stored == sorted(stored)


@parity("PM-06", mends="untyped")
def test_numbers_compare_as_numbers_and_addresses_for_equality_alone() -> None:
    by_comparison = {
        comparison: {scalar.graphql_name for scalar in SCALARS.values() if scalar.comparison is comparison}
        for comparison in Comparison
    }

    assert by_comparison == {
        Comparison.JSON: {
            *("String", "Boolean", "Float", "DateTime", "Date", "Time", "UUID", "EmailAddress", "URL"),
        },
        Comparison.NUMERIC: {"BigInt", "Decimal", "Duration"},
        Comparison.EQUALITY: {
            *("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface"),
            *("IPAddress", "IPNetwork", "IPInterface"),
        },
    }
    assert scalar_of(Level).comparison is scalar_of(Literal[1]).comparison is Comparison.NUMERIC


def naive_time() -> object:
    return datetime(2026, 1, 1)  # noqa: DTZ001  # the point of the test


@pytest.mark.parametrize(
    ("annotation", "make", "found"),
    [
        (str, lambda: "a\x00b", "a character that has no stored form in 'a\\x00b'"),
        (str, lambda: "\ud800", "a character that has no stored form in '\\ud800'"),
        (str, lambda: 1, "a int"),
        (bool, lambda: 1, "a int"),
        (int, lambda: b"1", "a bytes"),
        (int, lambda: True, "a bool"),
        (int, lambda: 10**4300, "an integer of more than 4300 digits"),
        (float, lambda: float("nan"), "the number nan"),
        (float, lambda: float("-inf"), "the number -inf"),
        (Decimal, lambda: Decimal("NaN"), "the decimal NaN"),
        (
            Decimal,
            lambda: Decimal("1E+131072"),
            "the decimal '1E+131072', which is beyond PostgreSQL's numeric",
        ),
        (
            Decimal,
            lambda: Decimal("1E-16384"),
            "the decimal '1E-16384', which is beyond PostgreSQL's numeric",
        ),
        (datetime, naive_time, "the time 2026-01-01 00:00:00, which has no time zone"),
        (
            datetime,
            lambda: datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
            "the time 9999-12-31 23:59:59.999999-01:00, which is out of range in UTC",
        ),
        (date, naive_time, "a datetime"),
        (time, lambda: time(1, tzinfo=UTC), "the time of day 01:00:00+00:00, which has a time zone"),
        (timedelta, lambda: 1, "a int"),
        (UUID, lambda: "x", "a str"),
        (AnyUrl, lambda: "http://x", "a str"),
        (IPv4Address, lambda: ip_interface("10.0.0.1/8"), "a IPv4Interface"),
        (IPv4Address | IPv6Address, lambda: "10.0.0.1", "a str"),
        (Media, lambda: "copper", "a str"),
    ],
)
def test_a_value_without_a_stored_form_is_refused(
    annotation: object, make: Callable[[], object], found: str
) -> None:
    with pytest.raises(UnrepresentableValue) as refused:
        scalar_of(annotation).store(make())

    assert (refused.value.path, refused.value.found) == ((), found)


def test_closed_sets_tell_their_choices_in_stored_form() -> None:
    assert {
        scalar.graphql_name: (scalar.python_type, scalar.choices)
        for scalar in map(scalar_of, (Media, Level, Literal["a", "b"], Literal[1, 10]))
    } == {
        "Media": (Media, ("copper", "fibre")),
        "Level": (Level, (1, str(10**25))),
        "String": (str, ("a", "b")),
        "BigInt": (int, (1, 10)),
    }


@pytest.mark.parametrize(
    "annotation", [bytes, Mixed, Bits, Literal[1, "a"], Literal[True], Literal[Media.COPPER], object, None]
)
def test_other_types_are_no_scalars(annotation: object) -> None:
    assert find_scalar(annotation) is None


@pytest.mark.parametrize("members", [(int, str), (IPv4Address, IPv6Network), (IPv4Address, str), ()])
def test_other_unions_are_no_scalars(members: tuple[object, ...]) -> None:
    assert find_scalar(*members) is None
