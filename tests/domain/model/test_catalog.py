from dataclasses import replace

import pytest

from domain.errors import ProductNotFound
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.errors import InvalidCatalog, LifecycleMismatch
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import CATALOG, LARGE_NODE, SMALL_NODE, Node, NodeBlockInactive, PortBlockInactive

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


def product(model: type[SubscriptionModel]) -> Product:
    return Product(name=model.__name__, tag="X", product_type="X", description="", model=model)


def test_a_catalogue_knows_products_and_families() -> None:
    assert CATALOG.product("Small node") is SMALL_NODE
    assert CATALOG.families == (Node.family(),)
    assert CATALOG.block_families == (NodeBlockInactive.family(), PortBlockInactive.family())
    assert CATALOG.products_of(Node.family()) == (SMALL_NODE, LARGE_NODE)


def test_an_unknown_product_is_not_found() -> None:
    with pytest.raises(ProductNotFound):
        CATALOG.product("Medium node")


def test_two_products_cannot_have_one_name() -> None:
    with pytest.raises(InvalidCatalog, match="two products named 'Small node'"):
        Catalog([SMALL_NODE, SMALL_NODE])


def test_two_families_cannot_have_one_key() -> None:
    class Other(SubscriptionModel, name="node"):
        pass

    with pytest.raises(InvalidCatalog, match="two subscription models named 'node'"):
        Catalog([SMALL_NODE, product(Other)])


@pytest.mark.parametrize(
    ("fixed_inputs", "told"),
    [
        ({}, "no fixed input size"),
        ({"size": "huge"}, "'huge' for the fixed input size, expected: Input should be 'small' or 'large'"),
        ({"size": "small", "color": "red"}, "['color']"),
    ],
)
def test_fixed_inputs_must_fit_the_model(fixed_inputs: dict[str, JsonValue], told: str) -> None:
    with pytest.raises(InvalidCatalog) as refused:
        Catalog([replace(SMALL_NODE, fixed_inputs=fixed_inputs)])

    assert told in str(refused.value)


def test_a_block_class_defined_late_must_not_take_a_status_from_under_an_owner() -> None:
    class PartInactive(ProductBlockModel, name="Part"):
        pass

    class Whole(SubscriptionModel, name="Whole"):
        part: PartInactive

    class Part(PartInactive, lifecycle=[ACTIVE]):
        pass

    with pytest.raises(LifecycleMismatch) as refused:
        Catalog([product(Whole)])

    assert (refused.value.model, refused.value.nested, refused.value.status) == (
        "Whole",
        "PartInactive",
        ACTIVE,
    )
    assert Part.family() is PartInactive.family()
