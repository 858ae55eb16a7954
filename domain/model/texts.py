"""Texts that people write about a subscription or a block, within what is stored of them."""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from domain.json import UnrepresentableValue
from domain.model.stored_forms import store_text

LONGEST_DESCRIPTION: Final = 2000
LONGEST_NOTE: Final = 5000


def _storable(text: str) -> str:
    try:
        store_text(text)
    except UnrepresentableValue as error:
        raise ValueError(f"found {error.found}, expected text that can be stored") from error
    return text


def _none_if_blank(note: object) -> object:
    return None if isinstance(note, str) and not note.strip() else note


Label: TypeAlias = Annotated[str, AfterValidator(_storable)]
"""A person's name for something."""

Description: TypeAlias = Annotated[str, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(_storable)]
"""What a subscription is, in a line or two."""

Note: TypeAlias = Annotated[
    Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(_storable)] | None,
    BeforeValidator(_none_if_blank),
]
"""What somebody remarked about a subscription; a blank one is none."""
