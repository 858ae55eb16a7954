"""What a run is told about a checkpoint it wanted to write."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """It is committed, as this version of the process."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxNotEmpty:
    """Nothing was written: something arrived that the run has not looked at, so it may not let go yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborting:
    """Nothing was written: a person has asked for the process to be aborted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing was written: the engine is paused, so the step may be recorded but no other begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """Nothing was written: the run is no longer the process's owner, and must stop without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was written: these changes cannot be stored, however often they are tried.

    Attributes:
        error: Why: a subscription that was changed meanwhile, or what the database said about the values.
    """

    error: Exception


CheckpointAnswer: TypeAlias = Recorded | InboxNotEmpty | Aborting | Paused | Fenced | Refused
