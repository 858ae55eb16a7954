"""UUIDs as people and clients see them: a type's name and 26 characters, sortable by age.

Source: TypeID 0.3 (the UUID in Crockford's base 32, in lower case).
"""

from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
SUFFIX_LENGTH = 26
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_LOW = (1 << 60) - 1


def type_id(prefix: str, value: UUID) -> str:
    """The id of a row of some type: `process_01k…`."""
    return f"{prefix}_{encode_suffix(value)}"


def encode_suffix(value: UUID) -> str:
    """The 26 characters of a UUID."""
    # Two characters at a time, of halves that are small numbers, and no loop: lists of rows wait for this.
    high, low = value.int >> 60, value.int & _LOW
    return "".join(
        (
            _PAIRS[high >> 60],
            _PAIRS[high >> 50 & 1023],
            _PAIRS[high >> 40 & 1023],
            _PAIRS[high >> 30 & 1023],
            _PAIRS[high >> 20 & 1023],
            _PAIRS[high >> 10 & 1023],
            _PAIRS[high & 1023],
            _PAIRS[low >> 50],
            _PAIRS[low >> 40 & 1023],
            _PAIRS[low >> 30 & 1023],
            _PAIRS[low >> 20 & 1023],
            _PAIRS[low >> 10 & 1023],
            _PAIRS[low & 1023],
        )
    )


def decode_suffix(suffix: str) -> UUID | None:
    """The UUID of 26 characters; None if they are not one's."""
    number = 0
    for character in suffix:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    # 26 characters carry 130 bits, so a first one above 7 is out of range.
    return UUID(int=number) if len(suffix) == SUFFIX_LENGTH and number < 1 << 128 else None
