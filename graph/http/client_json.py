"""JSON as clients send it."""

import json
import re
from typing import Final

from domain.json import JsonValue, decode

# 2**63 has 19 digits. Such a run may stand in a text as well: then the slower way is taken for nothing.
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")


def decode_client_json(text: str | bytes) -> JsonValue:
    r"""Gives the value of a JSON text, integers of any size exactly.

    Raises:
        ValueError: It is not JSON in UTF-8, or it has the character U+0000, which PostgreSQL cannot store.
            The escape is refused wherever it stands, so that it cannot hide in the text of a query either.
    """
    raw = text.encode() if isinstance(text, str) else text
    if b"\\u0000" in raw:
        raise ValueError("the character U+0000 is not taken")
    value = decode(raw)
    return _exactly(raw) if _LONG_NUMBER.search(raw) else value


def _exactly(raw: bytes) -> JsonValue:
    """The value of what is known to be JSON; the decoder of stored values rounds integers beyond 64 bits."""
    try:
        return json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
