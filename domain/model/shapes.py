"""Reading the annotation of a field: how many values it holds, of which types."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, NewType, Union, get_args, get_origin

from annotated_types import Len, MaxLen, MinLen
from typing_extensions import TypeAliasType


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a field holds.

    Attributes:
        members: the types of one value, without None and without their constraints; several in a union.
        optional: None is allowed in place of everything.
        many: the field is a list.
        min_length: the fewest items of a list.
        max_length: the most items of a list; None for no limit.
        optional_items: None is allowed among the items of the list.
    """

    members: tuple[object, ...]
    optional: bool = False
    many: bool = False
    min_length: int = 0
    max_length: int | None = None
    optional_items: bool = False


def shape_of(annotation: object, metadata: Iterable[object]) -> Shape:
    """The shape of a field, from its annotation and the constraints that stood beside it."""
    bare, inner = _peel(annotation)
    constraints = [*metadata, *inner]
    alternatives, optional = _alternatives(bare)
    if len(alternatives) == 1:
        bare, inner = _peel(alternatives[0])
        constraints += inner
        if get_origin(bare) is list:
            return _list_shape(bare, constraints, optional=optional)
    return Shape(members=tuple(_peel(member)[0] for member in alternatives), optional=optional)


def _list_shape(annotation: object, constraints: Iterable[object], *, optional: bool) -> Shape:
    (item,) = get_args(annotation)
    members, optional_items = _alternatives(_peel(item)[0])
    min_length, max_length = _bounds(constraints)
    return Shape(
        members=tuple(_peel(member)[0] for member in members),
        optional=optional,
        many=True,
        min_length=min_length,
        max_length=max_length,
        optional_items=optional_items,
    )


def _bounds(constraints: Iterable[object]) -> tuple[int, int | None]:
    min_length: int = 0
    max_length: int | None = None
    for constraint in constraints:
        match constraint:
            case MinLen():
                min_length = constraint.min_length
            case MaxLen():
                max_length = constraint.max_length
            case Len():
                min_length, max_length = constraint.min_length, constraint.max_length
            case _:
                pass
    return min_length, max_length


def _alternatives(annotation: object) -> tuple[tuple[object, ...], bool]:
    """The members of a union without None, and whether None was among them."""
    if get_origin(annotation) not in {Union, UnionType}:
        return (annotation,), False
    members = get_args(annotation)
    return tuple(member for member in members if member is not NoneType), NoneType in members


def _peel(annotation: object) -> tuple[object, list[object]]:
    """The type below aliases, new types and constraints, and those constraints, the outermost first."""
    constraints: list[object] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *inner = get_args(annotation)
            constraints += inner
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        else:
            return annotation, constraints
