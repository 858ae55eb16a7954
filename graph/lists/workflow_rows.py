"""Workflows as rows of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from domain.storage.catalog_filters import (
    CatalogFields,
    CatalogWhere,
    OneOfNames,
    check_catalog_operand,
    check_size,
)
from domain.storage.in_memory import holds, matches, sorting_of_texts
from domain.storage.listing.filters import FieldFilter
from domain.storage.listing.sorting import OrderBy
from engine.workflows import Workflow


class WorkflowOrder(StrEnum):
    """What a list of workflows may be sorted by."""

    NAME = auto()
    DESCRIPTION = auto()
    TARGET = auto()


WORKFLOW_SORTING: Final = sorting_of_texts(
    WorkflowOrder.NAME, {WorkflowOrder.DESCRIPTION: "description", WorkflowOrder.TARGET: "target"}
)
WORKFLOWS_BY_NAME: Final[Sequence[OrderBy[WorkflowOrder]]] = (OrderBy(WorkflowOrder.NAME),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """A workflow as a row of its list.

    Attributes:
        id: Its name, which tells it from others.
        target: As text.
    """

    id: str
    description: str
    target: str
    workflow: Workflow


def workflow_rows(
    workflows: Sequence[Workflow], where: CatalogWhere | None, fields: CatalogFields
) -> Sequence[WorkflowRow]:
    """Gives the rows of those of which a filter holds, in no particular order.

    Raises:
        InvalidFilter: The filter is too large.
    """
    if where is not None:
        check_size(where)
    return [
        WorkflowRow(id=each.name, description=each.description, target=each.target.value, workflow=each)
        for each in workflows
        if where is None or holds(where, lambda one, each=each: _holds(one, each, fields))
    ]


def _holds(where: FieldFilter | OneOfNames, workflow: Workflow, fields: CatalogFields) -> bool:
    if isinstance(where, OneOfNames):
        return workflow.name in where.names
    facts: dict[str, object] = {
        "name": workflow.name,
        "description": workflow.description,
        "target": workflow.target.value,
        "is_task": workflow.is_task,
        "has_wizard": workflow.form is not None,
    }
    given = check_catalog_operand(fields, where.operator, where.value, where.field)
    return matches(where.operator, facts[where.field], given)
