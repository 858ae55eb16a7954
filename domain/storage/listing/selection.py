"""Records made of just the columns that were selected."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Select, any_, literal
from sqlalchemy.types import TypeEngine

from domain.scope import Scope
from domain.storage.tables import Key

Record = TypeVar("Record")
Value = TypeVar("Value")

AnySelect: TypeAlias = Select[*tuple[Any, ...]]


def partial_record(record: type[Record], values: Mapping[str, object]) -> Record:
    """A frozen record with only some of its attributes; reading another one raises AttributeError.

    It has no useful equality or text form unless all attributes are given.
    """
    made = object.__new__(record)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def among(
    column: ColumnElement[Value], values: Sequence[Value], item_type: TypeEngine[Value]
) -> ColumnElement[bool]:
    """Whether a column is one of the values; one prepared statement serves any number of them."""
    return column == any_(literal(list(values), ARRAY(item_type)))


def in_scope(customer: ColumnElement[str], scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The conditions that keep rows to the customers of a scope; none for the scope of everything."""
    if scope.customers is None:
        return ()
    customers: list[str] = sorted(scope.customers)
    if len(customers) == 1:
        # Only a plain comparison lets the rest of an index's columns give the order of a list.
        return (customer == literal(customers[0], Key),)
    return (among(customer, customers, Key),)
