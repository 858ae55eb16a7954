"""Fixed inputs: the constants of products."""

from dataclasses import replace
from datetime import timedelta
from enum import IntEnum
from typing import Literal

import pytest

from domain.json import JsonValue
from domain.model.catalog import Catalog, Product
from domain.model.definition.fixed_inputs import FixedInputChoices
from domain.model.errors import FixedInputAssigned, InvalidCatalog, ProductMismatch
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import CUSTOMER, SMALL_NODE, NodeInactive
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


class Speed(IntEnum):
    SLOW = 10**9
    FAST = 10**11


class LineInactive(SubscriptionModel, name="Line"):
    speed: Speed
    protected: bool | None = None
    repair_within: timedelta | None = None
    code: str | None = None


class Line(LineInactive, lifecycle=[ACTIVE]):
    speed: Speed


class Tunnel(SubscriptionModel, name="Tunnel"):
    speed: Speed
    kind: Literal["gre", "ipsec"]


def product(
    name: str, tag: str, model: type[SubscriptionModel], fixed_inputs: dict[str, JsonValue]
) -> Product:
    return Product(
        name=name, tag=tag, product_type=tag, description="", model=model, fixed_inputs=fixed_inputs
    )


SLOW = product("Slow line", "LINE", Line, {"speed": 10**9, "repair_within": 4 * 3_600_000_000})
FAST = product("Fast line", "LINE", LineInactive, {"speed": 10**11, "protected": True, "code": "x"})
TUNNEL = product("Tunnel", "TUNNEL", Tunnel, {"speed": 10**9, "kind": "gre"})


@parity("PM-07")
@pytest.mark.parametrize(
    ("fixed_inputs", "told"),
    [
        ({}, "product 'Small node': found no fixed input size, expected one"),
        (
            {"size": "huge"},
            "found 'huge' for the fixed input size, expected: Input should be 'small' or 'large'",
        ),
        ({"size": None}, "found None for the fixed input size"),
        (
            {"size": "small", "color": "red"},
            "found the fixed inputs ['color'], which NodeInactive does not have, expected some of ['size']",
        ),
    ],
)
def test_fixed_inputs_must_fit_the_model(fixed_inputs: dict[str, JsonValue], told: str) -> None:
    with pytest.raises(InvalidCatalog) as refused:
        Catalog([replace(SMALL_NODE, fixed_inputs=fixed_inputs)])

    assert told in str(refused.value)


@parity("PM-07")
def test_a_new_subscription_has_the_values_of_its_product() -> None:
    slow = LineInactive.new(product=SLOW, customer_id=CUSTOMER)
    fast = LineInactive.new(product=FAST, customer_id=CUSTOMER)

    assert (slow.speed, slow.protected, slow.repair_within, slow.code) == (
        *(Speed.SLOW, None),
        timedelta(hours=4),
        None,
    )
    assert (fast.speed, fast.protected, fast.repair_within, fast.code) == (Speed.FAST, True, None, "x")


def test_a_new_subscription_cannot_have_other_values() -> None:
    with pytest.raises(FixedInputAssigned):
        LineInactive.new(product=SLOW, customer_id=CUSTOMER, speed=Speed.FAST)


def test_a_new_subscription_needs_a_product_of_its_model() -> None:
    with pytest.raises(ProductMismatch) as refused:
        NodeInactive.new(product=SLOW, customer_id=CUSTOMER)

    assert (refused.value.product, refused.value.found, refused.value.expected) == (
        *("Slow line", "Line"),
        "Node",
    )


@parity("PM-07")
def test_the_catalogue_tells_the_choices_and_which_tags_require_them() -> None:
    assert Catalog([SLOW, FAST, TUNNEL]).fixed_input_choices() == (
        FixedInputChoices(name="code", choices=None, required={"LINE": False}),
        FixedInputChoices(name="kind", choices=("gre", "ipsec"), required={"TUNNEL": True}),
        FixedInputChoices(name="protected", choices=(False, True), required={"LINE": False}),
        FixedInputChoices(name="repair_within", choices=None, required={"LINE": False}),
        FixedInputChoices(name="speed", choices=(10**9, 10**11), required={"LINE": True, "TUNNEL": True}),
    )
