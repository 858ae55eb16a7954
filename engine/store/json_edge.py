"""Stored JSON, narrowed to the shape its writer gave it."""

from domain.json import JsonValue


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    """The value, an object; null is the empty one."""
    if value is None:
        return {}
    assert isinstance(value, dict), f"found {type(value).__name__}, expected an object"
    return value


def as_list(value: JsonValue) -> list[JsonValue]:
    """The value, a list; null is the empty one."""
    if value is None:
        return []
    assert isinstance(value, list), f"found {type(value).__name__}, expected a list"
    return value


def text_of(value: JsonValue) -> str:
    """The value, a text."""
    assert isinstance(value, str), f"found {type(value).__name__}, expected a text"
    return value


def integer_of(value: JsonValue) -> int:
    """The value, an integer."""
    assert isinstance(value, int), f"found {type(value).__name__}, expected an integer"
    return value
