"""What a class may make of its parents' fields: only tighter ones, so that one stored form serves both."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from domain.model.definition.fields import BlockField, ModelFields
from domain.model.definition.scalars import ScalarField
from domain.model.errors import FieldChangesType

Block = TypeVar("Block", bound=BaseModel)

FamilyOf = Callable[[type[Block]], object]
"""Gives the family of a class; None for an abstract one."""


def check_narrowed(
    model: type[BaseModel],
    fields: ModelFields[Block],
    parent: ModelFields[Block],
    family_of: FamilyOf[Block],
) -> None:
    """Check that a class only tightens the fields of its parent.

    Raises:
        FieldChangesType: if a field changes its scalar, admits choices or blocks that the parent's does not,
            or becomes or ceases to be a list, a block, a reference or computed.
    """
    after: ScalarField | BlockField[Block] | None
    for name, before in parent.scalars.items():
        after = fields.scalars.get(name)
        if after is None or _kind(before) != _kind(after) or _is_wider(before, after):
            raise _changed(model, name, before, after or fields.blocks.get(name))
    for name, before in parent.blocks.items():
        after = fields.blocks.get(name)
        if after is None or not _fits(after, before, family_of):
            raise _changed(model, name, before, after or fields.scalars.get(name))
    for name in parent.computed:
        if name in fields.scalars or name in fields.blocks:
            raise FieldChangesType(model.__name__, name, found="a stored field", expected="a computed one")


def _kind(field: ScalarField) -> tuple[type, bool]:
    return field.scalar.python_type, field.shape.many


def _is_wider(before: ScalarField, after: ScalarField) -> bool:
    """Whether choices come to those that there were: filters know only these."""
    if before.scalar.choices is None:
        return False
    return after.scalar.choices is None or not set(map(str, after.scalar.choices)) <= set(
        map(str, before.scalar.choices)
    )


def _fits(after: BlockField[Block], before: BlockField[Block], family_of: FamilyOf[Block]) -> bool:
    if (before.shape.many, before.refers) != (after.shape.many, after.refers):
        return False
    families = [family for family in map(family_of, before.blocks) if family is not None]
    abstract = tuple(block for block in before.blocks if family_of(block) is None)
    return all(family_of(block) in families or issubclass(block, abstract) for block in after.blocks)


def _changed(
    model: type[BaseModel],
    name: str,
    before: ScalarField | BlockField[Block],
    after: ScalarField | BlockField[Block] | None,
) -> FieldChangesType:
    found = "another kind of field" if after is None else _described(after)
    return FieldChangesType(model.__name__, name, found=found, expected=_described(before))


def _described(field: ScalarField | BlockField[Block]) -> str:
    if isinstance(field, ScalarField):
        text = field.scalar.python_type.__name__
        if field.scalar.choices is not None:
            text = f"{text} out of {', '.join(map(str, field.scalar.choices))}"
    else:
        text = " or ".join(block.__name__ for block in field.blocks)
        text = f"a reference to {text}" if field.refers else text
    return f"a list of {text}" if field.shape.many else text
