"""What lists of processes are filtered by, and the conditions in SQL, in the logic of `domain`'s filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias, Union, assert_never
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Uuid, and_, false, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from domain.model.definition.stored_forms import is_instant
from domain.storage.listing.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    FieldFilter,
    InvalidFilter,
    Not,
    Operator,
    Or,
)
from domain.storage.listing.selection import among
from domain.storage.listing.values import (
    EQUALITY_OPERATORS,
    ORDERED_OPERATORS,
    TEXT_OPERATORS,
    column_operand,
    compare,
)
from domain.storage.saving.checks import checked_operand, checked_text, ill_typed, is_a
from domain.storage.tables import Instant, Key
from engine.states import FailureKind, ProcessStatus, Target
from engine.store import tables

ProcessWhere: TypeAlias = Union["And[ProcessWhere]", "Or[ProcessWhere]", "Not[ProcessWhere]", FieldFilter]
"""A condition on one process; fields are those of `FIELDS`."""

_process = tables.process.c
_link = tables.process_subscription.c

_MEMBERSHIP: Final = frozenset({Operator.EQ, Operator.IN})
_QUICK_FIELDS: Final = frozenset({"id", "workflow", "status", "is_task", "customer_id", "subscription_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessField:
    """What every process has and can be filtered by.

    Attributes:
        python_type: what its values are.
        sql: the condition for an operator and what it was given.
    """

    python_type: type
    operators: frozenset[Operator]
    sql: Callable[[Operator, Sequence[object]], ColumnElement[bool]]

    def checked(self, value: object, path: str) -> object:
        """A single value in the form that the database compares with.

        Raises:
            InvalidFilter: if it is not one of the field.
        """
        if not is_a(value, self.python_type):
            raise ill_typed(path, value, f"a value of type {self.python_type.__name__}")
        if isinstance(value, datetime) and not is_instant(value):
            raise ill_typed(path, value, "a time with its zone, which UTC can name")
        if isinstance(value, StrEnum):
            return value.value
        return checked_text(value, path) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessConditions:
    """A filter in SQL.

    Attributes:
        slow: whether no index may serve it, so that it needs a time limit.
    """

    sql: ColumnElement[bool]
    slow: bool


def check_operand(operator: Operator, value: object, field: str) -> Sequence[object]:
    """What an operator is given, in the form that the database compares with.

    Raises:
        InvalidFilter: if there is no such field, it does not offer the operator, or the value does not fit.
    """
    known = FIELDS.get(field)
    if known is None:
        raise InvalidFilter(field, found="no such field", expected="one of " + ", ".join(sorted(FIELDS)))
    return checked_operand(
        operator, value, path=field, offered=known.operators, one=lambda item: known.checked(item, field)
    )


def compile_process_filter(where: ProcessWhere) -> ProcessConditions:
    """A filter of processes in SQL.

    Raises:
        InvalidFilter: if it names fields that there are not, compares them in ways or with values that they
            do not offer, or is too large.
    """
    compiler = _Compiler()
    sql = compiler.condition(where, 1)
    return ProcessConditions(sql=sql, slow=compiler.slow)


class _Compiler:
    def __init__(self) -> None:
        self._conditions = 0
        self.slow = False

    def condition(self, where: ProcessWhere, depth: int) -> ColumnElement[bool]:
        self._conditions += 1
        if depth > MAX_DEPTH:
            raise InvalidFilter("the list", found=f"more than {MAX_DEPTH} levels", expected="fewer")
        if self._conditions > MAX_CONDITIONS:
            raise InvalidFilter("the list", found=f"more than {MAX_CONDITIONS} conditions", expected="fewer")
        match where:
            case And():
                return and_(true(), *(self.condition(item, depth + 1) for item in where.items))
            case Or():
                return or_(false(), *(self.condition(item, depth + 1) for item in where.items))
            case Not():
                return self.condition(where.item, depth + 1).is_not(true())
            case FieldFilter():
                values = check_operand(where.operator, where.value, where.field)
                self.slow |= where.field not in _QUICK_FIELDS or where.operator not in _MEMBERSHIP
                return FIELDS[where.field].sql(where.operator, values)
            case _:
                assert_never(where)


def _column(
    column: ColumnElement[Any], python_type: type, bind: TypeEngine[Any], operators: frozenset[Operator]
) -> ProcessField:
    operand = column_operand(column, bind)
    return ProcessField(
        python_type=python_type,
        operators=operators,
        sql=lambda operator, values: compare(operand, operator, values),
    )


def _has_customer(_operator: Operator, values: Sequence[object]) -> ColumnElement[bool]:
    return _process.customers.overlap(literal(list(values), ARRAY(Key)))


def _concerns(_operator: Operator, values: Sequence[object]) -> ColumnElement[bool]:
    concerned = select(_link.process_id).where(among(_link.subscription_id, list(values), Uuid()))
    return _process.id.in_(concerned)


FIELDS: Final[Mapping[str, ProcessField]] = MappingProxyType(
    {
        "id": _column(_process.id, UUID, Uuid(), EQUALITY_OPERATORS),
        "workflow": _column(_process.workflow, str, Key, TEXT_OPERATORS),
        "target": _column(_process.target, Target, Key, EQUALITY_OPERATORS),
        "is_task": _column(_process.is_task, bool, Boolean(), EQUALITY_OPERATORS),
        "status": _column(_process.status, ProcessStatus, Key, EQUALITY_OPERATORS),
        "created_by": _column(_process.created_by, str, Key, TEXT_OPERATORS),
        "assignee": _column(_process.assignee, str, Key, TEXT_OPERATORS),
        "failure_kind": _column(_process.failure_kind, FailureKind, Key, EQUALITY_OPERATORS),
        "started_at": _column(_process.started_at, datetime, Instant, ORDERED_OPERATORS),
        "modified_at": _column(_process.modified_at, datetime, Instant, ORDERED_OPERATORS),
        "ended_at": _column(_process.ended_at, datetime, Instant, ORDERED_OPERATORS),
        "customer_id": ProcessField(python_type=str, operators=_MEMBERSHIP, sql=_has_customer),
        "subscription_id": ProcessField(python_type=UUID, operators=_MEMBERSHIP, sql=_concerns),
    }
)
"""What processes can be filtered by; where one has several customers or subscriptions, any of them counts."""
