from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.errors import ProductNotFound
from domain.ids import BlockId, ProductId, SubscriptionId, new_uuid7
from domain.json import JsonValue, UnrepresentableValue
from domain.model.errors import BlockUsedTwice, FieldMismatch, ForeignBlock, ModelMismatch
from domain.model.lifecycle import ACTIVE, TERMINATED
from domain.model.mapping import to_model, to_patch
from domain.model.subscriptions import SubscriptionModel
from domain.model.tree import BlockRecord, RelationRecord, SubscriptionRecord, Tree
from tests.domain.sample import CATALOG, NodeInactive, NodeProvisioning, PortBlockInactive, new_node

AT = datetime(2026, 1, 2, tzinfo=UTC)


def stored(model: SubscriptionModel, *, version: int = 1) -> Tree:
    """The tree that is stored once a new model is saved."""
    patch = to_patch(model)
    record = SubscriptionRecord(
        id=model.id,
        product_id=ProductId(new_uuid7()),
        product_name=model.product,
        customer_id=model.customer_id,
        status=model.status,
        description=model.description,
        in_sync=True,
        held_by=None,
        version=version,
        note=None,
        note_version=0,
        start_at=model.start_at,
        end_at=model.end_at,
        created_at=AT,
        modified_at=AT,
    )
    return Tree(subscription=record, blocks=patch.blocks_written, relations=patch.relations or ())


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


def test_a_block_of_another_subscription_is_refused() -> None:
    model, other = loaded(stored(new_node())), new_node()
    model.node.spare = other.node.uplink

    with pytest.raises(ForeignBlock) as refused:
        to_patch(model)

    assert (refused.value.owner, refused.value.subscription_id) == (other.id, model.id)


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
