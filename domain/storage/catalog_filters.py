"""What lists of the catalogue's rows are filtered by, in the logic of all filters.

The rows of the catalogue are few, and what relates them to each other is known to the code alone. So a
condition on what is related comes here as the names of the rows of which it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias, Union, assert_never
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, false, or_, true

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
    Operand,
    column_operand,
    compare,
    text_operand,
)
from domain.storage.saving.checks import checked_operand, checked_text, ill_typed, is_a
from domain.storage.tables import Instant, Key


@dataclass(frozen=True, slots=True)
class OneOfNames:
    """That the name of a row is one of these; any number of them."""

    names: frozenset[str]


CatalogWhere: TypeAlias = Union[
    "And[CatalogWhere]", "Or[CatalogWhere]", "Not[CatalogWhere]", FieldFilter, OneOfNames
]
"""A condition on one row of the catalogue, or on one workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogField:
    """What every row of a list has and can be filtered by.

    Attributes:
        python_type: what its values are.
        operand: what is compared in SQL; None for what is in memory.
    """

    python_type: type
    operators: frozenset[Operator]
    operand: Operand | None = None

    def checked(self, value: object, path: str) -> object:
        """A single value in the form that it is compared in.

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


CatalogFields: TypeAlias = Mapping[str, CatalogField]
"""The fields of one list by name; `name` is among them."""


def key_field(column: ColumnElement[Any]) -> CatalogField:
    """A short text."""
    return CatalogField(python_type=str, operators=TEXT_OPERATORS, operand=column_operand(column, Key))


def text_field(column: ColumnElement[Any]) -> CatalogField:
    """A text of any length."""
    return CatalogField(python_type=str, operators=TEXT_OPERATORS, operand=text_operand(column))


def enum_field(column: ColumnElement[Any], members: type[StrEnum]) -> CatalogField:
    """A member of a closed set."""
    return CatalogField(
        python_type=members, operators=EQUALITY_OPERATORS, operand=column_operand(column, Key)
    )


def id_field(column: ColumnElement[Any]) -> CatalogField:
    """An id."""
    return CatalogField(
        python_type=UUID, operators=EQUALITY_OPERATORS, operand=column_operand(column, Uuid())
    )


def time_field(column: ColumnElement[Any]) -> CatalogField:
    """A time."""
    return CatalogField(
        python_type=datetime, operators=ORDERED_OPERATORS, operand=column_operand(column, Instant)
    )


def check_catalog_operand(
    fields: CatalogFields, operator: Operator, value: object, field: str
) -> Sequence[object]:
    """What an operator is given, in the form that it is compared in.

    Raises:
        InvalidFilter: if there is no such field, it does not offer the operator, or the value does not fit.
    """
    known = fields.get(field)
    if known is None:
        raise InvalidFilter(field, found="no such field", expected="one of " + ", ".join(sorted(fields)))
    return checked_operand(
        operator, value, path=field, offered=known.operators, one=lambda item: known.checked(item, field)
    )


def check_size(where: CatalogWhere) -> None:
    """Check that a filter is not too large.

    Raises:
        InvalidFilter: if it is.
    """
    waiting: list[tuple[CatalogWhere, int]] = [(where, 1)]
    conditions = 0
    while waiting:
        each, depth = waiting.pop()
        conditions += 1
        if depth > MAX_DEPTH:
            raise InvalidFilter("the list", found=f"more than {MAX_DEPTH} levels", expected="fewer")
        if conditions > MAX_CONDITIONS:
            raise InvalidFilter("the list", found=f"more than {MAX_CONDITIONS} conditions", expected="fewer")
        if isinstance(each, And | Or):
            waiting += [(item, depth + 1) for item in each.items]
        elif isinstance(each, Not):
            waiting.append((each.item, depth + 1))


def compile_catalog_filter(where: CatalogWhere, fields: CatalogFields) -> ColumnElement[bool]:
    """A filter of rows in SQL.

    Raises:
        InvalidFilter: if it names fields that there are not, compares them in ways or with values that they
            do not offer, or is too large.
    """
    check_size(where)
    return _condition(where, fields)


def _condition(where: CatalogWhere, fields: CatalogFields) -> ColumnElement[bool]:
    match where:
        case And():
            return and_(true(), *(_condition(item, fields) for item in where.items))
        case Or():
            return or_(false(), *(_condition(item, fields) for item in where.items))
        case Not():
            return _condition(where.item, fields).is_not(true())
        case OneOfNames():
            return among(_operand(fields["name"]).whole, sorted(where.names), Key)
        case FieldFilter():
            values = check_catalog_operand(fields, where.operator, where.value, where.field)
            return compare(_operand(fields[where.field]), where.operator, values)
        case _:
            assert_never(where)


def _operand(field: CatalogField) -> Operand:
    assert field.operand is not None, "a field of rows"
    return field.operand
