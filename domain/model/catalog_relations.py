"""What of a catalogue stands in what: which blocks a product's trees may hold, and which hold which."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog
from domain.model.definition.families import ModelFamily
from domain.model.definition.nesting import BlockFamily
from domain.model.subscriptions import SubscriptionModel


class CatalogRelations:
    """What stands in what, by name, in the catalogue's order; blocks that are referred to count as well.

    Attributes:
        roots: for each product, the blocks that its subscriptions' own fields take.
        blocks: for each product, all blocks that its trees may hold, parents first.
        depends_on: for each block, those that its fields take.
        in_use_by: for each block, those whose fields take it.
        products: for each block, the products whose trees may hold it.
    """

    def __init__(self, catalog: Catalog) -> None:
        depends_on = {family.name: _fields_of(family, catalog) for family in catalog.block_families}
        roots = {product.name: _fields_of(product.model.family(), catalog) for product in catalog.products}
        blocks = {name: _all_below(found, depends_on) for name, found in roots.items()}
        self.depends_on: Mapping[str, tuple[str, ...]] = MappingProxyType(depends_on)
        self.roots: Mapping[str, tuple[str, ...]] = MappingProxyType(roots)
        self.blocks: Mapping[str, tuple[str, ...]] = MappingProxyType(blocks)
        self.in_use_by: Mapping[str, tuple[str, ...]] = MappingProxyType(_turned(depends_on, of=depends_on))
        self.products: Mapping[str, tuple[str, ...]] = MappingProxyType(_turned(blocks, of=depends_on))


@lru_cache(maxsize=16)
def relations_of(catalog: Catalog) -> CatalogRelations:
    """What stands in what in a catalogue; kept, as it never changes."""
    return CatalogRelations(catalog)


def _fields_of(family: ModelFamily[SubscriptionModel] | BlockFamily, catalog: Catalog) -> tuple[str, ...]:
    fields = [field for member in _members(family) for field in member.structure().blocks.values()]
    found = {nested.name for field in fields for nested in catalog.block_families_of(field)}
    return tuple(each.name for each in catalog.block_families if each.name in found)


def _members(
    family: ModelFamily[SubscriptionModel] | BlockFamily,
) -> Iterable[type[SubscriptionModel] | type[ProductBlockModel]]:
    return family.members


def _all_below(names: Iterable[str], depends_on: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = dict.fromkeys(names)
    waiting = list(found)
    while waiting:
        for name in depends_on[waiting.pop(0)]:
            if name not in found:
                found[name] = None
                waiting.append(name)
    return tuple(found)


def _turned(relations: Mapping[str, tuple[str, ...]], *, of: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each name, those that it stands in."""
    return {name: tuple(above for above, found in relations.items() if name in found) for name in of}
