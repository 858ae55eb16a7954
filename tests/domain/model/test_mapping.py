from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from uuid import UUID

import pytest
from pydantic import AnyUrl

from domain.errors import ProductNotFound
from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue, UnrepresentableValue, decode
from domain.model.errors import BlockUsedTwice, FieldMismatch, ForeignBlock, ModelMismatch
from domain.model.lifecycle import ACTIVE, TERMINATED
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.tree import BlockRecord, RelationRecord, Tree
from tests.domain.circuits import CIRCUITS, CircuitInactive, Contact, Grade, RecordBlock, new_circuit
from tests.domain.sample import (
    CATALOG,
    CUSTOMER,
    Media,
    NodeBlockInactive,
    NodeInactive,
    NodeProvisioning,
    PortBlockInactive,
    PortBlockProvisioning,
    new_node,
)
from tests.domain.stored import stored
from tests.parity import parity


def loaded(tree: Tree) -> NodeInactive:
    model = to_model(CATALOG, tree)
    assert isinstance(model, NodeInactive)
    return model


def with_values(tree: Tree, block_id: BlockId, values: dict[str, JsonValue]) -> Tree:
    return replace(
        tree,
        blocks=tuple(
            replace(block, values=values) if block.id == block_id else block for block in tree.blocks
        ),
    )


def test_an_unchanged_model_gives_an_empty_patch() -> None:
    patch = to_patch(loaded(stored(new_node())))

    assert patch.is_empty
    assert (patch.base_version, patch.blocks_written, patch.blocks_removed, patch.relations) == (
        1,
        (),
        (),
        None,
    )


def test_a_large_float_that_comes_back_as_an_integer_is_unchanged() -> None:
    node = new_node()
    node.node.weight_kg = 6.481560046986734e16
    tree = stored(node)
    values = next(dict(block.values) for block in tree.blocks if block.id == node.node.id)

    model = loaded(with_values(tree, node.node.id, {**values, "weight_kg": 64815600469867340}))

    assert model.node.weight_kg == node.node.weight_kg
    assert to_patch(model).is_empty


def test_a_patch_holds_only_the_blocks_that_changed() -> None:
    model = loaded(stored(new_node(), version=7))
    model.node.uplink.label = "north"

    patch = to_patch(model)

    assert (patch.base_version, patch.is_empty, patch.relations) == (7, False, None)
    assert [block.id for block in patch.blocks_written] == [model.node.uplink.id]
    assert patch.blocks_removed == ()


def test_removed_blocks_are_named_with_all_that_was_below_them() -> None:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(), PortBlockInactive.new()]
    model = loaded(stored(node))
    removed = model.node.ports.pop(0)

    patch = to_patch(model)

    assert (patch.blocks_written, patch.blocks_removed) == ((), (removed.id,))
    assert patch.relations is not None
    assert RelationRecord(
        parent_id=model.node.id, attribute="ports", position=0, child_id=model.node.ports[0].id
    ) in set(patch.relations)
    assert len(patch.relations) == 3


def test_the_order_of_a_list_is_part_of_the_tree() -> None:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(speed=1), PortBlockInactive.new(speed=2)]
    model = loaded(stored(node))
    model.node.ports.reverse()

    again = loaded(replace(stored(node), relations=to_patch(model).relations or ()))

    assert [port.speed for port in again.node.ports] == [2, 1]


def test_one_block_in_two_places_stays_one_object() -> None:
    node = new_node()
    node.node.spare = node.node.ports[0] if node.node.ports else PortBlockInactive.new()
    tree = stored(node)
    shared = RelationRecord(
        parent_id=node.node.id, attribute="ports", position=0, child_id=node.node.uplink.id
    )

    model = loaded(replace(tree, relations=(*tree.relations, shared)))

    assert model.node.ports[0] is model.node.uplink


def test_a_tree_that_drifted_from_its_model_is_told_whole() -> None:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(speed=1)]
    tree = stored(node)
    drifted = with_values(
        with_values(tree, node.node.uplink.id, {"media": "air", "speed": 1, "vlans": []}),
        node.node.ports[0].id,
        {"media": "fibre", "speed": 1, "vlans": [1, "two"], "colour": "red"},
    )

    with pytest.raises(ModelMismatch) as refused:
        to_model(CATALOG, drifted)

    assert refused.value.subscription_id == node.id
    assert [error.path for error in refused.value.errors] == [
        ("node", "ports", 0, "vlans", 1),
        ("node", "ports", 0, "colour"),
        ("node", "uplink", "media"),
    ]
    assert refused.value.errors[2].found == "'air'"


def test_a_missing_block_is_a_mismatch() -> None:
    node = new_node()
    tree = stored(node)
    without = replace(tree, relations=tuple(each for each in tree.relations if each.attribute != "uplink"))

    with pytest.raises(ModelMismatch) as refused:
        to_model(CATALOG, without)

    assert refused.value.errors == (
        FieldMismatch(path=("node", "uplink"), expected="Field required", found="nothing"),
    )


@pytest.mark.parametrize(
    ("attribute", "position", "told"),
    [
        ("antenna", 0, "node.antenna: a field of the model class, found stored blocks"),
        ("uplink", 1, "node.uplink: one block, found 2 blocks"),
    ],
)
def test_a_relation_that_the_model_has_no_place_for_is_a_mismatch(
    attribute: str, position: int, told: str
) -> None:
    node = new_node()
    node.node.spare = PortBlockInactive.new()
    tree = stored(node)
    extra = RelationRecord(
        parent_id=node.node.id, attribute=attribute, position=position, child_id=node.node.spare.id
    )

    with pytest.raises(ModelMismatch) as refused:
        to_model(CATALOG, replace(tree, relations=(*tree.relations, extra)))

    assert [str(error) for error in refused.value.errors] == [told]


def test_a_block_of_another_family_is_a_mismatch() -> None:
    node = new_node()
    tree = stored(node)
    blocks = tuple(
        replace(block, block="Antenna") if block.id == node.node.uplink.id else block for block in tree.blocks
    )

    with pytest.raises(ModelMismatch, match=r"node\.uplink: a block PortBlock, found a block Antenna"):
        to_model(CATALOG, replace(tree, blocks=blocks))


def test_a_block_inside_itself_is_a_mismatch() -> None:
    node = new_node()
    tree = stored(node)
    looped = RelationRecord(
        parent_id=node.node.uplink.id, attribute="uplink", position=0, child_id=node.node.id
    )

    with pytest.raises(ModelMismatch):
        to_model(CATALOG, replace(tree, relations=(*tree.relations, looped)))


def test_a_tree_that_its_status_does_not_allow_is_a_mismatch() -> None:
    tree = stored(new_node())

    with pytest.raises(ModelMismatch) as refused:
        to_model(CATALOG, replace(tree, subscription=replace(tree.subscription, status=ACTIVE)))

    assert refused.value.model == "Node"
    assert [error.path for error in refused.value.errors] == [("node", "rack")]


def test_a_terminated_subscription_loads_with_the_base() -> None:
    tree = stored(new_node())

    model = to_model(CATALOG, replace(tree, subscription=replace(tree.subscription, status=TERMINATED)))

    assert (type(model), model.status) == (NodeInactive, TERMINATED)


def test_a_product_that_the_catalogue_does_not_have_is_not_found() -> None:
    tree = stored(new_node())

    with pytest.raises(ProductNotFound):
        to_model(CATALOG, replace(tree, subscription=replace(tree.subscription, product_name="Gone")))


def test_a_list_changed_in_place_is_checked_before_it_is_written() -> None:
    model = loaded(stored(new_node()))
    model.node.ports.extend(PortBlockInactive.new() for _ in range(9))

    with pytest.raises(ModelMismatch) as refused:
        to_patch(model)

    assert [error.path for error in refused.value.errors] == [("node", "ports")]


def test_what_is_no_block_is_not_dropped_silently() -> None:
    model = loaded(stored(new_node()))
    ports: list[object] = model.node.ports  # pyright: ignore[reportAssignmentType]  # what a careless step does
    ports.append({"speed": 1})

    with pytest.raises((ModelMismatch, UnrepresentableValue)):
        to_patch(model)


def test_a_block_cannot_be_in_one_parent_twice() -> None:
    model = loaded(stored(new_node()))
    model.node.spare = model.node.uplink

    with pytest.raises(BlockUsedTwice) as refused:
        to_patch(model)

    assert (refused.value.block_id, refused.value.path) == (model.node.uplink.id, ("node", "spare"))


def test_a_block_of_another_subscription_is_refused_in_a_field_of_the_subscription() -> None:
    model, other = loaded(stored(new_node())), new_node()
    model.node = other.node

    with pytest.raises(ForeignBlock) as refused:
        to_patch(model)

    assert (refused.value.owner, refused.value.subscription_id) == (other.id, model.id)


@parity("PM-16")
def test_a_block_of_the_class_for_another_status_is_refused() -> None:
    model = loaded(stored(new_node()))
    model.node.ports = [PortBlockInactive.new(), PortBlockProvisioning.new(speed=1)]

    with pytest.raises(ModelMismatch) as refused:
        to_patch(model)

    assert refused.value.errors == (
        FieldMismatch(
            path=("node", "ports", 1),
            expected="a PortBlockInactive, which serves INITIAL",
            found="a PortBlockProvisioning",
        ),
    )


@pytest.mark.parametrize("field", ["start_at", "end_at"])
@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_time_that_has_no_stored_form_is_refused_with_its_field(field: str, at: datetime) -> None:
    model = new_node()
    setattr(model, field, at)

    with pytest.raises(UnrepresentableValue) as refused:
        to_patch(model)

    assert refused.value.path == (field,)


def test_a_description_that_cannot_be_stored_is_refused_before_it_is_written() -> None:
    class Described(SubscriptionModel, name="Described"):
        def describe(self) -> str:
            return "broken \x00"

    with pytest.raises(UnrepresentableValue) as refused:
        to_patch(Described.new(product="Described", customer_id=CUSTOMER))

    assert refused.value.path == ("description",)


def test_the_zone_of_an_address_that_cannot_be_stored_is_refused_with_its_place() -> None:
    circuit = new_circuit()
    circuit.circuit.extras = [RecordBlock.new(), RecordBlock.new(v6=IPv6Address("fe80::1%\x00"))]

    with pytest.raises(UnrepresentableValue) as refused:
        to_patch(circuit)

    assert refused.value.path == ("circuit", "extras", 1, "v6")


def test_a_transition_is_part_of_the_patch() -> None:
    model = loaded(stored(new_node())).transition(NodeProvisioning)

    patch = to_patch(model)

    assert (patch.base_version, patch.blocks_written, patch.relations) == (1, (), None)
    assert (patch.before, patch.after) == (
        {"subscription": {"status": "INITIAL"}},
        {"subscription": {"status": "PROVISIONING"}},
    )


def test_the_values_of_a_record_are_the_stored_forms() -> None:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(vlans=[3, 1, 2])]

    (port,) = [block for block in to_patch(node).blocks_written if block.id == node.node.ports[0].id]

    assert port == BlockRecord(
        id=node.node.ports[0].id,
        subscription_id=SubscriptionId(node.id),
        block="PortBlock",
        label=None,
        values={"media": "fibre", "vlans": [3, 1, 2]},
    )


def every_kind() -> RecordBlock:
    """A block with a value of every kind, none of which is written as JSON writes it by itself."""
    return RecordBlock.new(
        text="ß \U0001f600",
        flag=False,
        count=10**40,
        ratio=1e22,
        price=Decimal("1.500"),
        at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
        on=date(2026, 1, 2),
        daily=time(3, 4, 5, 6),
        lasts=timedelta(days=-5, microseconds=7),
        serial=UUID(int=5),
        email="someone@example.com",
        page=AnyUrl("https://example.com/a?b=c"),
        v4=IPv4Address("192.0.2.1"),
        v6=IPv6Address("2001:db8::1"),
        v4_network=IPv4Network("192.0.2.0/24"),
        v6_network=IPv6Network("2001:db8::/64"),
        v4_interface=IPv4Interface("192.0.2.1/24"),
        v6_interface=IPv6Interface("2001:db8::1/64"),
        address=IPv6Address("2001:db8::2"),
        network=IPv4Network("192.0.2.0/30"),
        interface=IPv4Interface("192.0.2.2/30"),
        media=Media.COPPER,
        grade=Grade.GOLD,
        contact=Contact(name="A", hours=[time(1), time(2, 30)]),
        contacts=[Contact(name="B", email="b@example.com"), Contact(name="C")],
        counts=[3, None, -(10**30), 1],
        ratios=[0.1, 1e300, -0.0],
    )


@parity("PM-06")
@parity("PM-06", mends="order")
@parity("PM-06", mends="none-in-list")
def test_values_of_every_kind_come_back_as_they_were() -> None:
    circuit, record = new_circuit(), every_kind()
    circuit.circuit.extras = [record]
    tree = stored(circuit)
    written = tuple(replace(block, values=as_postgresql_prints(block.values)) for block in tree.blocks)

    model = to_model(CIRCUITS, replace(tree, blocks=written))

    assert isinstance(model, CircuitInactive)
    (extra,) = model.circuit.extras
    exclude = {"subscription_id"}
    assert extra.model_dump(exclude=exclude) == record.model_dump(exclude=exclude)
    assert to_patch(model).is_empty


def as_postgresql_prints(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Values whose large numbers are written without an exponent."""
    written = {"ratio": "10000000000000000000000", "ratios": f"[0.1, {10**300}, 0.0]"}
    return {**values, **{name: decode(text) for name, text in written.items() if name in values}}


def test_a_patch_says_what_is_checked_of_a_change_of_status() -> None:
    model = loaded(stored(new_node()))
    provisioned = model.transition(NodeProvisioning, override="the field engineer said so")

    patch, unchanged, new = to_patch(provisioned), to_patch(model), to_patch(new_node())

    assert (patch.status_changed, patch.override) == (True, "the field engineer said so")
    assert (unchanged.status_changed, unchanged.override) == (False, None)
    assert (new.status_changed, new.references, new.references_added) == (False, (), ())


class Named(SubscriptionModel, name="Named"):
    node: NodeBlockInactive

    def describe(self) -> str:
        return self.node.rack or f"Node {self.node.name}"


def test_a_model_may_describe_itself() -> None:
    node = Named.new(product="Named", customer_id=CUSTOMER, node=NodeBlockInactive.new(name="n7"))

    patch = to_patch(node)

    assert (patch.description, patch.described, to_patch(new_node()).described) == ("Node n7", True, False)
    assert isinstance(patch.after, dict)
    columns = patch.after["subscription"]
    assert isinstance(columns, dict)
    assert columns["description"] == "Node n7"


@pytest.mark.parametrize(
    ("text", "found"), [(" ", "' '"), (" \n", "' \\n'"), ("x" * 2001, "2001 characters")]
)
def test_a_description_that_cannot_be_stored_is_refused(text: str, found: str) -> None:
    node = Named.new(
        product="Named", customer_id=CUSTOMER, node=NodeBlockInactive.new(name=text, rack=text or None)
    )

    with pytest.raises(ModelMismatch) as refused:
        to_patch(node)

    assert refused.value.errors == (
        FieldMismatch(
            path=("description",),
            expected="text of at most 2000 characters that is not blank",
            found=found,
        ),
    )
