import pytest

from graph.http.client_json import decode_client_json


@pytest.mark.parametrize(
    "number", [2**63, 2**64, -(2**63) - 1, 2**70, 10**300, 1.5e20, 12345678901234567890.5]
)
def test_numbers_of_any_size_are_read_exactly(number: float) -> None:
    found = decode_client_json(f'{{"numbers": [{number}], "text": "{2**70}"}}')

    assert found == {"numbers": [number], "text": str(2**70)}
    assert isinstance(found, dict)
    assert isinstance(found["numbers"], list)
    assert type(found["numbers"][0]) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5_000,
        f'["{2**70}", NaN]',
        f"[{2**70},]",
        f'["{2**70}", "\\ud800"]',
        f'["{2**70}", "\\u0000"]',
        f"{'[' * 1_000}{2**70}{']' * 1_000}",
    ],
)
def test_what_is_no_json_is_refused_beside_long_numbers_too(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_client_json(text)
