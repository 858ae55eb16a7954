"""The catalogue: the products an application sells, and the models behind them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import ValidationError

from domain.errors import ProductNotFound
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.errors import InvalidCatalog, LifecycleMismatch
from domain.model.families import ModelFamily
from domain.model.lifecycle import ProductStatus
from domain.model.subscriptions import SubscriptionModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that can be sold.

    Attributes:
        name: unique in the catalogue; the key by which stored products are matched.
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


class Catalog:
    """The products of one application; checked as a whole when it is built.

    Raises:
        InvalidCatalog: if names clash, or fixed inputs do not fit the model.
        LifecycleMismatch: if a nested block's class does not serve every status of its owner's class.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        self.products: Sequence[Product] = tuple(products)
        self._by_name = {product.name: product for product in self.products}
        self.families: Sequence[ModelFamily[SubscriptionModel]] = tuple(
            dict.fromkeys(product.model.family() for product in self.products)
        )
        self.block_families: Sequence[ModelFamily[ProductBlockModel]] = tuple(_reachable(self.families))
        _check_unique("product", [product.name for product in self.products])
        _check_unique("subscription model", [family.key for family in self.families])
        _check_unique("block model", [family.key for family in self.block_families])
        for family in (*self.families, *self.block_families):
            _check_every_status(family)
        for product in self.products:
            _check_fixed_inputs(product)

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

    @property
    def by_name(self) -> Mapping[str, Product]:
        """Every product by its name."""
        return MappingProxyType(self._by_name)


def _reachable(
    families: Iterable[ModelFamily[SubscriptionModel]],
) -> Iterator[ModelFamily[ProductBlockModel]]:
    """The families of all blocks, at any depth; parents first."""
    seen: set[ModelFamily[ProductBlockModel]] = set()
    waiting = [member.structure() for family in families for member in family.members]
    while waiting:
        for block_field in waiting.pop(0).blocks.values():
            for block in block_field.blocks:
                family = block.family()
                if family not in seen:
                    seen.add(family)
                    waiting += [member.structure() for member in family.members]
                    yield family


def _check_unique(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidCatalog(f"found two {kind}s named {name!r}, expected one")
        seen.add(name)


def _check_every_status(
    family: ModelFamily[SubscriptionModel] | ModelFamily[ProductBlockModel],
) -> None:
    """Repeat the check of class definition, now that every class of every family is known."""
    for model in family.members:
        for name, block_field in model.structure().blocks.items():
            for nested in block_field.blocks:
                for status in family.statuses_of(model):
                    if nested.family().class_for(status) is not nested:
                        raise LifecycleMismatch(model.__name__, name, nested=nested.__name__, status=status)


def _check_fixed_inputs(product: Product) -> None:
    for model in product.model.family().members:
        scalars = model.structure().scalars
        unknown = product.fixed_inputs.keys() - scalars.keys()
        if unknown:
            raise InvalidCatalog(
                f"product {product.name!r}: found the fixed inputs {sorted(unknown)}, which"
                f" {model.__name__} does not have, expected some of {sorted(scalars)}"
            )
        for name in scalars:
            if name in product.fixed_inputs:
                _check_fixed_input(product, model, name)
            elif model.model_fields[name].is_required():
                raise InvalidCatalog(f"product {product.name!r}: found no fixed input {name}, expected one")


def _check_fixed_input(product: Product, model: type[SubscriptionModel], name: str) -> None:
    value = product.fixed_inputs[name]
    try:
        model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
    except ValidationError as error:
        expected = error.errors(include_url=False)[0]["msg"]
        raise InvalidCatalog(
            f"product {product.name!r}: found {value!r} for the fixed input {name}, expected: {expected}"
        ) from error
