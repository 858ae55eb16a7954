"""The blocks that a condition is on, and the fields that they have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.sql.expression import FromClause

from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ScalarField
from domain.model.definition.scalars import Scalar
from domain.model.errors import InvalidFamily
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.filters import BlockFilter, InvalidFilter, Operator
from domain.storage.listing.values import operators_of
from domain.storage.saving.checks import checked_operand, checked_scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The blocks that a condition is on.

    Attributes:
        block: their table in the statement; None for the subscription itself.
        path: the fields that lead there, for messages.
        models: the classes that they may have.
        family: their family, if they are of one.
    """

    block: FromClause | None
    path: str
    models: tuple[type[ProductBlockModel] | type[SubscriptionModel], ...]
    family: ModelFamily[ProductBlockModel] | None = None

    @property
    def table(self) -> str:
        """The name that the statement has for the blocks."""
        assert self.block is not None
        return str(getattr(self.block, "name", ""))

    def below(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name


def compared_values(scalar: Scalar, path: str, operator: Operator, value: object) -> Sequence[object]:
    """What an operator is given, in the form that the database compares with.

    Raises:
        InvalidFilter: if the scalar does not offer the operator, or the value is not what it takes.
    """
    return checked_operand(
        operator,
        value,
        path=path,
        offered=operators_of(scalar),
        one=lambda item: checked_scalar(scalar, item, path),
    )


def scalar_within(scalar: Scalar, within: Sequence[str], path: str) -> Scalar:
    """The scalar to which fields of value objects lead.

    Raises:
        InvalidFilter: if there is no such field, or it is a list.
    """
    for name in within:
        fields = scalar.fields or {}
        if name not in fields:
            raise InvalidFilter(f"{path}.{name}", found="no such field", expected=listed(fields))
        if fields[name].shape.many:
            raise InvalidFilter(f"{path}.{name}", found="a list", expected="a single value")
        scalar, path = fields[name].scalar, f"{path}.{name}"
    return scalar


def scalar_field(place: Place, name: str) -> ScalarField:
    """The field as any class of the blocks has it: all of a family store it alike.

    Raises:
        InvalidFilter: if there is none, or blocks of several families store it in different ways.
    """
    found = [model.structure().scalars[name] for model in place.models if name in model.structure().scalars]
    if not found:
        known = {name for model in place.models for name in model.structure().scalars}
        raise InvalidFilter(place.below(name), found="no such field", expected=listed({*known, "label"}))
    kinds = {(field.scalar.python_type, field.shape.many) for field in found}
    if place.family is None and len(kinds) > 1:
        raise InvalidFilter(
            place.below(name), found="several types in blocks of several families", expected="one family"
        )
    return found[0]


def block_field(place: Place, name: str) -> BlockField[ProductBlockModel]:
    """The field that holds blocks, as the strictest class that has it declares it.

    Raises:
        InvalidFilter: if there is none.
    """
    for model in reversed(place.models):
        field = model.structure().blocks.get(name)
        if field is not None:
            return field
    known = {name for model in place.models for name in model.structure().blocks}
    raise InvalidFilter(place.below(name), found="no such field of blocks", expected=listed(known))


def family_in(
    where: BlockFilter, field: BlockField[ProductBlockModel], path: str
) -> ModelFamily[ProductBlockModel] | None:
    """The family that the blocks of a field have, or that is asked for; None if they have several.

    Raises:
        InvalidFilter: if the family that is asked for has no place in the field.
    """
    wanted = where.family
    if wanted is not None:
        if any(issubclass(member, field.blocks) for member in wanted.members):
            return wanted
        declared = ", ".join(block.__name__ for block in field.blocks)
        raise InvalidFilter(path, found=f"blocks of family {wanted.name}", expected=f"some of {declared}")
    families = {_family_of(block) for block in field.blocks}
    return families.pop() if len(families) == 1 else None


def _family_of(block: type[ProductBlockModel]) -> ModelFamily[ProductBlockModel] | None:
    try:
        return block.family()
    except InvalidFamily:
        return None


def listed(names: Iterable[str]) -> str:
    """Names as messages tell them."""
    return "one of " + ", ".join(sorted(names))
