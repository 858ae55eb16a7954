"""The orders that lists of processes may have."""

from collections.abc import Sequence
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.storage.listing.sorting import OrderBy, SortColumn, Sorting
from domain.storage.tables import Instant, Key
from engine.states import ProcessStatus
from engine.store import tables

_process = tables.process.c


class ProcessOrder(StrEnum):
    """What a list of processes may be sorted by. Equals are in the order of their ids."""

    ID = auto()
    """By age."""
    STARTED_AT = auto()
    MODIFIED_AT = auto()
    ENDED_AT = auto()
    """What has not ended comes after all."""
    STATUS = auto()
    """By the letters of its name."""
    WORKFLOW = auto()
    """By bytes."""
    CREATED_BY = auto()
    """By bytes."""


ProcessOrderBy: TypeAlias = OrderBy[ProcessOrder]

NEWEST_PROCESSES_FIRST: Final[Sequence[ProcessOrderBy]] = (OrderBy(ProcessOrder.ID, descending=True),)

PROCESS_SORTING: Final = Sorting(
    by_id=ProcessOrder.ID,
    identifier=_process.id,
    columns=MappingProxyType(
        {
            ProcessOrder.STARTED_AT: SortColumn(
                attribute="started_at", expression=_process.started_at, bind=Instant
            ),
            ProcessOrder.MODIFIED_AT: SortColumn(
                attribute="modified_at", expression=_process.modified_at, bind=Instant
            ),
            ProcessOrder.ENDED_AT: SortColumn(
                attribute="ended_at", expression=tables.PROCESS_END_ORDER, bind=Instant, absent_last=True
            ),
            ProcessOrder.STATUS: SortColumn(
                attribute="status", expression=_process.status, bind=Key, values=frozenset(ProcessStatus)
            ),
            ProcessOrder.WORKFLOW: SortColumn(attribute="workflow", expression=_process.workflow, bind=Key),
            ProcessOrder.CREATED_BY: SortColumn(
                attribute="created_by", expression=_process.created_by, bind=Key
            ),
        }
    ),
)
"""How lists of processes are sorted."""
