"""Reading the annotation of a field: how many values it holds, of which types, within which bounds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, NewType, Union, get_args, get_origin

from annotated_types import GroupedMetadata, MaxLen, MinLen
from pydantic.fields import FieldInfo
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
        marks: what stood beside the field's type, such as constraints; for a list, beside the list.
        item_marks: what stood beside the type of a list's items.
    """

    members: tuple[object, ...]
    optional: bool = False
    many: bool = False
    min_length: int = 0
    max_length: int | None = None
    optional_items: bool = False
    marks: tuple[object, ...] = ()
    item_marks: tuple[object, ...] = ()


def shape_of(annotation: object, metadata: Iterable[object]) -> Shape:
    """The shape of a field, from its annotation and what stood beside it."""
    bare, inner = _peel(annotation)
    marks = [*metadata, *inner]
    alternatives, optional = _alternatives(bare)
    if len(alternatives) == 1:
        bare, inner = _peel(alternatives[0])
        if get_origin(bare) is list:
            return _list_shape(bare, tuple(_flat([*marks, *inner])), optional=optional)
    members = [_peel(member) for member in alternatives]
    marks += [mark for _, inner in members for mark in inner]
    return Shape(members=tuple(bare for bare, _ in members), optional=optional, marks=tuple(_flat(marks)))


def _list_shape(annotation: object, marks: tuple[object, ...], *, optional: bool) -> Shape:
    (item,) = get_args(annotation)
    bare, item_marks = _peel(item)
    alternatives, optional_items = _alternatives(bare)
    members = [_peel(member) for member in alternatives]
    item_marks += [mark for _, inner in members for mark in inner]
    return Shape(
        members=tuple(bare for bare, _ in members),
        optional=optional,
        many=True,
        min_length=max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0),
        max_length=min((mark.max_length for mark in marks if isinstance(mark, MaxLen)), default=None),
        optional_items=optional_items,
        marks=marks,
        item_marks=tuple(_flat(item_marks)),
    )


def _flat(marks: Iterable[object]) -> Iterator[object]:
    """The single marks: those of ``Field()`` and of groups such as ``Len`` one by one."""
    for mark in marks:
        match mark:
            case FieldInfo():
                yield from _flat(mark.metadata)
            case GroupedMetadata():
                yield from _flat(mark)
            case _:
                yield mark


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
