"""Ids as clients send them to mutations: one that is none is part of the answer, not an error of the request.

An error of the request would leave the document's other mutations without their answers.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import strawberry

from engine.errors import FieldError, InvalidInput
from graph.ids import LONGEST_SHOWN, InvalidId
from graph.types import refusals

Id = TypeVar("Id")


def require_id(text: str, parse: Callable[[str], Id]) -> Id:
    """Reads an id that was sent as one value of an input.

    Raises:
        InvalidInput: It is none; with an empty path.
    """
    try:
        return parse(text)
    except InvalidId as error:
        raise InvalidInput([FieldError(path=(), message=error.message, code="invalid_id")]) from None


def below(name: str | int, refusal: InvalidInput) -> list[FieldError]:
    """Gives the problems of a value as those of what holds it under a name or at a position."""
    return [replace(error, path=(name, *error.path)) for error in refusal.errors]


def no_such_id(text: str, error: InvalidId) -> refusals.NotFound:
    """Gives the answer to a caller who named something by what is no id of its kind."""
    return refusals.NotFound(message=error.message, missing_id=strawberry.ID(text[:LONGEST_SHOWN]))
