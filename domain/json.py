"""JSON values, and the one strict encoder that every stored and sent JSON text goes through."""

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import orjson
from pydantic import JsonValue

from domain.errors import DomainError

Json: TypeAlias = JsonValue
"""Any value that a JSON text can hold."""

_LONGEST_SHOWN = 80
_TOO_DEEP = "nesting that is too deep"
LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**64 - 1
_PLAIN = frozenset({str, int, bool, type(None)})
_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class UnrepresentableValue(DomainError):
    """A value has no exact JSON form that PostgreSQL can store.

    Attributes:
        path: keys and indexes from the outermost value to the one that is refused.
        found: the refused value, or what is wrong with it, as text.
    """

    def __init__(self, path: tuple[str | int, ...], found: str) -> None:
        place = ".".join(str(part) for part in path) or "the value itself"
        super().__init__(f"cannot be written as JSON: {found} at {place}")
        self.path = path
        self.found = found

    def below(self, path: tuple[str | int, ...]) -> "UnrepresentableValue":
        """The same refusal, of a value that holds this one at a path."""
        return UnrepresentableValue((*path, *self.path), self.found)


def encode(value: object) -> str:
    r"""The JSON text of a value made of None, bool, int, float, str, lists and dicts with str keys.

    Raises:
        UnrepresentableValue: for NaN and infinities, for text with ``\u0000`` or lone surrogates, for
            integers beyond 64 bits, for keys that are not text, and for any other Python type.
    """
    try:
        text = orjson.dumps(value, option=_OPTIONS)
    except (TypeError, ValueError) as error:
        raise _first_refusal(value) or UnrepresentableValue((), _TOO_DEEP) from error
    # orjson lets these pass: it writes NaN and Infinity as null.
    if b"\\u0000" in text or (b"null" in text and _holds_infinity(value)):
        refusal = _first_refusal(value)
        if refusal is not None:
            raise refusal
    return text.decode()


def decode(text: str | bytes) -> JsonValue:
    """The value of a JSON text; integers and floats come back as they were written."""
    return orjson.loads(text)


def _holds_infinity(value: object) -> bool:
    """Whether a number that is not finite is inside; all else that is written as null is None."""
    items: Iterable[object]
    match value:
        case float():
            return not math.isfinite(value)
        case dict():
            entries: dict[object, object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            items = entries.values()
        case list() | tuple():
            listed: list[object] | tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            items = listed
        case _:
            return False
    # No call for a plain value, of which a list of rows has thousands.
    return any(type(item) not in _PLAIN and _holds_infinity(item) for item in items)


def _first_refusal(value: object) -> UnrepresentableValue | None:
    try:
        return next(_refusals(value, ()), None)
    except RecursionError:
        return UnrepresentableValue((), _TOO_DEEP)


def _refusals(value: object, path: tuple[str | int, ...]) -> Iterator[UnrepresentableValue]:
    match value:
        case None | bool():
            return
        case str():
            yield from _text_refusals(value, path)
        case int() | float():
            yield from _number_refusals(value, path)
        case list():
            items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            for index, item in enumerate(items):
                yield from _refusals(item, (*path, index))
        case dict():
            entries: dict[object, object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            for key, item in entries.items():
                yield from _key_refusals(key, path)
                yield from _refusals(item, (*path, str(key)))
        case _:
            yield UnrepresentableValue(path, f"a {type(value).__name__}")


def _number_refusals(number: float, path: tuple[str | int, ...]) -> Iterator[UnrepresentableValue]:
    if isinstance(number, float):
        if not math.isfinite(number):
            yield UnrepresentableValue(path, f"the number {number}")
    elif not LEAST_INTEGER <= number <= GREATEST_INTEGER:
        yield UnrepresentableValue(path, f"an integer of {number.bit_length()} bits (at most 64 fit)")


def _key_refusals(key: object, path: tuple[str | int, ...]) -> Iterator[UnrepresentableValue]:
    if isinstance(key, str):
        yield from _text_refusals(key, (*path, key))
    else:
        yield UnrepresentableValue(path, f"the key {key!r}, which is not text")


def _text_refusals(text: str, path: tuple[str | int, ...]) -> Iterator[UnrepresentableValue]:
    if "\x00" in text:
        yield UnrepresentableValue(path, f"the character U+0000 in {text[:_LONGEST_SHOWN]!r}")
    elif any("\ud800" <= character <= "\udfff" for character in text):
        yield UnrepresentableValue(path, f"half of a surrogate pair in {text[:_LONGEST_SHOWN]!r}")
