"""Texts that people write about a subscription or a block, within what is stored of them; and of errors."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from domain.ids import CustomerId
from domain.json import UnrepresentableValue
from domain.model.definition.stored_forms import store_text

LONGEST_CUSTOMER_ID: Final = 255
LONGEST_DESCRIPTION: Final = 2000
LONGEST_NOTE: Final = 5000


LONGEST_SHOWN: Final = 60


def shown(value: object, *, longest: int = LONGEST_SHOWN) -> str:
    """A value as errors tell it: cut where it is long, and without one that Python cannot write."""
    try:
        text = repr(value)
    except ValueError:
        # Of an integer with more digits than Python converts to text, alone or in a list.
        return f"a {type(value).__name__} that is too long to show"
    return text if len(text) <= longest else f"{text[:longest]}…"


def is_storable(text: str) -> bool:
    """Whether a text has only characters that PostgreSQL can hold."""
    try:
        store_text(text)
    except UnrepresentableValue:
        return False
    return True


def _storable(text: str) -> str:
    try:
        store_text(text)
    except UnrepresentableValue as error:
        raise ValueError(f"found {error.found}, expected text that can be stored") from error
    return text


def _storable_id(customer: CustomerId) -> CustomerId:
    return CustomerId(_storable(customer))


def _none_if_blank(note: object) -> object:
    return None if isinstance(note, str) and not note.strip() else note


Customer: TypeAlias = Annotated[
    CustomerId, Field(min_length=1, max_length=LONGEST_CUSTOMER_ID), AfterValidator(_storable_id)
]
"""The id of a customer, short enough for the indexes that begin with it."""

Label: TypeAlias = Annotated[str, AfterValidator(_storable)]
"""A person's name for something."""

Description: TypeAlias = Annotated[str, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(_storable)]
"""What a subscription is, in a line or two."""

Note: TypeAlias = Annotated[
    Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(_storable)] | None,
    BeforeValidator(_none_if_blank),
]
"""What somebody remarked about a subscription; a blank one is none."""
