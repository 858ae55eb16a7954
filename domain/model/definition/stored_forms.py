"""The stored forms of single values, and back. What is read back is equal to what was stored.

Storing refuses what it is not meant for. Loading does not judge: what it cannot read it gives as it is, and
the validation of the model says what is wrong with it, and where.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

import orjson
from pydantic import AnyUrl

from domain.json import GREATEST_INTEGER, LEAST_INTEGER, JsonValue, UnrepresentableValue

Store = Callable[[object], JsonValue]
Load = Callable[[JsonValue], object]

_MOST_DIGITS: Final = 4300
"""Of an integer: what Python converts from and to text."""
_MOST_DIGITS_BEFORE_POINT, _MOST_DIGITS_AFTER_POINT = 131_072, 16_383
"""Of a decimal: what PostgreSQL's numeric holds. Source: PostgreSQL, 8.1.2."""

_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_LONGEST_SHOWN = 60


def as_is(stored: JsonValue) -> object:
    """The stored form itself."""
    return stored


def store_bool(value: object) -> JsonValue:
    """A JSON boolean."""
    if isinstance(value, bool):
        return value
    raise refused(value)


def store_int(value: object) -> JsonValue:
    """A JSON number where 64 bits hold it, else the text of its digits."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused(value)
    if LEAST_INTEGER <= value <= GREATEST_INTEGER:
        return int(value)
    if abs(value) >= 10**_MOST_DIGITS:
        raise UnrepresentableValue((), f"an integer of more than {_MOST_DIGITS} digits")
    return str(int(value))


def load_int(stored: JsonValue) -> object:
    """An integer."""
    if isinstance(stored, str) and len(stored) <= _MOST_DIGITS and _INTEGER.fullmatch(stored):
        return int(stored)
    return stored


def store_float(value: object) -> JsonValue:
    """A JSON number."""
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, float):
        raise UnrepresentableValue((), f"the number {value}")
    return store_int(value)


def load_float(stored: JsonValue) -> object:
    """A float; PostgreSQL writes a large one as an integer."""
    if isinstance(stored, int) and not isinstance(stored, bool):
        return float(stored)
    return stored


def store_text(value: object) -> JsonValue:
    """A JSON string."""
    if not isinstance(value, str):
        raise refused(value)
    if _UNSTORABLE.search(value) is not None:
        raise UnrepresentableValue((), f"a character that has no stored form in {_shown(value)}")
    return str.__str__(value)


def store_url(value: object) -> JsonValue:
    """The text of a URL of whatever kind, as its class has normalised it."""
    if isinstance(value, AnyUrl):
        return store_text(str(value))
    raise refused(value)


def store_decimal(value: object) -> JsonValue:
    """The text of its digits, those after the point as they are."""
    if not isinstance(value, Decimal):
        raise refused(value)
    if not value.is_finite():
        raise UnrepresentableValue((), f"the decimal {value}")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "only what is not finite has another one"
    if value.adjusted() >= _MOST_DIGITS_BEFORE_POINT or -exponent > _MOST_DIGITS_AFTER_POINT:
        raise UnrepresentableValue((), f"the decimal {_shown(value)}, which is beyond PostgreSQL's numeric")
    return str(value)


def store_date(value: object) -> JsonValue:
    """ISO 8601, which sorts by time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise refused(value)


def store_instant(value: object) -> JsonValue:
    """ISO 8601 in UTC, always six digits and Z, so that the text sorts by time."""
    if type(value) is datetime and value.tzinfo is UTC:
        # As every time that was read from the database: the same text, several times as fast.
        text = orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-2].decode()
        return f"{text}Z" if value.microsecond else f"{text}.000000Z"
    if not isinstance(value, datetime):
        raise refused(value)
    if value.utcoffset() is None:
        raise UnrepresentableValue((), f"the time {value}, which has no time zone")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    except OverflowError:
        raise UnrepresentableValue((), f"the time {value}, which is out of range in UTC") from None


def is_instant(at: datetime) -> bool:
    """Whether a time has a zone, and is one that UTC can name."""
    try:
        return at.utcoffset() is not None and at.astimezone(UTC).utcoffset() is not None
    except OverflowError:
        return False


def store_time(value: object) -> JsonValue:
    """ISO 8601, always six digits, so that the text sorts by time."""
    if not isinstance(value, time):
        raise refused(value)
    if value.tzinfo is not None:
        raise UnrepresentableValue((), f"the time of day {value}, which has a time zone")
    return value.isoformat(timespec="microseconds")


def store_duration(value: object) -> JsonValue:
    """Microseconds, as an integer is stored."""
    if isinstance(value, timedelta):
        return store_int(value // _MICROSECOND)
    raise refused(value)


def load_duration(stored: JsonValue) -> object:
    """A timedelta."""
    microseconds = load_int(stored)
    if isinstance(microseconds, int) and not isinstance(microseconds, bool):
        try:
            return timedelta(microseconds=microseconds)
        except OverflowError:
            pass
    return stored


def store_uuid(value: object) -> JsonValue:
    """Its text in lower case with hyphens."""
    if isinstance(value, UUID):
        return str(value)
    raise refused(value)


def store_as_text(*python_types: type) -> Store:
    """Stores values of exactly these types by their text, which says all of them."""

    def store(value: object) -> JsonValue:
        if type(value) in python_types:
            # The zone of an IPv6 address may be any text.
            return store_text(str(value))
        raise refused(value)

    return store


def load_from_text(parse: Callable[[str], object]) -> Load:
    """Loads text by a function that raises ValueError for what it does not understand."""

    def load(stored: JsonValue) -> object:
        if not isinstance(stored, str):
            return stored
        try:
            return parse(stored)
        except (ValueError, ArithmeticError):
            return stored

    return load


def store_member(members: type[Enum], store: Store) -> Store:
    """Stores the members of an enum by their values."""

    def store_value(value: object) -> JsonValue:
        if isinstance(value, members):
            return store(value.value)
        raise refused(value)

    return store_value


def load_member(members: type[Enum], load: Load) -> Load:
    """Loads the members of an enum."""

    def load_value(stored: JsonValue) -> object:
        try:
            return members(load(stored))
        except ValueError:
            return stored

    return load_value


def refused(value: object) -> UnrepresentableValue:
    """The error for a value that is not of a scalar's type."""
    return UnrepresentableValue((), f"a {type(value).__name__}")


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}…"
