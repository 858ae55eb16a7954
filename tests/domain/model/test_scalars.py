from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import ip_address, ip_interface, ip_network
from typing import Literal
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from domain.json import JsonValue, UnrepresentableValue
from domain.model.scalars import SCALARS, find_scalar
from tests.domain.sample import Media

STORED: list[tuple[object, JsonValue]] = [
    ("text", "text"),
    (True, True),
    (10**15, 10**15),
    (0.1, 0.1),
    (Decimal("12.500"), "12.500"),
    (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05.000000Z"),
    (date(2026, 1, 2), "2026-01-02"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (ip_address("10.0.0.1"), "10.0.0.1"),
    (ip_address("2001:DB8::0"), "2001:db8::"),
    (ip_network("10.0.0.0/8"), "10.0.0.0/8"),
    (ip_network("2001:db8::/32"), "2001:db8::/32"),
    (ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
    (ip_interface("2001:db8::1/32"), "2001:db8::1/32"),
]


def test_every_scalar_is_tested() -> None:
    assert {type(value) for value, _ in STORED} == set(SCALARS)


@pytest.mark.parametrize(("value", "stored"), STORED)
def test_a_scalar_has_an_exact_stored_form(value: object, stored: JsonValue) -> None:
    scalar = SCALARS[type(value)]

    assert scalar.store(value) == stored
    assert TypeAdapter[object](type(value)).validate_python(stored) == value


def test_times_sort_by_their_stored_form() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + timedelta(microseconds=step) for step in (0, 1, 10, 1_000_000)]

    stored = [str(SCALARS[datetime].store(time)) for time in times]

    assert stored == sorted(stored)


def naive_time() -> object:
    return datetime(2026, 1, 1)  # noqa: DTZ001  # the point of the test


@pytest.mark.parametrize(
    ("python_type", "make"),
    [(datetime, naive_time), (Decimal, lambda: Decimal("NaN")), (int, lambda: b"1")],
)
def test_a_value_without_a_stored_form_is_refused(python_type: type, make: Callable[[], object]) -> None:
    with pytest.raises(UnrepresentableValue):
        SCALARS[python_type].store(make())


def test_an_enum_is_stored_by_value_under_its_own_name() -> None:
    scalar = find_scalar(Media)

    assert scalar is not None
    assert (scalar.graphql_name, scalar.choices, scalar.store(Media.COPPER)) == (
        "Media",
        ("copper", "fibre"),
        "copper",
    )


def test_literals_are_their_own_stored_form() -> None:
    texts, numbers = find_scalar(Literal["a", "b"]), find_scalar(Literal[1, 10])

    assert texts is not None
    assert numbers is not None
    assert (texts.python_type, texts.choices) == (str, ("a", "b"))
    assert (numbers.python_type, numbers.choices) == (int, (1, 10))


class Level(IntEnum):
    LOW = 1


class Mixed(Enum):
    ONE = 1
    TWO = "two"


@pytest.mark.parametrize("annotation", [bytes, Level, Mixed, Literal[1, "a"], Literal[True], object, None])
def test_other_types_are_no_scalars(annotation: object) -> None:
    assert find_scalar(annotation) is None
