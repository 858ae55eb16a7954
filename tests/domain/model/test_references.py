from dataclasses import replace

import pytest

from domain.ids import BlockId, new_uuid7
from domain.model.errors import (
    BlockLeftBelowForeign,
    BlockUsedTwice,
    FieldMismatch,
    ForeignBlock,
    ForeignBlockChanged,
    ModelMismatch,
    NestedTooDeep,
)
from domain.model.lifecycle import ACTIVE
from domain.model.trees.disassembly import MOST_LEVELS, take_apart, walk
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.tree import BlockRecord, BlockStub, RelationRecord, Tree
from tests.domain.circuits import (
    CIRCUITS,
    Circuit,
    CircuitInactive,
    CircuitProvisioning,
    EndpointBlockInactive,
    FibreHop,
    RecordBlock,
    TreeBlock,
    WaveHop,
    WaveHopInactive,
    new_circuit,
)
from tests.domain.sample import (
    OTHER_CUSTOMER,
    NodeInactive,
    PortBlock,
    PortBlockInactive,
    PortBlockProvisioning,
    new_node,
)
from tests.domain.stored import stored
from tests.parity import parity


def loaded(tree: Tree) -> CircuitInactive:
    model = to_model(CIRCUITS, tree)
    assert isinstance(model, CircuitInactive)
    return model


def node_with_ports(*speeds: int) -> NodeInactive:
    """A node of another customer with ports."""
    node = new_node(customer=OTHER_CUSTOMER)
    node.node.ports = [PortBlockInactive.new(speed=speed) for speed in speeds]
    for port in node.node.ports:
        port.subscription_id = node.id
    return node


def adopted(circuit: CircuitInactive) -> CircuitInactive:
    """The circuit, whose blocks know their owner as they do once they are stored."""
    for placed in walk(circuit, circuit.structure(), subscription_id=circuit.id):
        placed.block.subscription_id = circuit.id
    return circuit


def written(patch: SubscriptionPatch) -> set[BlockId]:
    return {block.id for block in patch.blocks_written}


@parity("PM-10")
def test_a_reference_is_stored_as_a_relation_and_the_foreign_block_is_not() -> None:
    node = node_with_ports(1, 2)
    circuit = new_circuit(*node.node.ports)

    patch = to_patch(circuit)

    first, second = circuit.circuit.endpoints
    assert written(patch) == {circuit.circuit.id, first.id, second.id}
    assert patch.relations == (
        RelationRecord(parent_id=None, attribute="circuit", position=0, child_id=circuit.circuit.id),
        RelationRecord(parent_id=circuit.circuit.id, attribute="endpoints", position=0, child_id=first.id),
        RelationRecord(
            parent_id=first.id,
            attribute="port",
            position=0,
            child_id=node.node.ports[0].id,
            owner_id=node.id,
        ),
        RelationRecord(parent_id=circuit.circuit.id, attribute="endpoints", position=1, child_id=second.id),
        RelationRecord(
            parent_id=second.id,
            attribute="port",
            position=0,
            child_id=node.node.ports[1].id,
            owner_id=node.id,
        ),
    )
    assert (patch.references, patch.references_added) == ((node.id,), (node.id,))
    assert isinstance(patch.after, dict)
    assert patch.after["relations"] is not None
    assert str(node.id) in str(patch.after["relations"])


@parity("PM-10")
def test_a_tree_with_references_loads_whole_and_unchanged() -> None:
    node = node_with_ports(1, 2)
    circuit = new_circuit(*node.node.ports)

    again = loaded(stored(circuit, node))

    assert [endpoint.port and endpoint.port.speed for endpoint in again.circuit.endpoints] == [1, 2]
    assert [endpoint.port and endpoint.port.subscription_id for endpoint in again.circuit.endpoints] == [
        node.id,
        node.id,
    ]
    patch = to_patch(again)
    assert (patch.is_empty, patch.references, patch.references_added) == (True, (node.id,), ())


def test_references_of_references_are_part_of_the_tree() -> None:
    node = node_with_ports(5)
    backbone = new_circuit(*node.node.ports, name="backbone")
    circuit = new_circuit()
    circuit.circuit.backbone = backbone.circuit

    again = loaded(stored(circuit, backbone, node))

    assert again.circuit.backbone is not None
    (endpoint,) = again.circuit.backbone.endpoints
    assert endpoint.port is not None
    assert (endpoint.port.speed, endpoint.port.subscription_id) == (5, node.id)
    patch = to_patch(again)
    assert (patch.is_empty, patch.references) == (True, (backbone.id,))


@parity("PM-13", mends="diamonds")
def test_one_foreign_block_in_two_places_stays_one_object() -> None:
    node = node_with_ports(1)
    (port,) = node.node.ports

    again = loaded(stored(new_circuit(port, port), node))

    first, second = again.circuit.endpoints
    assert first.port is second.port
    assert to_patch(again).is_empty


def test_a_changed_reference_changes_relations_and_no_blocks() -> None:
    node, other = node_with_ports(1), node_with_ports(2)
    model = loaded(stored(new_circuit(*node.node.ports), node))
    model.circuit.endpoints[0].port = other.node.ports[0]

    patch = to_patch(model)

    assert (patch.blocks_written, patch.blocks_removed) == ((), ())
    assert (patch.references, patch.references_added) == ((other.id,), (other.id,))


def test_a_dropped_reference_does_not_remove_the_foreign_block() -> None:
    node = node_with_ports(1)
    model = loaded(stored(new_circuit(*node.node.ports), node))
    model.circuit.endpoints[0].port = None

    patch = to_patch(model)

    assert (patch.blocks_written, patch.blocks_removed, patch.references) == ((), (), ())
    assert patch.relations is not None
    assert len(patch.relations) == 2


@parity("PM-10")
def test_a_foreign_block_directly_under_a_subscription_is_refused() -> None:
    circuit, other = new_circuit(), new_circuit()
    circuit.circuit = other.circuit

    with pytest.raises(ForeignBlock) as refused:
        to_patch(circuit)

    assert (refused.value.block_id, refused.value.owner) == (other.circuit.id, other.id)
    assert str(other.id) not in str(refused.value)


@parity("PM-10")
@parity("PM-10")
def test_a_foreign_block_in_a_field_without_the_mark_is_refused() -> None:
    circuit, other = new_circuit(), new_circuit(customer=OTHER_CUSTOMER)
    hop = FibreHop.new(length_m=2.5)
    hop.subscription_id = other.id
    circuit.circuit.hops = [FibreHop.new(), hop]

    with pytest.raises(ForeignBlock) as refused:
        to_patch(circuit)

    assert (refused.value.block_id, refused.value.owner) == (hop.id, other.id)
    assert refused.value.path == ("circuit", "hops", 1)
    assert str(refused.value) == (
        f"block {hop.id} at circuit.hops.1 belongs to another subscription, expected a block of {circuit.id},"
        " or a field of a block that is marked Reference()"
    )


def test_a_foreign_block_cannot_be_in_one_parent_twice() -> None:
    backbone, circuit = new_circuit(), new_circuit()
    tree = TreeBlock.new(name="shared")
    backbone.circuit.tree = tree
    tree.subscription_id = backbone.id
    circuit.circuit.tree = tree
    circuit.circuit.extras = [tree]

    with pytest.raises(BlockUsedTwice) as refused:
        to_patch(circuit)

    assert (refused.value.block_id, refused.value.path) == (tree.id, ("circuit", "tree"))


@pytest.mark.parametrize(
    ("field", "value"), [("speed", 7), ("label", "renamed"), ("vlans", [4]), ("speed", None)]
)
def test_a_changed_foreign_block_is_refused(field: str, value: object) -> None:
    node = node_with_ports(1)
    model = loaded(stored(new_circuit(*node.node.ports), node))
    port = model.circuit.endpoints[0].port
    setattr(port, field, value)

    with pytest.raises(ForeignBlockChanged) as refused:
        to_patch(model)

    assert (refused.value.block_id, refused.value.field) == (node.node.ports[0].id, field)
    assert (refused.value.owner, refused.value.subscription_id) == (node.id, model.id)
    assert str(node.id) not in str(refused.value)


def test_a_changed_list_of_a_foreign_block_is_refused() -> None:
    backbone, circuit = new_circuit(), new_circuit()
    circuit.circuit.backbone = backbone.circuit
    model = loaded(stored(circuit, backbone))
    assert model.circuit.backbone is not None
    model.circuit.backbone.endpoints.append(EndpointBlockInactive.new())

    with pytest.raises(ForeignBlockChanged) as refused:
        to_patch(model)

    assert (refused.value.block_id, refused.value.field) == (backbone.circuit.id, "endpoints")


def test_what_is_put_below_a_foreign_block_is_not_written() -> None:
    backbone, circuit = new_circuit(), new_circuit()
    backbone.circuit.endpoints.append(EndpointBlockInactive.new())
    circuit.circuit.backbone = backbone.circuit

    parts = take_apart(circuit, circuit.structure(), subscription_id=circuit.id)

    assert [block.id for block in parts.blocks] == [circuit.circuit.id]
    assert {block.subscription_id for block in parts.foreign_blocks} == {backbone.id}
    assert [placed.block.id for placed in walk(circuit, circuit.structure(), subscription_id=circuit.id)] == [
        circuit.circuit.id
    ]


def referring_back() -> tuple[CircuitInactive, CircuitInactive, TreeBlock]:
    """A circuit, another that it refers to, and a block of the first that the other refers to."""
    circuit, backbone = new_circuit(), new_circuit(name="backbone")
    tree = TreeBlock.new(name="own")
    tree.subscription_id = circuit.id
    circuit.circuit.tree = tree
    backbone.circuit.tree = tree
    circuit.circuit.backbone = backbone.circuit
    return circuit, backbone, tree


def test_an_own_block_is_also_reached_through_a_foreign_one() -> None:
    circuit, backbone, tree = referring_back()

    model = loaded(stored(circuit, backbone))

    assert model.circuit.backbone is not None
    assert model.circuit.backbone.tree is model.circuit.tree
    assert to_patch(model).is_empty
    assert model.circuit.tree is not None
    model.circuit.tree.name = "renamed"
    assert written(to_patch(model)) == {tree.id}


def test_an_own_block_that_is_left_below_a_foreign_one_is_neither_removed_nor_lost() -> None:
    circuit, backbone, tree = referring_back()
    model = loaded(stored(circuit, backbone))
    model.circuit.tree = None

    with pytest.raises(BlockLeftBelowForeign) as refused:
        to_patch(model)

    assert (refused.value.block_id, refused.value.subscription_id) == (tree.id, circuit.id)
    assert refused.value.path == ("circuit", "backbone", "tree")


def test_a_cycle_through_another_subscription_is_refused_with_its_path() -> None:
    circuit, backbone = new_circuit(), new_circuit()
    circuit.circuit.backbone = backbone.circuit
    backbone.circuit.backbone = circuit.circuit

    with pytest.raises(BlockUsedTwice) as refused:
        to_patch(circuit)

    assert refused.value.path == ("circuit", "backbone", "backbone")


def test_a_stored_cycle_is_a_mismatch_with_its_path() -> None:
    circuit, backbone = new_circuit(), new_circuit()
    circuit.circuit.backbone = backbone.circuit
    tree = stored(circuit, backbone)
    back = RelationRecord(
        parent_id=backbone.circuit.id,
        attribute="backbone",
        position=0,
        child_id=circuit.circuit.id,
        owner_id=circuit.id,
    )

    with pytest.raises(ModelMismatch) as refused:
        to_model(CIRCUITS, replace(tree, relations=(*tree.relations, back)))

    assert refused.value.errors == (
        FieldMismatch(
            path=("circuit", "backbone", "backbone"),
            expected="a block that is not inside itself",
            found=f"block {circuit.circuit.id}",
        ),
    )


def test_a_block_out_of_scope_is_told_without_its_owner() -> None:
    node = node_with_ports(1)
    (port,) = node.node.ports
    tree = replace(stored(new_circuit(port)), stubs=(BlockStub(id=port.id, block="PortBlock"),))

    with pytest.raises(ModelMismatch) as refused:
        to_model(CIRCUITS, tree)

    assert refused.value.errors == (
        FieldMismatch(
            path=("circuit", "endpoints", 0, "port"),
            expected="a block in scope",
            found="a block that is out of scope",
        ),
    )
    assert str(node.id) not in str(refused.value)


@parity("PM-10")
def test_foreign_blocks_get_the_class_for_the_status_of_the_subscription_that_is_loaded() -> None:
    node = node_with_ports(1)
    circuit = new_circuit(*node.node.ports)

    provisioning = circuit.transition(CircuitProvisioning)
    active = provisioning.transition(Circuit)
    tree = stored(circuit, node)
    again = to_model(CIRCUITS, replace(tree, subscription=replace(tree.subscription, status=ACTIVE)))

    assert type(provisioning.circuit.endpoints[0].port) is PortBlockProvisioning
    assert type(active.circuit.endpoints[0].port) is PortBlock
    assert active.circuit.endpoints[0].port.subscription_id == node.id
    assert isinstance(again, Circuit)
    assert type(again.circuit.endpoints[0].port) is PortBlock
    assert type(circuit.circuit.endpoints[0].port) is PortBlockInactive


def test_two_objects_that_differ_cannot_stand_for_one_block() -> None:
    circuit = new_circuit()
    tree = TreeBlock.new(name="one")
    other = tree.model_copy()
    circuit.circuit.tree = TreeBlock.new(first=tree, rest=[])
    circuit.circuit.extras = [TreeBlock.new(rest=[other])]
    assert len(to_patch(circuit).blocks_written) == 4
    other.name = "other"

    with pytest.raises(BlockUsedTwice) as refused:
        to_patch(circuit)

    assert refused.value.block_id == tree.id


@parity("PM-08")
@parity("PM-09")
def test_unions_and_abstract_fields_get_the_class_of_the_stored_block() -> None:
    circuit = new_circuit()
    circuit.circuit.hops = [FibreHop.new(cost=1, length_m=2.5), WaveHopInactive.new(cost=3, colour=4)]
    circuit.circuit.backup = WaveHopInactive.new(colour=5)
    circuit.circuit.extras = [TreeBlock.new(name="t"), RecordBlock.new(text="r")]

    again = loaded(stored(circuit))
    active = again.transition(CircuitProvisioning).transition(Circuit)

    assert [type(hop) for hop in again.circuit.hops] == [FibreHop, WaveHopInactive]
    assert [type(extra) for extra in again.circuit.extras] == [TreeBlock, RecordBlock]
    assert type(again.circuit.backup) is WaveHopInactive
    assert [type(hop) for hop in active.circuit.hops] == [FibreHop, WaveHop]
    assert type(active.circuit.backup) is WaveHop
    assert to_patch(again).is_empty
    assert again.model_dump(exclude={"version", "in_sync"}) == adopted(circuit).model_dump(
        exclude={"version", "in_sync"}
    )


@pytest.mark.parametrize(
    ("attribute", "block", "told"),
    [
        ("backup", "TreeBlock", "circuit.backup: a block FibreHop or WaveHop, found a block TreeBlock"),
        ("hops", "TreeBlock", "circuit.hops.0: a block Hop, found a block TreeBlock"),
        ("hops", "Gone", "circuit.hops.0: a block Hop, found a block Gone"),
        ("extras", "FibreHop", "circuit.extras.0: a block RecordBlock or TreeBlock, found a block FibreHop"),
    ],
)
def test_a_block_that_does_not_fit_a_union_is_a_mismatch(attribute: str, block: str, told: str) -> None:
    tree = stored(new_circuit())
    (root,) = tree.blocks
    record = BlockRecord(
        id=BlockId(new_uuid7()), subscription_id=root.subscription_id, block=block, label=None, values={}
    )
    relation = RelationRecord(parent_id=root.id, attribute=attribute, position=0, child_id=record.id)

    with pytest.raises(ModelMismatch) as refused:
        to_model(
            CIRCUITS,
            replace(tree, blocks=(*tree.blocks, record), relations=(*tree.relations, relation)),
        )

    assert [str(error) for error in refused.value.errors] == [told]


def test_blocks_inside_blocks_of_their_own_kind_are_stored_in_order() -> None:
    leaf = TreeBlock.new(name="leaf")
    circuit = new_circuit()
    circuit.circuit.tree = TreeBlock.new(
        name="root", first=TreeBlock.new(name="a", rest=[leaf]), rest=[leaf, TreeBlock.new(name="b")]
    )

    again = loaded(stored(circuit))

    tree = again.circuit.tree
    assert tree is not None
    assert tree.first is not None
    assert [each.name for each in (tree, tree.first, *tree.rest)] == ["root", "a", "leaf", "b"]
    assert tree.rest[0] is tree.first.rest[0]
    assert to_patch(again).is_empty


def test_a_block_inside_itself_is_refused_with_its_path() -> None:
    tree = TreeBlock.new(name="root")
    tree.rest = [TreeBlock.new(first=tree)]
    circuit = new_circuit()
    circuit.circuit.tree = tree

    with pytest.raises(BlockUsedTwice) as refused:
        to_patch(circuit)

    assert refused.value.path == ("circuit", "tree", "rest", 0, "first")


def test_only_the_blocks_without_an_owner_become_the_subscriptions() -> None:
    node = node_with_ports(1)
    circuit = new_circuit(*node.node.ports)

    owners = {circuit.circuit.subscription_id, circuit.circuit.endpoints[0].subscription_id}

    assert owners == {circuit.id}
    assert node.node.ports[0].subscription_id == node.id


def chain(levels: int) -> CircuitInactive:
    """A circuit with so many blocks inside each other."""
    tree = TreeBlock.new()
    for _ in range(levels - 2):
        tree = TreeBlock.new(first=tree)
    circuit = new_circuit()
    circuit.circuit.tree = tree
    return circuit


def test_as_many_blocks_as_can_be_loaded_may_be_inside_each_other() -> None:
    assert to_patch(loaded(stored(chain(MOST_LEVELS)))).is_empty

    deep = chain(MOST_LEVELS + 1)
    with pytest.raises(NestedTooDeep) as refused:
        to_patch(deep)

    assert (refused.value.subscription_id, refused.value.limit) == (deep.id, MOST_LEVELS)


def test_a_stored_tree_that_is_too_deep_is_a_mismatch() -> None:
    shallow = chain(3)
    tree = stored(shallow)
    nested = shallow.circuit.tree
    assert nested is not None
    assert nested.first is not None
    parent, blocks, relations = nested.first.id, list(tree.blocks), list(tree.relations)
    for _ in range(1_000):
        child = BlockId(new_uuid7())
        blocks.append(
            BlockRecord(
                id=child, subscription_id=shallow.id, block="TreeBlock", label=None, values={"rest": []}
            )
        )
        relations.append(RelationRecord(parent_id=parent, attribute="first", position=0, child_id=child))
        parent = child

    with pytest.raises(ModelMismatch, match="at most 200 blocks inside each other"):
        loaded(replace(tree, blocks=tuple(blocks), relations=tuple(relations)))
