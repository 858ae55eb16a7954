"""What lists of processes are filtered by, and the conditions in SQL, in the logic of `domain`'s filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias, Union, assert_never
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Uuid,
    and_,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from domain.model.definition.stored_forms import is_instant
from domain.scope import Scope
from domain.storage import tables as domain_tables
from domain.storage.listing.conditions import compile_filter, quantified
from domain.storage.listing.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    FieldFilter,
    InvalidFilter,
    Not,
    Operator,
    Or,
    Quantifier,
    Where,
)
from domain.storage.listing.selection import in_scope
from domain.storage.listing.values import (
    EQUALITY_OPERATORS,
    ORDERED_OPERATORS,
    TEXT_OPERATORS,
    column_operand,
    compare,
    text_operand,
)
from domain.storage.saving.checks import checked_operand, checked_text, ill_typed, is_a, wanted_of
from domain.storage.tables import Instant, Key
from engine.states import FailureKind, ProcessStatus, Target
from engine.store import tables


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """A condition on the subscriptions that a process concerns.

    Subscriptions out of scope are as if they did not exist.
    """

    quantifier: Quantifier
    where: Where


ProcessWhere: TypeAlias = Union[
    "And[ProcessWhere]", "Or[ProcessWhere]", "Not[ProcessWhere]", FieldFilter, SubjectFilter
]
"""A condition on one process; fields are those of `FIELDS`."""

_process = tables.process.c
_link = tables.process_subscription.c
_subscription = domain_tables.subscription.c

_ONE: Final = literal_column("1", Integer())
_MEMBERSHIP: Final = frozenset({Operator.EQ, Operator.IN})
_QUICK_FIELDS: Final = frozenset({"id", "workflow", "status", "is_task", "customer_id", "created_by"})


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
            raise ill_typed(path, value, wanted_of(self.python_type))
        if isinstance(value, datetime) and not is_instant(value):
            raise ill_typed(path, value, "a time with its zone (Z, or +01:00), which UTC can name")
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


def compile_process_filter(where: ProcessWhere, *, scope: Scope) -> ProcessConditions:
    """A filter of processes in SQL.

    Args:
        where: the filter.
        scope: the caller's.

    Raises:
        InvalidFilter: if it names fields that there are not, compares them in ways or with values that they
            do not offer, or is too large.
    """
    compiler = _Compiler(scope)
    sql = compiler.condition(where, 1)
    return ProcessConditions(sql=sql, slow=compiler.slow)


def find_fixed(field: str, where: ProcessWhere | None) -> object:
    """The value of a field that a filter leaves no choice; None if there is none such."""
    match where:
        case FieldFilter(operator=Operator.EQ) if where.field == field:
            return where.value
        case And():
            values = (find_fixed(field, item) for item in where.items)
            return next((value for value in values if value is not None), None)
        case _:
            return None


class _Compiler:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._conditions = 0
        self.slow = False

    def condition(self, where: ProcessWhere, depth: int) -> ColumnElement[bool]:
        self._count(1)
        if depth > MAX_DEPTH:
            raise InvalidFilter("the list", found=f"more than {MAX_DEPTH} levels", expected="fewer")
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
            case SubjectFilter():
                return self._subjects(where)
            case _:
                assert_never(where)

    def _subjects(self, where: SubjectFilter) -> ColumnElement[bool]:
        self.slow = True
        conditions = compile_filter(where.where, scope=self._scope)
        self._count(conditions.size)
        subjects = tables.process_subscription.join(
            domain_tables.subscription, _subscription.id == _link.subscription_id
        )
        if conditions.on_product:
            subjects = subjects.join(domain_tables.product)
        found = (
            select(_ONE)
            .select_from(subjects)
            .where(_link.process_id == _process.id, *in_scope(_subscription.customer_id, self._scope))
        )
        return quantified(found, where.quantifier, conditions.sql)

    def _count(self, number: int) -> None:
        self._conditions += number
        if self._conditions > MAX_CONDITIONS:
            raise InvalidFilter("the list", found=f"more than {MAX_CONDITIONS} conditions", expected="fewer")


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


FIELDS: Final[Mapping[str, ProcessField]] = MappingProxyType(
    {
        "id": _column(_process.id, UUID, Uuid(), EQUALITY_OPERATORS),
        "workflow": _column(_process.workflow, str, Key, TEXT_OPERATORS),
        "target": _column(_process.target, Target, Key, EQUALITY_OPERATORS),
        "is_task": _column(_process.is_task, bool, Boolean(), EQUALITY_OPERATORS),
        "status": _column(_process.status, ProcessStatus, Key, EQUALITY_OPERATORS),
        "created_by": _column(_process.created_by, str, Key, TEXT_OPERATORS),
        "last_actor": _column(_process.run_by, str, Key, TEXT_OPERATORS),
        "note": ProcessField(
            python_type=str,
            operators=TEXT_OPERATORS,
            sql=lambda operator, values: compare(text_operand(_process.note), operator, values),
        ),
        "assignee": _column(_process.assignee, str, Key, TEXT_OPERATORS),
        "failure_kind": _column(_process.failure_kind, FailureKind, Key, EQUALITY_OPERATORS),
        "started_at": _column(_process.started_at, datetime, Instant, ORDERED_OPERATORS),
        "modified_at": _column(_process.modified_at, datetime, Instant, ORDERED_OPERATORS),
        "ended_at": _column(_process.ended_at, datetime, Instant, ORDERED_OPERATORS),
        "customer_id": ProcessField(python_type=str, operators=_MEMBERSHIP, sql=_has_customer),
    }
)
"""What processes can be filtered by; where one has several customers, any of them counts."""
