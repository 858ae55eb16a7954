"""What is checked when a catalogue is built, once every class of every family is known."""

from collections.abc import Iterable, Sequence

from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField
from domain.model.definition.nesting import BlockFamily, admits, serves
from domain.model.errors import InvalidCatalog, LifecycleMismatch
from domain.model.subscriptions import SubscriptionModel


def check_unique(kind: str, names: Iterable[str]) -> None:
    """Check that no two things of a kind have one name.

    Raises:
        InvalidCatalog: for the first that do.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidCatalog(f"found two {kind}s named {name!r}, expected one")
        seen.add(name)


def check_nesting(
    family: ModelFamily[SubscriptionModel] | BlockFamily, block_families: Sequence[BlockFamily]
) -> None:
    """Check that what stands in the block fields of every class serves every status of the class.

    Raises:
        InvalidCatalog: if no family of the catalogue fits a field.
        LifecycleMismatch: for the first class that does not serve a status.
    """
    for model in family.members:
        for field in model.structure().blocks.values():
            fitting = [nested for nested in block_families if admits(field, nested)]
            if not fitting:
                raise InvalidCatalog(
                    f"{model.__name__}.{field.name}: found no block of the catalogue that is a"
                    f" {_listed(field)}, expected its base among the catalogue's blocks"
                )
            for nested in fitting:
                _check_statuses(family, model, field, nested)


def _check_statuses(
    family: ModelFamily[SubscriptionModel] | BlockFamily,
    model: type[SubscriptionModel] | type[ProductBlockModel],
    field: BlockField[ProductBlockModel],
    nested: BlockFamily,
) -> None:
    for status in sorted(family.statuses_of(model)):
        if not serves(field, nested, status):
            declared = next((block for block in field.blocks if block in nested.members), None)
            named = declared or nested.class_for(status)
            raise LifecycleMismatch(model.__name__, field.name, nested=named.__name__, status=status)


def _listed(field: BlockField[ProductBlockModel]) -> str:
    return " or ".join(block.__name__ for block in field.blocks)
