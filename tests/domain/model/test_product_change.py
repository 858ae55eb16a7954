"""What a subscription keeps when it becomes one of another product."""

from typing import Annotated

import pytest
from pydantic import Field

from domain.ids import SubscriptionId, new_uuid7
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.errors import (
    FieldMismatch,
    FixedInputAssigned,
    ForeignBlock,
    ModelMismatch,
    ProductMismatch,
    TransitionRefused,
)
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from tests.domain.sample import CUSTOMER, LARGE_NODE, NodeInactive, NodeProvisioning, new_node
from tests.domain.stored import stored
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


class Port(ProductBlockModel, name="Port"):
    speed: int = 1


class Access(ProductBlockModel, name="Access"):
    port: Port


class Wireless(ProductBlockModel):
    """Abstract."""


class Antenna(Wireless, name="Antenna"):
    gain: int = 0


class LineInactive(SubscriptionModel, name="Line"):
    kind: str
    access: Access
    ports: list[Port]
    antenna: Antenna | None


class Line(LineInactive, lifecycle=[ACTIVE]):
    pass


class RingInactive(SubscriptionModel, name="Ring"):
    size: int
    entry: Access
    ports: Annotated[list[Port], Field(min_length=1)]
    extra: Port | None
    wireless: Wireless | None


class Ring(RingInactive, lifecycle=[ACTIVE]):
    pass


class Bus(SubscriptionModel, name="Bus"):
    west: Access
    east: Access
    port: Port


def product(model: type[SubscriptionModel], **fixed_inputs: str | int) -> Product:
    name = model.family().name
    return Product(
        name=name, tag=name, product_type=name, description="", model=model, fixed_inputs={**fixed_inputs}
    )


LINE, RING, BUS = product(Line, kind="copper"), product(Ring, size=3), product(Bus)
CATALOG = Catalog([LINE, RING, BUS], blocks=[Antenna])


def new_line() -> LineInactive:
    line = LineInactive.new(
        product=LINE,
        customer_id=CUSTOMER,
        access=Access.new(port=Port.new(speed=10), label="front"),
        ports=[Port.new(speed=3), Port.new(speed=2)],
        antenna=Antenna.new(gain=7),
    )
    model = to_model(CATALOG, stored(line))
    assert isinstance(model, LineInactive)
    return model


def test_a_block_that_is_given_for_one_field_stands_in_no_other() -> None:
    line = new_line()
    first, second = line.ports

    ring = line.change_product(RingInactive, RING, extra=first)

    assert (ring.extra, [port.id for port in ring.ports]) == (first, [second.id])
    assert to_patch(ring).blocks_removed == ()


@parity("PM-15")
@parity("PM-15", mends="old-product")
def test_blocks_go_to_the_field_of_their_name_else_to_the_only_one_that_fits() -> None:
    line = new_line()

    ring = line.change_product(RingInactive, RING)

    assert type(ring) is RingInactive
    assert (ring.product, ring.size, ring.id, ring.customer_id, ring.status, ring.snapshot) == (
        *("Ring", 3),
        *(line.id, line.customer_id, line.status),
        line.snapshot,
    )
    assert ring.entry == line.access
    assert ring.ports == line.ports
    assert ring.extra is None
    assert ring.wireless == line.antenna
    assert (type(line), line.product) == (LineInactive, "Line")


@parity("PM-15")
def test_what_fits_nowhere_leaves_the_tree_and_what_is_missing_is_new() -> None:
    line = new_line()
    assert line.antenna is not None

    bus = line.change_product(Bus, BUS)
    patch = to_patch(bus)

    assert (bus.port.speed, bus.port.subscription_id) == (1, line.id)
    assert line.access.id not in {bus.west.id, bus.east.id}
    assert (patch.base_version, patch.product, patch.status_changed) == (1, "Bus", False)
    assert set(patch.blocks_removed) == {
        *(line.access.id, line.access.port.id, line.antenna.id),
        *(port.id for port in line.ports),
    }
    assert {block.id for block in patch.blocks_written} == {
        *(bus.west.id, bus.west.port.id, bus.east.id, bus.east.port.id, bus.port.id),
    }


@parity("PM-15")
def test_given_blocks_replace_what_would_be_carried_over() -> None:
    line = new_line()
    entry = Access.new()

    ring = line.change_product(RingInactive, RING, entry=entry, ports=[line.access.port])

    assert ring.entry is entry
    assert entry.subscription_id == entry.port.subscription_id == line.id
    assert [port.id for port in ring.ports] == [line.access.port.id]
    assert line.access.id in to_patch(ring).blocks_removed


def test_a_list_that_was_empty_gets_the_fewest_new_blocks() -> None:
    line = new_line()
    line.ports = []

    ring = line.change_product(RingInactive, RING)

    assert [port.subscription_id for port in ring.ports] == [line.id]


def test_products_of_one_model_differ_in_their_fixed_inputs_alone() -> None:
    node = new_node()

    large = node.change_product(NodeInactive, LARGE_NODE)

    assert (large.product, large.size, node.size) == ("Large node", "large", "small")
    assert large.node == node.node


def test_an_override_is_kept() -> None:
    active = new_line().transition(Line, override="moved by hand")

    assert active.change_product(Ring, RING).override == "moved by hand"


def test_the_class_must_serve_the_status_and_be_of_the_products_model() -> None:
    line = new_line()

    with pytest.raises(TransitionRefused):
        line.change_product(Ring, RING)
    with pytest.raises(TransitionRefused):
        new_node().change_product(NodeProvisioning, LARGE_NODE)
    with pytest.raises(ProductMismatch):
        line.change_product(RingInactive, BUS)


def test_values_that_do_not_fit_are_told() -> None:
    line = new_line()

    with pytest.raises(FixedInputAssigned):
        line.change_product(RingInactive, RING, size=4)
    with pytest.raises(ModelMismatch) as refused:
        line.change_product(RingInactive, RING, entry=Port.new(), extra="red")

    assert [error.path for error in refused.value.errors] == [("entry",), ("extra",)]


@pytest.mark.parametrize(("field", "value"), [("status", ACTIVE), ("version", 9), ("colour", "red")])
def test_nothing_but_blocks_can_be_given(field: str, value: object) -> None:
    with pytest.raises(ModelMismatch) as refused:
        new_line().change_product(RingInactive, RING, **{field: value})

    assert refused.value.errors == (
        FieldMismatch(path=(field,), expected="a field of blocks", found=type(value).__name__),
    )


def test_a_block_of_another_subscription_cannot_be_given_for_a_field() -> None:
    entry = Access.new()
    entry.subscription_id = SubscriptionId(new_uuid7())

    with pytest.raises(ForeignBlock):
        new_line().change_product(RingInactive, RING, entry=entry)
