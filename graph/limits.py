"""How large a request may be, and how much an operation may read.

A text is bounded before it is parsed, and its selections before they are validated, as both cost more than
they look. What it may give is told from its pages before it runs (`graph.execution.cost`), and what it reads
is counted while it runs: how long its other lists are is not known before.
"""

from dataclasses import dataclass
from typing import TypeVar

from graph.errors import GraphError

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document that is taken.

    Whatever is counted in an operation, is counted in its fragments too, wherever they are spread.

    Attributes:
        tokens: Words and signs in its text.
        definitions: Its operations and fragments.
        depth: Fields inside each other, introspection aside.
        fields: Fields of one operation.
        repeats: The same field in the same place.
        aliases: Fields of one operation that are given another name.
        aliases_of_field: The same, of fields with one name.
        directives: Directives of one operation.
        directives_at_once: Directives in one place.
        mutations: Commands of one operation.
        values: Values inside each other or beside each other, in one argument.
    """

    tokens: int = 10_000
    definitions: int = 100
    depth: int = 25
    fields: int = 1_000
    repeats: int = 100
    aliases: int = 200
    aliases_of_field: int = 50
    directives: int = 100
    directives_at_once: int = 5
    mutations: int = 10
    values: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableLimits:
    """The largest variables that are taken.

    Attributes:
        values: Values of all of them together: texts, numbers, lists, objects.
        depth: Values inside each other.
    """

    values: int = 20_000
    depth: int = 50


class TooMuchRead(GraphError):
    """An operation reads more than it may."""

    code = "RESULT_TOO_LARGE"


class ReadBudget:
    """How many entries of lists one operation, or one event, may still read."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._left = entries

    def take(self, entries: int) -> None:
        """Counts entries that are about to be given.

        Raises:
            TooMuchRead: They are more than are left.
        """
        self._left -= entries
        if self._left < 0:
            raise TooMuchRead(
                f"The lists of one operation have at most {self._entries} entries together: "
                "ask for smaller pages."
            )


class PaidEntries(list[Entry]):
    """Entries of a list that a budget has paid for when they were read."""
