from dataclasses import replace
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import BaseModel

from domain.errors import ProductNotFound
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Indexed
from domain.model.errors import InvalidCatalog, LifecycleMismatch
from domain.model.lifecycle import ACTIVE, ProductStatus
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import CATALOG, LARGE_NODE, SMALL_NODE, Node, NodeBlockInactive, PortBlockInactive
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


def product(model: type[SubscriptionModel]) -> Product:
    return Product(name=model.__name__, tag="X", product_type="X", description="", model=model)


def test_a_catalogue_knows_products_and_families() -> None:
    assert CATALOG.product("Small node") is SMALL_NODE
    assert CATALOG.families == (Node.family(),)
    assert CATALOG.block_families == (NodeBlockInactive.family(), PortBlockInactive.family())
    assert CATALOG.products_of(Node.family()) == (SMALL_NODE, LARGE_NODE)


@parity("PM-07", mends="previous-product")
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


@pytest.mark.parametrize(
    ("status", "is_sold"),
    [("ACTIVE", True), ("PRE_PRODUCTION", True), ("PHASE_OUT", False), ("END_OF_LIFE", False)],
)
def test_a_product_is_sold_in_some_statuses(status: str, is_sold: bool) -> None:
    assert replace(SMALL_NODE, status=ProductStatus(status)).is_sold is is_sold


class CableInactive(ProductBlockModel, name="Cable"):
    code: Annotated[str | None, Indexed()]
    price: Decimal | None
    length_m: int | None


class Cable(CableInactive, lifecycle=[ACTIVE]):
    price: Annotated[Decimal, Indexed()]


class DrumInactive(ProductBlockModel, name="Drum"):
    cables: list[CableInactive]
    code: Annotated[str | None, Indexed()]


class Drum(DrumInactive, lifecycle=[ACTIVE]):
    cables: list[Cable]


class StoreInactive(SubscriptionModel, name="Store"):
    drum: DrumInactive


class Store(StoreInactive, lifecycle=[ACTIVE]):
    drum: Drum


@parity("PM-06", mends="untyped")
def test_a_field_is_indexed_if_any_class_of_its_family_says_so() -> None:
    catalog = Catalog([product(Store)])

    assert [(field.family, field.name, field.scalar.graphql_name) for field in catalog.indexed_fields] == [
        (Drum.family(), "code", "String"),
        (Cable.family(), "code", "String"),
        (Cable.family(), "price", "Decimal"),
    ]


def test_blocks_that_stand_nowhere_else_are_named() -> None:
    assert Catalog([], blocks=[Cable]).block_families == (Cable.family(),)
    assert Catalog([], blocks=[Drum, Cable]).block_families == (Drum.family(), Cable.family())
    assert Catalog([product(Store)], blocks=[Cable]).block_families == (Drum.family(), Cable.family())


def test_a_catalogue_may_say_what_metadata_is() -> None:
    class Metadata(BaseModel):
        ticket: str

    assert Catalog([], metadata=Metadata).metadata is Metadata
    assert CATALOG.metadata is None
