"""The catalogue: the products an application sells, and the models behind them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import BaseModel

from domain.errors import ProductNotFound
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel, find_family
from domain.model.catalog_checks import check_nesting, check_unique
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField
from domain.model.definition.fixed_inputs import FixedInputChoices, check_fixed_inputs, read_choices
from domain.model.definition.nesting import BlockFamily, admits
from domain.model.definition.scalars import Scalar
from domain.model.lifecycle import ProductStatus
from domain.model.subscriptions import SubscriptionModel

_SOLD = frozenset({ProductStatus.ACTIVE, ProductStatus.PRE_PRODUCTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that can be sold.

    Attributes:
        name: unique in the catalogue; the key by which stored products are matched.
        tag: a group of products, for people and programs.
        product_type: what kind of product it is, for people.
        model: any class of the family that its subscriptions have.
        fixed_inputs: the values of the model's scalar fields, in their stored form.
    """

    name: str
    tag: str
    product_type: str
    description: str
    model: type[SubscriptionModel]
    status: ProductStatus = ProductStatus.ACTIVE
    fixed_inputs: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    @property
    def is_sold(self) -> bool:
        """Whether its status admits new subscriptions."""
        return self.status in _SOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedField:
    """A field of blocks whose stored values are indexed, in all classes of the family."""

    family: ModelFamily[ProductBlockModel]
    name: str
    scalar: Scalar


class Catalog:
    """The products of one application; checked as a whole when it is built.

    Args:
        products: what is sold.
        blocks: any class of each family that stands only in fields of an abstract class.
        metadata: the model of the JSON document that may be kept with each subscription; None lets any
            object be kept.

    Raises:
        InvalidCatalog: if names clash, fixed inputs do not fit the model, or no family fits a field.
        LifecycleMismatch: if a nested block's class does not serve every status of its owner's class.
    """

    def __init__(
        self,
        products: Iterable[Product],
        *,
        blocks: Iterable[type[ProductBlockModel]] = (),
        metadata: type[BaseModel] | None = None,
    ) -> None:
        self.products: Sequence[Product] = tuple(products)
        self.metadata = metadata
        self._by_name = {product.name: product for product in self.products}
        self.families: Sequence[ModelFamily[SubscriptionModel]] = tuple(
            dict.fromkeys(product.model.family() for product in self.products)
        )
        self.block_families: Sequence[ModelFamily[ProductBlockModel]] = _reachable_families(
            self.families, [block.family() for block in blocks]
        )
        check_unique("product", [product.name for product in self.products])
        check_unique("subscription model", [family.key for family in self.families])
        check_unique("block model", [family.key for family in self.block_families])
        for family in (*self.families, *self.block_families):
            check_nesting(family, self.block_families)
        for product in self.products:
            check_fixed_inputs(product.name, product.model.family(), product.fixed_inputs)

    def product(self, name: str) -> Product:
        """The product of this name.

        Raises:
            ProductNotFound: if the catalogue has none.
        """
        product = self._by_name.get(name)
        if product is None:
            raise ProductNotFound(name)
        return product

    def products_of(self, family: ModelFamily[SubscriptionModel]) -> tuple[Product, ...]:
        """The products whose subscriptions have this model, in the catalogue's order."""
        return tuple(product for product in self.products if product.model.family() is family)

    def block_families_of(
        self, field: BlockField[ProductBlockModel]
    ) -> tuple[ModelFamily[ProductBlockModel], ...]:
        """The families whose blocks fit a field, in the catalogue's order."""
        return tuple(family for family in self.block_families if admits(field, family))

    def fixed_input_choices(self) -> tuple[FixedInputChoices, ...]:
        """The fixed inputs of all products: what each may be, and which tags require it; ordered by name."""
        return read_choices(
            (product.tag, product.model.family(), product.fixed_inputs) for product in self.products
        )

    @property
    def by_name(self) -> Mapping[str, Product]:
        """Every product by its name."""
        return MappingProxyType(self._by_name)

    @property
    def indexed_fields(self) -> tuple[IndexedField, ...]:
        """The indexed fields of all blocks; a field is indexed if any class of its family says so."""
        found: dict[tuple[str, str], IndexedField] = {}
        for family in self.block_families:
            for model in family.members:
                for name, scalar_field in model.structure().scalars.items():
                    if scalar_field.indexed:
                        indexed = IndexedField(family=family, name=name, scalar=scalar_field.scalar)
                        found.setdefault((family.name, name), indexed)
        return tuple(found.values())


def _reachable_families(
    families: Iterable[ModelFamily[SubscriptionModel]], named: Iterable[BlockFamily]
) -> tuple[BlockFamily, ...]:
    """The families of all blocks, at any depth, parents first; then those named and what they reach."""
    found: dict[BlockFamily, None] = {}
    _add_below(families, found)
    for family in named:
        if family not in found:
            found[family] = None
            _add_below([family], found)
    return tuple(found)


def _add_below(
    families: Iterable[ModelFamily[SubscriptionModel] | BlockFamily], found: dict[BlockFamily, None]
) -> None:
    waiting = list(families)
    while waiting:
        for nested in _nested_families(waiting.pop(0)):
            if nested not in found:
                found[nested] = None
                waiting.append(nested)


def _nested_families(family: ModelFamily[SubscriptionModel] | BlockFamily) -> Iterator[BlockFamily]:
    for member in family.members:
        for block_field in member.structure().blocks.values():
            for declared in block_field.blocks:
                nested = find_family(declared)
                if nested is not None:
                    yield nested
