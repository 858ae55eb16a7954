"""What a model class may look like, checked when it is defined."""

from typing import Any

import pytest
from pydantic import ConfigDict, computed_field

from domain.ids import BlockId, CustomerId
from domain.model.blocks import ProductBlockModel
from domain.model.errors import (
    InvalidFamily,
    LifecycleMismatch,
    ModelDefinitionError,
    ReservedField,
)
from domain.model.lifecycle import ACTIVE, DISABLED, INITIAL, PROVISIONING, TERMINATED
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import (
    Node,
    NodeBlock,
    NodeBlockInactive,
    NodeInactive,
    NodeProvisioning,
    PortBlockInactive,
)
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false, reportUnusedClass=false


@parity("PM-04")
@parity("PM-22")
def test_the_class_of_a_status_is_the_one_that_claims_it_or_the_base() -> None:
    family = NodeInactive.family()

    assert Node.family() is family
    assert (family.name, family.key, family.base) == ("Node", "node", NodeInactive)
    assert NodeBlockInactive.family().description == "A node of the network."
    assert family.members == (NodeInactive, NodeProvisioning, Node)
    assert [family.class_for(status) for status in (INITIAL, PROVISIONING, ACTIVE, TERMINATED)] == [
        NodeInactive,
        NodeProvisioning,
        Node,
        NodeInactive,
    ]
    assert family.statuses_of(Node) == {ACTIVE}
    assert family.statuses_of(NodeBlock) == frozenset()


@pytest.mark.parametrize(
    ("name", "key"),
    [("Node", "node"), ("NodeBlock", "node_block"), ("IP Prefix-v4", "ip_prefix_v4"), ("L2VPN", "l2_vpn")],
)
def test_the_key_of_a_family_is_its_name_in_snake_case(name: str, key: str) -> None:
    class Block(ProductBlockModel, name=name):
        pass

    assert Block.family().key == key


def test_the_structure_tells_scalars_from_blocks() -> None:
    structure = NodeBlockInactive.structure()

    assert list(structure.blocks) == ["ports", "uplink", "spare"]
    ports, uplink, spare = structure.blocks.values()
    assert (ports.shape.many, ports.shape.max_length, ports.blocks) == (True, 8, (PortBlockInactive,))
    assert (uplink.shape.many, uplink.shape.optional) == (False, False)
    assert (spare.shape.many, spare.shape.optional) == (False, True)
    assert {name: field.scalar.graphql_name for name, field in structure.scalars.items()} == {
        "name": "String",
        "rack": "String",
        "loopback": "IPv6Interface",
        "management": "IPv4Address",
        "price": "Decimal",
        "weight_kg": "Float",
        "redundant": "Boolean",
        "serial": "UUID",
        "installed_at": "DateTime",
    }


def test_an_abstract_class_lends_its_fields() -> None:
    class Named(ProductBlockModel):
        name: str

    class Site(Named, name="Site"):
        city: str

    assert list(Site.structure().scalars) == ["name", "city"]
    with pytest.raises(InvalidFamily):
        Named.family()


def test_a_block_may_hold_blocks_of_its_own_class() -> None:
    class Rack(ProductBlockModel, name="Rack"):
        parts: list["Rack"]

    assert Rack.new(parts=[Rack.new()]).parts[0].parts == []


def refused(error: type[ModelDefinitionError], field: str | None) -> pytest.RaisesExc[ModelDefinitionError]:
    return pytest.RaisesExc(error, check=lambda raised: raised.field == field)


def test_a_claimed_status_cannot_be_claimed_again() -> None:
    with refused(InvalidFamily, None):

        class Another(NodeBlockInactive, lifecycle=[ACTIVE]):
            pass


def test_a_subclass_needs_a_lifecycle() -> None:
    with refused(InvalidFamily, None):

        class Another(NodeBlockInactive):
            pass


@pytest.mark.parametrize("lifecycle", ["ACTIVE", ["ACTIV"], [ACTIVE, "Disabled"]])
def test_a_lifecycle_is_a_list_of_statuses(lifecycle: Any) -> None:
    class Block(ProductBlockModel, name="Block"):
        pass

    with pytest.raises(InvalidFamily) as refused:
        type("Later", (Block,), {}, lifecycle=lifecycle)

    assert refused.value.expected == "a list of statuses"
    assert Block.family().members == (Block,)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (ConfigDict(extra="allow"), "extra='allow'"),
        (ConfigDict(validate_assignment=False), "validate_assignment=False"),
        (ConfigDict(revalidate_instances="always"), "revalidate_instances='always'"),
        (ConfigDict(use_enum_values=True), "use_enum_values=True"),
        (ConfigDict(frozen=True), "frozen=True"),
    ],
)
def test_the_settings_that_saving_relies_on_cannot_be_changed(settings: ConfigDict, found: str) -> None:
    with pytest.raises(ReservedField) as refused:
        type("Block", (ProductBlockModel,), {"model_config": settings}, name="Block")

    assert (refused.value.field, refused.value.found) == ("model_config", found)


def test_other_settings_of_a_class_are_its_own() -> None:
    settings = ConfigDict(str_strip_whitespace=True)

    block: Any = type(
        "Block",
        (ProductBlockModel,),
        {"model_config": settings, "__annotations__": {"name": str}},
        name="Block",
    )

    assert block.new(name=" n1 ").name == "n1"


def test_a_lifecycle_needs_a_family() -> None:
    with refused(InvalidFamily, None):

        class Another(ProductBlockModel, lifecycle=[ACTIVE]):
            pass


@pytest.mark.parametrize("name", ["", "1st", "a.b"])
def test_a_family_needs_a_proper_name(name: str) -> None:
    with refused(InvalidFamily, None):

        class Another(ProductBlockModel, name=name):
            pass


def test_a_name_cannot_be_given_below_a_family() -> None:
    with refused(InvalidFamily, None):

        class Another(NodeBlockInactive, name="Other"):
            pass


@parity("PM-04")
def test_a_nested_class_must_serve_the_status_of_its_owner() -> None:
    class Another(SubscriptionModel, name="Another"):
        node: NodeBlockInactive

    with pytest.raises(LifecycleMismatch) as raised:

        class AnotherActive(Another, lifecycle=[DISABLED, ACTIVE]):
            pass

    assert (raised.value.model, raised.value.field, raised.value.nested, raised.value.status) == (
        "AnotherActive",
        "node",
        "NodeBlockInactive",
        ACTIVE,
    )


def test_a_base_cannot_hold_a_class_that_serves_one_status_alone() -> None:
    with refused(LifecycleMismatch, "node"):

        class Another(ProductBlockModel, name="Another"):
            node: NodeBlock


@pytest.mark.parametrize("field", ["id", "label", "subscription_id", "new", "family", "structure", "copy"])
def test_the_names_of_the_root_are_reserved(field: str) -> None:
    with refused(ReservedField, field):
        type("Another", (ProductBlockModel,), {"__annotations__": {field: BlockId}}, name="Another")


@pytest.mark.parametrize(
    "field", ["status", "product", "version", "transition", "snapshot", "describe", "change_product"]
)
def test_the_names_of_a_subscription_are_reserved(field: str) -> None:
    with refused(ReservedField, field):
        type("Another", (SubscriptionModel,), {"__annotations__": {field: str}}, name="Another")


@pytest.mark.parametrize("name", ["label", "family", "copy"])
def test_a_computed_field_cannot_take_a_reserved_name(name: str) -> None:
    def compute(_: object) -> str:
        return ""

    compute.__name__ = name
    with refused(ReservedField, name):
        type("Another", (ProductBlockModel,), {name: computed_field(property(compute))}, name="Another")


def test_a_method_of_every_model_cannot_be_redefined_but_for_hooks() -> None:
    with refused(ReservedField, "transition"):

        class Another(SubscriptionModel, name="Another"):
            def transition(self) -> None: ...  # pyright: ignore[reportIncompatibleMethodOverride]  # the point of the test

    class Described(SubscriptionModel, name="Described"):
        def describe(self) -> str:
            return "always this"

    assert Described.new(product="P", customer_id=CustomerId("c")).describe() == "always this"


def test_a_class_cannot_have_parents_of_two_families() -> None:
    with refused(InvalidFamily, None):

        class Another(NodeBlockInactive, PortBlockInactive, lifecycle=[DISABLED]):
            pass


def test_an_abstract_class_may_stand_beside_a_family() -> None:
    class Billed(ProductBlockModel):
        price: int

    class SiteInactive(ProductBlockModel, name="Site"):
        city: str

    class Site(Billed, SiteInactive, lifecycle=[ACTIVE]):
        pass

    assert SiteInactive.family().members == (SiteInactive, Site)
    assert set(Site.structure().scalars) == {"city", "price"}
