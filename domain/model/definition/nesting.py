"""Which families of blocks may stand where."""

from domain.model.blocks import ProductBlockModel, find_family
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField
from domain.model.lifecycle import SubscriptionStatus

BlockFamily = ModelFamily[ProductBlockModel]


def admits(field: BlockField[ProductBlockModel], family: BlockFamily) -> bool:
    """Whether blocks of a family may stand in a field, in some status at least."""
    return any(_stands_for(declared, family) for declared in field.blocks)


def serves(field: BlockField[ProductBlockModel], family: BlockFamily, status: SubscriptionStatus) -> bool:
    """Whether the class that a family has for a status fits a field that admits the family."""
    serving = family.class_for(status)
    declared = next((block for block in field.blocks if find_family(block) is family), None)
    return serving is declared if declared is not None else issubclass(serving, field.blocks)


def _stands_for(declared: type[ProductBlockModel], family: BlockFamily) -> bool:
    if find_family(declared) is not None:
        return find_family(declared) is family
    return any(issubclass(member, declared) for member in family.members)
