"""How many processes there are of each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, func

from domain.storage.listing.selection import AnySelect
from engine.store import tables

_process = tables.process.c

MOST_GROUPS: Final = 1_000
"""How many groups are counted at most, the largest first."""


class ProcessCountBy(StrEnum):
    """What processes are counted by."""

    STATUS = auto()
    WORKFLOW = auto()
    TARGET = auto()
    IS_TASK = auto()
    FAILURE_KIND = auto()
    """Those that have not failed have none."""
    CREATED_BY = auto()
    ASSIGNEE = auto()
    """Those that wait for nobody have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessGroup:
    """How many processes have something in common.

    Attributes:
        keys: for each thing that they are counted by, in the order in which these were given: its stored
            form; None for what they do not have.
    """

    keys: tuple[str | bool | None, ...]
    number: int


_COUNTED: Final[Mapping[ProcessCountBy, ColumnElement[Any]]] = MappingProxyType(
    {
        ProcessCountBy.STATUS: _process.status,
        ProcessCountBy.WORKFLOW: _process.workflow,
        ProcessCountBy.TARGET: _process.target,
        ProcessCountBy.IS_TASK: _process.is_task,
        ProcessCountBy.FAILURE_KIND: _process.failure_kind,
        ProcessCountBy.CREATED_BY: _process.created_by,
        ProcessCountBy.ASSIGNEE: _process.assignee,
    }
)


def counted(statement: AnySelect, group_by: Sequence[ProcessCountBy]) -> AnySelect:
    """The groups of the processes of a statement; each key is labelled with what it is counted by."""
    keys = [_COUNTED[by] for by in dict.fromkeys(group_by)]
    labelled = [_COUNTED[by].label(by) for by in dict.fromkeys(group_by)]
    number = func.count().label("number")
    return (
        statement.with_only_columns(*labelled, number, maintain_column_froms=True)
        .group_by(*keys)
        .order_by(number.desc(), *keys)
        .limit(MOST_GROUPS)
    )
