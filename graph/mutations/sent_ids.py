"""Ids as clients send them to mutations: one that is none is part of the answer, not an error of the request.

An error of the request would leave the document's other mutations without their answers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import strawberry

from engine.errors import FieldError, InvalidInput
from graph.errors import GraphError
from graph.ids import LONGEST_SHOWN, InvalidId
from graph.types import refusals

Id = TypeVar("Id")


class TooManyIds(GraphError):
    """A mutation names more things than it takes at once."""

    code = "TOO_MANY_IDS"

    def __init__(self, argument: str, *, found: int, limit: int) -> None:
        super().__init__(f"Found {found} ids in '{argument}': at most {limit} are taken at once.")
        self.details = {"argument": argument, "found": found, "limit": limit}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentId(Generic[Id]):
    """An id as it was sent, and what it stands for, or why it stands for nothing."""

    text: str
    id: Id | InvalidId

    @property
    def shown(self) -> strawberry.ID:
        """The id in an answer."""
        return strawberry.ID(self.text[:LONGEST_SHOWN])


def read_ids(texts: Iterable[str], parse: Callable[[str], Id]) -> list[SentId[Id]]:
    """Gives the ids that were sent, each once, in their order."""
    return [SentId(text=text, id=_parsed(text, parse)) for text in dict.fromkeys(texts)]


def good_ids(sent: Iterable[SentId[Id]]) -> list[Id]:
    """Gives those that are ids."""
    return [each.id for each in sent if not isinstance(each.id, InvalidId)]


def check_number(argument: str, sent: Sequence[object], *, limit: int) -> None:
    """Refuses more things than are taken at once.

    Raises:
        TooManyIds: They are more.
    """
    if len(sent) > limit:
        raise TooManyIds(argument, found=len(sent), limit=limit)


def _parsed(text: str, parse: Callable[[str], Id]) -> Id | InvalidId:
    try:
        return parse(text)
    except InvalidId as error:
        return error


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


def read_id(text: str, parse: Callable[[str], Id]) -> Id | refusals.NotFound:
    """Gives what an id stands for that was sent as an argument, or the answer that there is no such thing."""
    try:
        return parse(text)
    except InvalidId as error:
        return no_such_id(text, error)


def no_such_id(text: str, error: InvalidId) -> refusals.NotFound:
    """Gives the answer to a caller who named something by what is no id of its kind."""
    return refusals.NotFound(message=error.message, missing_id=strawberry.ID(text[:LONGEST_SHOWN]))
