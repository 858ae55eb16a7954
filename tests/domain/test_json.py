import math

import pytest

from domain.json import JsonValue, UnrepresentableValue, decode, encode


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**64 - 1,
        -(2**63),
        0.1,
        "text with \\u0000 spelled out and null",
        ["a", [1, {"b": None}]],
        {"ключ": "värde", "null": [None]},
    ],
)
def test_a_value_survives_the_text(value: JsonValue) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (math.nan, ()),
        ({"a": [1, math.inf]}, ("a", 1)),
        ({"a": {"b": "x\x00"}}, ("a", "b")),
        ({"a\x00": 1}, ("a\x00",)),
        (["\ud800"], (0,)),
        ([2**64], (0,)),
        ({"a": {1: "one"}}, ("a",)),
        ({"a": [None, object()]}, ("a", 1)),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_path(value: object, path: tuple[str | int, ...]) -> None:
    with pytest.raises(UnrepresentableValue) as refused:
        encode(value)

    assert refused.value.path == path


@pytest.mark.parametrize("depth", [300, 100_000])
def test_what_nests_too_deeply_is_refused(depth: int) -> None:
    nested: list[object] = []
    for _ in range(depth):
        nested = [nested]

    with pytest.raises(UnrepresentableValue, match="nesting that is too deep"):
        encode(nested)
