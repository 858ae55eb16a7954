from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import pytest

from domain.errors import ConflictingEdit
from domain.ids import SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.trees.history import replay
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.rebase import rebase
from domain.model.trees.tree import Tree
from tests.domain.circuits import (
    CIRCUITS,
    CircuitInactive,
    CircuitProvisioning,
    EndpointBlockInactive,
    RecordBlock,
    TreeBlock,
    new_circuit,
)
from tests.domain.sample import PortBlockInactive, new_node
from tests.domain.stored import stored

AT: Final = datetime(2026, 1, 2, tzinfo=UTC)

Edit = Callable[[CircuitInactive], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    subscription_id: SubscriptionId
    version: int
    after: JsonValue
    at: datetime = AT


def circuit_with_trees() -> CircuitInactive:
    """A circuit with three endpoints, and two blocks with one below each."""
    circuit = new_circuit()
    circuit.circuit.endpoints = [EndpointBlockInactive.new(vlan=vlan) for vlan in (1, 2, 3)]
    circuit.circuit.tree = TreeBlock.new(name="left", first=TreeBlock.new(name="below left"))
    circuit.circuit.extras = [TreeBlock.new(name="right", first=TreeBlock.new(name="below right"))]
    return circuit


def loaded(tree: Tree) -> CircuitInactive:
    model = to_model(CIRCUITS, tree)
    assert isinstance(model, CircuitInactive)
    return model


def change(patch: SubscriptionPatch) -> Change:
    return Change(subscription_id=patch.subscription_id, version=patch.base_version + 1, after=patch.after)


def edited(tree: Tree, edit: Edit) -> SubscriptionPatch:
    model = loaded(tree)
    result = edit(model)
    return to_patch(result if isinstance(result, CircuitInactive) else model)


def tree_after(tree: Tree, *patches: SubscriptionPatch) -> Tree:
    """The tree that is stored after patches upon each other, by their change records."""
    first = Change(
        subscription_id=tree.subscription.id, version=1, after=to_patch(as_new(loaded(tree))).after
    )
    last = replay([first, *(change(patch) for patch in patches)])
    return Tree(
        subscription=replace(
            tree.subscription,
            version=last.version,
            status=last.status,
            description=last.description,
            start_at=last.start_at,
            end_at=last.end_at,
        ),
        blocks=(
            *last.blocks,
            *(each for each in tree.blocks if each.subscription_id != tree.subscription.id),
        ),
        relations=last.relations,
    )


def as_new(model: CircuitInactive) -> CircuitInactive:
    """The same subscription as if it had never been saved."""
    return type(model).model_validate(dict(model))


def tree_of(model: CircuitInactive) -> TreeBlock:
    assert model.circuit.tree is not None
    return model.circuit.tree


def right(model: CircuitInactive) -> TreeBlock:
    (extra,) = model.circuit.extras
    assert isinstance(extra, TreeBlock)
    return extra


def rename(model: CircuitInactive) -> None:
    model.circuit.name = "renamed"


def rename_left(model: CircuitInactive) -> None:
    tree_of(model).name = "renamed"


def label_left(model: CircuitInactive) -> None:
    tree_of(model).label = "labelled"


def drop_left(model: CircuitInactive) -> None:
    model.circuit.tree = None


def drop_first(model: CircuitInactive) -> None:
    tree_of(model).first = None


def put_below_left(model: CircuitInactive) -> None:
    tree_of(model).rest = [TreeBlock.new(name="new")]


def put_below_first(model: CircuitInactive) -> None:
    first = tree_of(model).first
    assert first is not None
    first.rest = [TreeBlock.new(name="new")]


def keep_only_first(model: CircuitInactive) -> None:
    model.circuit.tree = tree_of(model).first


def share_first(model: CircuitInactive) -> None:
    first = tree_of(model).first
    assert first is not None
    right(model).rest = [first]


def share_first_as_root(model: CircuitInactive) -> None:
    first = tree_of(model).first
    assert first is not None
    right(model).first = first


def move_left_below_right(model: CircuitInactive) -> None:
    right(model).rest = [tree_of(model)]
    model.circuit.tree = None


def move_right_below_left(model: CircuitInactive) -> None:
    tree_of(model).rest = [right(model)]
    model.circuit.extras = []


def hang_left_below_right(model: CircuitInactive) -> None:
    right(model).rest = [tree_of(model)]


def hang_right_below_left(model: CircuitInactive) -> None:
    tree_of(model).rest = [right(model)]


def add_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints.append(EndpointBlockInactive.new(vlan=4))


def add_other_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints.append(EndpointBlockInactive.new(vlan=5))


def reverse_endpoints(model: CircuitInactive) -> None:
    model.circuit.endpoints.reverse()


def second_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints[1].vlan = 20


def third_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints[2].vlan = 30


def other_second_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints[1].vlan = 21


def no_second_vlan(model: CircuitInactive) -> None:
    model.circuit.endpoints[1].vlan = None


def drop_second_endpoint(model: CircuitInactive) -> None:
    model.circuit.endpoints.pop(1)


def describe(model: CircuitInactive) -> None:
    model.description = "described"


def describe_otherwise(model: CircuitInactive) -> None:
    model.description = "described otherwise"


def begin(model: CircuitInactive) -> None:
    model.start_at = AT


def provision(model: CircuitInactive) -> CircuitInactive:
    return model.transition(CircuitProvisioning)


MERGING: list[tuple[Edit, Edit]] = [
    (rename, rename_left),
    (rename_left, label_left),
    (second_endpoint, third_endpoint),
    (second_endpoint, reverse_endpoints),
    (describe, begin),
    (describe, rename),
    (describe, provision),
    (add_endpoint, put_below_left),
    (add_endpoint, drop_first),
    (drop_left, third_endpoint),
    (put_below_first, put_below_left),
    (share_first, rename_left),
    (hang_left_below_right, add_endpoint),
]
IN_THIS_ORDER: list[tuple[Edit, Edit]] = [
    (rename_left, move_left_below_right),
    (label_left, hang_left_below_right),
    (put_below_first, keep_only_first),
]


@pytest.mark.parametrize(("theirs", "ours"), [*MERGING, *(pair[::-1] for pair in MERGING), *IN_THIS_ORDER])
def test_changes_of_different_fields_merge(theirs: Edit, ours: Edit) -> None:
    tree = stored(circuit_with_trees())
    first, second = edited(tree, theirs), edited(tree, ours)

    rebased = rebase(second, [change(first)], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert rebased.base_version == 2
    middle = tree_after(tree, first)
    both = loaded(tree_after(tree, first, rebased))
    expected = loaded(middle)
    expected = replayed_by_hand(expected, ours)
    assert content(both) == content(expected)
    assert undone(tree, first, rebased) == (middle.blocks, middle.relations)


def replayed_by_hand(model: CircuitInactive, edit: Edit) -> CircuitInactive:
    result = edit(model)
    return result if isinstance(result, CircuitInactive) else model


def content(model: CircuitInactive) -> object:
    """What a circuit says, without the ids of blocks that each making of an edit makes anew."""
    return without_ids(model.model_dump(exclude={"version", "in_sync", "created_at"}))


def without_ids(value: object) -> object:
    match value:
        case dict():
            entries: dict[object, object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            return {
                key: without_ids(item)
                for key, item in entries.items()
                if key not in {"id", "subscription_id"}
            }
        case list():
            items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            return [without_ids(item) for item in items]
        case _:
            return value


def undone(tree: Tree, *patches: SubscriptionPatch) -> tuple[object, object]:
    """What the tree is once the last patch is undone by what it says it replaced."""
    last = patches[-1]
    back = replace(last, after=last.before, base_version=last.base_version + 1)
    again = tree_after(tree, *patches, back)
    return again.blocks, again.relations


LEFT, RIGHT, FIRST, ROOT = "left", "right", "first", "root"

CONFLICTING: list[tuple[Edit, Edit, tuple[str, ...]]] = [
    (describe, describe_otherwise, ("subscription", "description")),
    (second_endpoint, other_second_endpoint, ("second", "vlan")),
    (second_endpoint, no_second_vlan, ("second", "vlan")),
    (no_second_vlan, second_endpoint, ("second", "vlan")),
    (add_endpoint, add_other_endpoint, (ROOT, "endpoints")),
    (add_endpoint, reverse_endpoints, (ROOT, "endpoints")),
    (second_endpoint, drop_second_endpoint, ("second",)),
    (drop_second_endpoint, second_endpoint, ("second",)),
    (drop_left, rename_left, (LEFT,)),
    (rename_left, drop_left, (LEFT,)),
    (drop_left, put_below_left, (LEFT,)),
    (put_below_left, drop_left, (LEFT,)),
    (drop_left, put_below_first, (FIRST,)),
    (put_below_first, drop_first, (FIRST,)),
    (share_first, drop_left, (FIRST,)),
    (drop_first, share_first, (FIRST,)),
    (share_first_as_root, share_first, (RIGHT, "rest")),
    (move_left_below_right, move_right_below_left, (FIRST,)),
    (hang_left_below_right, hang_right_below_left, (LEFT,)),
    (keep_only_first, drop_first, (FIRST,)),
    (provision, rename, ("subscription", "status")),
    (rename, provision, ("subscription", "status")),
]


@pytest.mark.parametrize(("theirs", "ours", "path"), CONFLICTING)
def test_changes_of_the_same_field_conflict(theirs: Edit, ours: Edit, path: tuple[str, ...]) -> None:
    tree = stored(circuit_with_trees())
    model = loaded(tree)
    first = tree_of(model).first
    assert first is not None
    names = {
        str(model.circuit.id): ROOT,
        str(model.circuit.endpoints[1].id): "second",
        str(tree_of(model).id): LEFT,
        str(right(model).id): RIGHT,
        str(first.id): FIRST,
    }

    conflict = rebase(edited(tree, ours), [change(edited(tree, theirs))], version=2)

    assert isinstance(conflict, ConflictingEdit)
    assert tuple(names.get(part, part) for part in conflict.path) == path
    assert conflict.subscription_id == tree.subscription.id


def test_a_conflict_tells_what_was_loaded_and_what_is_there_now() -> None:
    tree = stored(circuit_with_trees())

    conflict = rebase(edited(tree, other_second_endpoint), [change(edited(tree, second_endpoint))], version=2)

    assert isinstance(conflict, ConflictingEdit)
    assert (conflict.expected, conflict.found) == ("2", "20")


def test_of_several_conflicts_the_first_by_column_block_and_field_is_told() -> None:
    tree = stored(circuit_with_trees())

    def everything(name: str) -> Edit:
        def edit(model: CircuitInactive) -> None:
            model.description = name
            model.circuit.name = name
            model.circuit.endpoints = [EndpointBlockInactive.new()]

        return edit

    conflict = rebase(edited(tree, everything("b")), [change(edited(tree, everything("a")))], version=2)

    assert isinstance(conflict, ConflictingEdit)
    assert conflict.path == ("subscription", "description")


@pytest.mark.parametrize("edit", [rename, describe, drop_left, reverse_endpoints, no_second_vlan])
def test_what_both_made_of_it_is_no_change_any_more(edit: Edit) -> None:
    tree = stored(circuit_with_trees())

    rebased = rebase(edited(tree, edit), [change(edited(tree, edit))], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert rebased.is_empty
    assert (rebased.before, rebased.blocks_written, rebased.blocks_removed, rebased.relations) == (
        {},
        (),
        (),
        None,
    )


def test_a_description_that_the_model_makes_is_nobodys_edit() -> None:
    tree = stored(circuit_with_trees())
    theirs, ours = edited(tree, describe), edited(tree, describe_otherwise)

    rebased = rebase(replace(ours, described=True), [change(theirs)], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert (rebased.description, rebased.after) == (
        "described otherwise",
        {"subscription": {"description": "described otherwise"}},
    )
    assert rebased.before == {"subscription": {"description": "described"}}
    assert isinstance(rebase(ours, [change(theirs)], version=2), ConflictingEdit)


def test_a_change_is_put_upon_several() -> None:
    tree = stored(circuit_with_trees())
    first = edited(tree, rename)
    second = replace(edited(tree, second_endpoint), base_version=2)
    third = replace(edited(tree, add_endpoint), base_version=3)
    ours = edited(tree, third_endpoint)

    rebased = rebase(ours, [change(each) for each in (first, second, third)], version=4)

    assert isinstance(rebased, SubscriptionPatch)
    model = loaded(tree_after(tree, first, second, third, rebased))
    assert [endpoint.vlan for endpoint in model.circuit.endpoints] == [1, 20, 30, 4]
    assert (model.circuit.name, model.version) == ("renamed", 5)


def test_what_was_changed_there_and_back_does_not_conflict() -> None:
    tree = stored(circuit_with_trees())
    there = edited(tree, second_endpoint)
    back = replace(there, base_version=2, after=there.before, before=there.after)

    rebased = rebase(edited(tree, other_second_endpoint), [change(there), change(back)], version=3)

    assert isinstance(rebased, SubscriptionPatch)
    assert len(rebased.blocks_written) == 1


def test_a_large_float_that_both_leave_alone_does_not_conflict() -> None:
    circuit = new_circuit()
    record = RecordBlock.new(ratio=6.481560046986734e16)
    circuit.circuit.extras = [record]
    tree = stored(circuit)
    blocks = tuple(
        replace(block, values={**block.values, "ratio": 64815600469867340})
        if block.id == record.id
        else block
        for block in tree.blocks
    )
    tree = replace(tree, blocks=blocks)

    def text(model: CircuitInactive) -> None:
        (extra,) = model.circuit.extras
        assert isinstance(extra, RecordBlock)
        extra.text = "text"

    def flag(model: CircuitInactive) -> None:
        (extra,) = model.circuit.extras
        assert isinstance(extra, RecordBlock)
        extra.flag = True

    rebased = rebase(edited(tree, text), [change(edited(tree, flag))], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert [dict(block.values) for block in rebased.blocks_written] == [
        {"contacts": [], "counts": [], "flag": True, "ratio": 64815600469867340, "ratios": [], "text": "text"}
    ]


def test_references_are_those_of_the_merged_tree() -> None:
    nodes = [new_node(), new_node()]
    ports = [PortBlockInactive.new(speed=speed) for speed in (1, 2)]
    for node, port in zip(nodes, ports, strict=True):
        node.node.spare = port
        port.subscription_id = node.id
    circuit = new_circuit()
    circuit.circuit.endpoints = [EndpointBlockInactive.new(), EndpointBlockInactive.new()]
    tree = stored(circuit)

    def refer(index: int) -> Edit:
        def edit(model: CircuitInactive) -> None:
            model.circuit.endpoints[index].port = ports[index]

        return edit

    rebased = rebase(edited(tree, refer(1)), [change(edited(tree, refer(0)))], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert rebased.references == tuple(sorted(node.id for node in nodes))
    assert rebased.references_added == (nodes[1].id,)
    described = rebase(edited(tree, describe), [change(edited(tree, refer(0)))], version=2)
    assert isinstance(described, SubscriptionPatch)
    assert (described.references, described.references_added) == ((nodes[0].id,), ())


def test_columns_that_others_changed_are_kept() -> None:
    tree = stored(new_circuit())
    provisioned = edited(tree, provision)

    rebased = rebase(replace(edited(tree, describe), override="why"), [change(provisioned)], version=2)

    assert isinstance(rebased, SubscriptionPatch)
    assert (rebased.status, rebased.description) == (PROVISIONING, "described")
    assert (rebased.status_changed, rebased.override) == (False, "why")
    assert rebased.status is not ACTIVE


@pytest.mark.parametrize(("versions", "version"), [([3], 3), ([2, 4], 4), ([2], 3), ([], 2), ([2, 2], 2)])
def test_changes_that_do_not_lead_to_the_version_are_a_mistake(versions: list[int], version: int) -> None:
    patch = edited(stored(new_circuit()), rename)
    changes = [Change(subscription_id=patch.subscription_id, version=each, after={}) for each in versions]

    with pytest.raises(ValueError, match="expected"):
        rebase(patch, changes, version=version)


def test_a_change_of_another_subscription_or_to_a_new_one_is_a_mistake() -> None:
    tree = stored(new_circuit())
    other = Change(subscription_id=SubscriptionId(new_uuid7()), version=2, after={})

    with pytest.raises(ValueError, match="expected"):
        rebase(edited(tree, rename), [other], version=2)
    with pytest.raises(ValueError, match="expected one of a stored"):
        rebase(to_patch(new_circuit()), [], version=0)


def test_rebasing_leaves_the_patch_as_it_was() -> None:
    tree = stored(circuit_with_trees())
    ours, theirs = edited(tree, second_endpoint), edited(tree, rename)
    copy = replace(ours)

    rebase(ours, [change(theirs)], version=2)

    assert ours == copy
