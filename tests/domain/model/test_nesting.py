"""Unions of blocks, abstract blocks, blocks inside blocks of their own family, and what is new in them."""

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from domain.ids import CustomerId, SubscriptionId, new_uuid7
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Reference
from domain.model.errors import EndlessNesting, ForeignBlock, InvalidCatalog, LifecycleMismatch
from domain.model.lifecycle import ACTIVE, DISABLED
from domain.model.subscriptions import SubscriptionModel
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false, reportUnusedClass=false


class HopInactive(ProductBlockModel):
    """Abstract: a part of a path."""

    length_m: int | None


class Hop(HopInactive):
    """Abstract: a part of a path in use."""

    length_m: int


class FibreInactive(HopInactive, name="Fibre"):
    pass


class Fibre(Hop, FibreInactive, lifecycle=[ACTIVE]):
    pass


class RadioInactive(HopInactive, name="Radio"):
    channel: int | None


class Radio(RadioInactive, lifecycle=[ACTIVE]):
    """It forgets to say that its length is required."""


class SiteInactive(ProductBlockModel, name="Site"):
    parent: "SiteInactive | None"
    children: "list[SiteInactive]"


class Site(SiteInactive, lifecycle=[ACTIVE]):
    parent: "Site | None"
    children: "list[Site]"


class PlugInactive(ProductBlockModel, name="Plug"):
    speed: int | None


class Plug(PlugInactive, lifecycle=[ACTIVE]):
    speed: int


class PathInactive(SubscriptionModel, name="Path"):
    first: HopInactive | None
    ends: list[PlugInactive | SiteInactive]


class Path(PathInactive, lifecycle=[ACTIVE]):
    first: Hop
    ends: Annotated[list[Plug | Site], Field(min_length=2)]


PATH = Product(name="Path", tag="PATH", product_type="Path", description="A path", model=Path)


@parity("PM-08")
@parity("PM-09")
def test_a_catalogue_knows_the_families_that_fit_each_field() -> None:
    catalog = Catalog([PATH], blocks=[Fibre])
    first, ends = PathInactive.structure().blocks.values()
    parent = SiteInactive.structure().blocks["parent"]

    assert catalog.block_families == (Plug.family(), Site.family(), Fibre.family())
    assert catalog.block_families_of(first) == (Fibre.family(),)
    assert catalog.block_families_of(ends) == (Plug.family(), Site.family())
    assert catalog.block_families_of(parent) == (Site.family(),)
    assert first.blocks == (HopInactive,)
    assert ends.blocks == (PlugInactive, SiteInactive)


def test_a_field_that_no_block_of_the_catalogue_fits_is_refused() -> None:
    with pytest.raises(InvalidCatalog, match=r"PathInactive\.first: found no block .* that is a HopInactive"):
        Catalog([PATH])


@parity("PM-09")
def test_a_family_below_an_abstract_class_must_serve_the_statuses_of_its_owners() -> None:
    class RightRadioInactive(HopInactive, name="Right radio"):
        pass

    class RightRadio(Hop, RightRadioInactive, lifecycle=[DISABLED]):
        pass

    with pytest.raises(LifecycleMismatch) as refused:
        Catalog([PATH], blocks=[Fibre, RightRadio])

    assert (refused.value.model, refused.value.field, refused.value.nested, refused.value.status) == (
        *("Path", "first", "RightRadioInactive"),
        ACTIVE,
    )


def test_a_family_that_never_fits_a_strict_field_is_not_among_its_families() -> None:
    catalog = Catalog([PATH], blocks=[Fibre, Radio])

    assert catalog.block_families_of(PathInactive.structure().blocks["first"]) == (
        Fibre.family(),
        Radio.family(),
    )
    assert catalog.block_families_of(Path.structure().blocks["first"]) == (Fibre.family(),)


@parity("PM-04")
@pytest.mark.parametrize(
    "annotation",
    [Plug | SiteInactive, list[Plug | SiteInactive], list[SiteInactive], SiteInactive | None],
)
def test_a_class_that_does_not_serve_a_status_is_found_in_unions_and_lists(annotation: object) -> None:
    base = type("Base", (ProductBlockModel,), {}, name="Base")

    with pytest.raises(LifecycleMismatch) as refused:
        type("Later", (base,), {"__annotations__": {"field": annotation}}, lifecycle=[ACTIVE])

    assert (refused.value.model, refused.value.field, refused.value.nested, refused.value.status) == (
        *("Later", "field", "SiteInactive"),
        ACTIVE,
    )


def test_a_class_that_does_not_serve_its_own_familys_status_is_found() -> None:
    class RoomInactive(ProductBlockModel, name="Room"):
        inside: "RoomInactive | None"

    with pytest.raises(LifecycleMismatch) as refused:

        class Room(RoomInactive, lifecycle=[ACTIVE]):
            pass

    assert (refused.value.model, refused.value.nested, refused.value.status) == (
        "Room",
        "RoomInactive",
        ACTIVE,
    )


@pytest.mark.parametrize("annotation", ["Room", "Annotated[list[Room], Field(min_length=1)]"])
def test_a_block_cannot_require_one_of_its_own_family(annotation: str) -> None:
    with pytest.raises(EndlessNesting) as refused:
        type(
            "Room",
            (ProductBlockModel,),
            {"__annotations__": {"inside": annotation}, "__module__": __name__},
            name="Room",
        )

    assert (refused.value.model, refused.value.field) == ("Room", "inside")


def test_blocks_of_one_family_nest_to_any_depth() -> None:
    site = SiteInactive.new(parent=SiteInactive.new(parent=SiteInactive.new()), children=[SiteInactive.new()])

    assert site.parent is not None
    assert site.parent.parent is not None
    assert (site.parent.parent.parent, site.children[0].children) == (None, [])


class Leaf(ProductBlockModel, name="Leaf"):
    size: int = 1


class Branch(ProductBlockModel, name="Branch"):
    leaf: Leaf
    pair: Annotated[list[Leaf], Field(min_length=2)]
    spare: Leaf | None
    rest: list[Leaf]
    either: list[Leaf | SiteInactive]
    chosen: SiteInactive | None = None


class Tree(SubscriptionModel, name="Tree"):
    branch: Branch
    branches: Annotated[list[Branch], Field(min_length=1)]


@parity("PM-08")
@parity("PM-12")
def test_new_blocks_are_made_with_their_owner_as_far_as_they_are_required() -> None:
    tree = Tree.new(product="Tree", customer_id=CustomerId("c"))

    assert [len(branch.pair) for branch in (tree.branch, *tree.branches)] == [2, 2]
    branch = tree.branch
    assert (branch.spare, branch.rest, branch.either, branch.chosen) == (None, [], [], None)
    assert {block.subscription_id for block in (branch, branch.leaf, *branch.pair)} == {tree.id}
    assert len({branch.id, branch.leaf.id, *(leaf.id for leaf in branch.pair)}) == 4


@parity("PM-08")
@pytest.mark.parametrize(
    "annotation",
    [
        Leaf | SiteInactive,
        HopInactive,
        Annotated[list[Leaf | SiteInactive], Field(min_length=1)],
        Annotated[Leaf, Reference()],
    ],
)
def test_a_required_block_that_only_the_caller_can_choose_must_be_given(annotation: object) -> None:
    model = type("Owner", (ProductBlockModel,), {"__annotations__": {"field": annotation}}, name="Owner")

    with pytest.raises(ValidationError) as refused:
        model.new()

    assert [(error["loc"], error["msg"]) for error in refused.value.errors()] == [
        (("field",), "Field required")
    ]


@parity("PM-08", mends="name-ignored")
def test_an_unknown_keyword_is_refused() -> None:
    with pytest.raises(ValidationError, match="name"):
        Leaf.new(name="leaf")


def test_a_new_subscription_refuses_a_root_block_of_another_one() -> None:
    other = SubscriptionId(new_uuid7())
    foreign = Branch.new()
    foreign.subscription_id = other

    with pytest.raises(ForeignBlock) as refused:
        Tree.new(product="Tree", customer_id=CustomerId("c"), branch=Branch.new(), branches=[foreign])

    assert (refused.value.block_id, refused.value.owner) == (foreign.id, other)
    assert str(other) not in str(refused.value)


def test_a_union_keeps_each_block_as_it_is() -> None:
    port, site = PlugInactive.new(speed=1), SiteInactive.new()

    path = PathInactive.new(
        product="Path", customer_id=CustomerId("c"), first=FibreInactive.new(length_m=3), ends=[port, site]
    )

    assert path.ends[0] is port
    assert path.ends[1] is site
    assert path.model_dump()["first"]["length_m"] == 3
    assert path.model_dump()["ends"][0]["speed"] == 1
