"""What goes from plans to graphql-core, and how much."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """How the fields of an operation were answered, those of all its events together.

    Attributes:
        planned: Fields that were read by plans.
        handed: Fields that graphql-core executed.
    """

    planned: int = 0
    handed: int = 0


class AlreadyRead:
    """A source that gives the same value under every name: an attribute is not read twice."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __getattribute__(self, name: str) -> object:
        return object.__getattribute__(self, "_value")
