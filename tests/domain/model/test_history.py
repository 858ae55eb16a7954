from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from pydantic import ValidationError

from domain.ids import SubscriptionId, new_uuid7
from domain.json import JsonValue, decode, encode
from domain.model.lifecycle import INITIAL, PROVISIONING
from domain.model.trees.change_form import decode_side, encode_side, in_order
from domain.model.trees.history import TreeVersion, replay, sides_of
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.tree import BlockRecord, Tree
from tests.domain.circuits import CIRCUITS, CircuitInactive, CircuitProvisioning, TreeBlock, new_circuit
from tests.domain.sample import PortBlockInactive, new_node
from tests.domain.stored import stored

AT: Final = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    subscription_id: SubscriptionId
    version: int
    at: datetime
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeChange(Change):
    before: JsonValue


def changes_of(patches: Sequence[SubscriptionPatch]) -> list[Change]:
    """The change records of patches upon each other, one a day, as they come out of JSON."""
    return [
        Change(
            subscription_id=patch.subscription_id,
            version=index + 1,
            at=AT + timedelta(days=index),
            after=decode(encode(patch.after)),
        )
        for index, patch in enumerate(patches)
    ]


def as_stored(tree: Tree, at: datetime = AT) -> TreeVersion:
    """What the replay of changes is to give for a tree."""
    record = tree.subscription
    return TreeVersion(
        subscription_id=record.id,
        version=record.version,
        at=at,
        product=record.product_name,
        customer_id=record.customer_id,
        status=record.status,
        description=record.description,
        start_at=record.start_at,
        end_at=record.end_at,
        blocks=tuple(
            sorted(
                (block for block in tree.blocks if block.subscription_id == record.id),
                key=lambda block: block.id,
            )
        ),
        relations=tuple(in_order(tree.relations)),
    )


def test_the_first_change_alone_gives_the_new_subscription() -> None:
    node, port = new_node(), PortBlockInactive.new(speed=1)
    port.subscription_id = node.id
    circuit = new_circuit(port)

    assert replay(changes_of([to_patch(circuit)])) == as_stored(stored(circuit))


def test_every_version_is_what_its_changes_made() -> None:
    circuit = new_circuit()
    circuit.circuit.tree = TreeBlock.new(name="one", rest=[TreeBlock.new(name="two")])
    first = to_patch(circuit)
    model = to_model(CIRCUITS, stored(circuit))
    assert isinstance(model, CircuitInactive)
    assert model.circuit.tree is not None
    (two,) = model.circuit.tree.rest
    model.circuit.tree.rest = []
    model.circuit.extras = [TreeBlock.new(name="three")]
    model.start_at = AT
    second = to_patch(model.transition(CircuitProvisioning))
    changes = changes_of([first, second])

    before, after = replay(changes[:1]), replay(changes)

    assert before == as_stored(stored(circuit))
    assert (before.status, before.start_at, after.status, after.start_at) == (INITIAL, None, PROVISIONING, AT)
    assert (after.version, after.at) == (2, AT + timedelta(days=1))
    assert two.id not in {block.id for block in after.blocks}
    assert [block.values.get("name") for block in after.blocks] == ["c1", "one", "three"]
    assert after.relations == tuple(in_order(second.relations or ()))


def test_a_reference_in_a_record_has_its_owner() -> None:
    node, port = new_node(), PortBlockInactive.new(speed=1)
    port.subscription_id = node.id
    circuit = new_circuit(port)
    patch = to_patch(circuit)
    assert isinstance(patch.after, dict)
    relations = patch.after["relations"]
    assert isinstance(relations, list)

    owners = [
        relation["owner"] for relation in relations if isinstance(relation, dict) and "owner" in relation
    ]

    assert owners == [str(node.id)]
    assert len(relations) == 3


def test_both_sides_of_a_change_come_back_from_their_json_form() -> None:
    circuit = new_circuit()
    circuit.circuit.tree = TreeBlock.new(name="one")
    model = to_model(CIRCUITS, stored(circuit))
    assert isinstance(model, CircuitInactive)
    model.circuit.tree = None
    model.description = "Another"
    patch = to_patch(model)

    before, after = (decode_side(side, circuit.id) for side in (patch.before, patch.after))

    assert (encode_side(before), encode_side(after)) == (patch.before, patch.after)
    (block_id,) = after.blocks
    assert after.blocks[block_id] is None
    assert before.blocks[block_id] == BlockRecord(
        id=circuit.circuit.tree.id,
        subscription_id=circuit.id,
        block="TreeBlock",
        label=None,
        values={"name": "one"},
    )
    assert decode_side(None, circuit.id) == decode_side({}, circuit.id)


@pytest.mark.parametrize("versions", [[], [2], [1, 3], [1, 1]])
def test_changes_with_a_gap_are_a_mistake(versions: list[int]) -> None:
    (first,) = changes_of([to_patch(new_circuit())])

    with pytest.raises(ValueError, match="expected"):
        replay(replace(first, version=version) for version in versions)


def test_changes_of_two_subscriptions_are_a_mistake() -> None:
    (first,) = changes_of([to_patch(new_circuit())])
    other = replace(first, version=2, subscription_id=SubscriptionId(new_uuid7()))

    with pytest.raises(ValueError, match="expected"):
        replay([first, other])


def test_what_is_no_change_record_is_refused() -> None:
    (first,) = changes_of([to_patch(new_circuit())])

    with pytest.raises(ValidationError):
        replay([replace(first, after={"blocks": {"no id": None}})])


BLOCK, OTHER = new_uuid7(), new_uuid7()


def whole(version: int, before: JsonValue, after: JsonValue) -> WholeChange:
    return WholeChange(
        subscription_id=SubscriptionId(BLOCK), version=version, at=AT, before=before, after=after
    )


def port(speed: int) -> JsonValue:
    return {"block": "PortBlock", "label": None, "values": {"speed": speed}}


FIRST = whole(
    1, None, {"subscription": {"status": "INITIAL"}, "blocks": {str(BLOCK): port(1)}, "relations": []}
)
SECOND = whole(2, {"blocks": {str(BLOCK): port(1)}}, {"blocks": {str(BLOCK): port(2)}})
THIRD = whole(
    3,
    {
        "subscription": {"status": "INITIAL"},
        "blocks": {str(BLOCK): port(2), str(OTHER): None},
        "relations": [],
    },
    {
        "subscription": {"status": "ACTIVE"},
        "blocks": {str(BLOCK): port(3), str(OTHER): port(9)},
        "relations": [{"parent": None, "attribute": "port", "position": 0, "child": str(BLOCK)}],
    },
)


def test_several_changes_have_a_side_before_the_first_and_one_after_the_last() -> None:
    created, all_made = sides_of([FIRST, SECOND, THIRD])
    found, left = sides_of([SECOND, THIRD])

    assert created == decode_side(None, SubscriptionId(BLOCK))
    assert encode_side(left) == THIRD.after
    assert encode_side(all_made) == THIRD.after
    assert encode_side(found) == {
        "subscription": {"status": "INITIAL"},
        "blocks": {str(BLOCK): port(1), str(OTHER): None},
        "relations": [],
    }
