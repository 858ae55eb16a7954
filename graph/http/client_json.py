"""JSON as clients send it."""

from domain.json import JsonValue, decode


def decode_client_json(text: str | bytes) -> JsonValue:
    r"""Gives the value of a JSON text.

    Raises:
        ValueError: It is not JSON in UTF-8, or it has the character U+0000, which PostgreSQL cannot store.
            The escape is refused wherever it stands, so that it cannot hide in the text of a query either.
    """
    raw = text.encode() if isinstance(text, str) else text
    if b"\\u0000" in raw:
        raise ValueError("the character U+0000 is not taken")
    return decode(raw)
