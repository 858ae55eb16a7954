from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from domain.model.errors import FieldMismatch, FixedInputAssigned, ModelMismatch, TransitionRefused
from domain.model.lifecycle import ACTIVE, DISABLED, INITIAL, PROVISIONING, TERMINATED
from tests.domain.sample import (
    CUSTOMER,
    LARGE_NODE,
    Node,
    NodeBlock,
    NodeBlockInactive,
    NodeInactive,
    NodeProvisioning,
    PortBlock,
    PortBlockInactive,
    PortBlockProvisioning,
    new_node,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 2, 3, tzinfo=UTC)


def active_node() -> Node:
    node = new_node()
    node.node.rack = "r1"
    return node.transition(NodeProvisioning).transition(Node, now=NOW)


def test_a_new_subscription_has_its_required_blocks_and_its_products_inputs() -> None:
    node = NodeInactive.new(product=LARGE_NODE, customer_id=CUSTOMER, node=NodeBlockInactive.new(name="n1"))

    assert (node.product, node.size, node.status, node.version) == ("Large node", "large", INITIAL, 0)
    assert node.description == "Initial subscription of Large node"
    assert (node.node.uplink.speed, node.node.spare, node.node.ports) == (None, None, [])
    assert node.node.subscription_id == node.node.uplink.subscription_id == node.id
    assert len({node.id, node.node.id, node.node.uplink.id}) == 3


def test_a_missing_value_is_told_by_pydantic() -> None:
    with pytest.raises(ValidationError, match="name"):
        NodeBlockInactive.new()


def test_a_new_subscription_begins_with_the_class_of_initial() -> None:
    node = NodeBlock.new(name="n1", rack="r1", uplink=PortBlock.new(speed=1))

    with pytest.raises(TransitionRefused):
        Node.new(product=LARGE_NODE, customer_id=CUSTOMER, node=node)


@pytest.mark.parametrize(
    ("field", "value"), [("speed", "fast"), ("speed", 1.5), ("media", "air"), ("id", None), ("colour", "red")]
)
def test_a_bad_assignment_is_refused_at_once(field: str, value: object) -> None:
    port = PortBlockInactive.new(speed=1)
    before = port.model_dump()

    with pytest.raises(ValidationError):
        setattr(port, field, value)

    assert port.model_dump() == before


@pytest.mark.parametrize("field", ["id", "status", "product", "customer_id", "version", "in_sync", "note"])
def test_what_only_the_engine_sets_cannot_be_assigned(field: str) -> None:
    node = new_node()

    with pytest.raises(ValidationError, match="frozen"):
        setattr(node, field, getattr(node, field))


def test_a_fixed_input_cannot_be_assigned() -> None:
    with pytest.raises(FixedInputAssigned):
        new_node().size = "large"


def test_a_transition_gives_the_class_of_the_status_with_the_same_ids() -> None:
    node = new_node()

    provisioning = node.transition(NodeProvisioning)

    assert (type(provisioning), provisioning.status) == (NodeProvisioning, PROVISIONING)
    assert type(provisioning.node.uplink) is PortBlockProvisioning
    assert (provisioning.id, provisioning.node.id, provisioning.node.uplink.id) == (
        node.id,
        node.node.id,
        node.node.uplink.id,
    )
    assert (type(node), node.status) == (NodeInactive, INITIAL)


def test_a_transition_tells_every_value_that_the_class_refuses() -> None:
    node = new_node()
    node.node.uplink.speed = None
    node.node.ports = [PortBlockInactive.new(speed=1), PortBlockInactive.new()]

    with pytest.raises(ModelMismatch) as refused:
        node.transition(NodeProvisioning)

    assert refused.value.errors == (
        FieldMismatch(path=("node", "ports", 1, "speed"), expected="Field required", found="nothing"),
        FieldMismatch(path=("node", "uplink", "speed"), expected="Field required", found="nothing"),
    )
    assert node.status is INITIAL


def test_the_start_is_set_once_and_the_end_when_it_terminates() -> None:
    active = active_node()

    disabled = active.transition(NodeInactive, DISABLED, now=LATER)
    again = disabled.transition(Node, now=LATER)
    terminated = again.transition(NodeInactive, TERMINATED, now=LATER)

    assert (active.start_at, active.end_at) == (NOW, None)
    assert (again.start_at, again.end_at) == (NOW, None)
    assert (terminated.start_at, terminated.end_at, terminated.status) == (NOW, LATER, TERMINATED)


def test_a_class_that_serves_several_statuses_needs_one_named() -> None:
    with pytest.raises(TransitionRefused):
        active_node().transition(NodeInactive)


def test_a_class_cannot_be_entered_with_a_status_of_another() -> None:
    with pytest.raises(TransitionRefused):
        new_node().transition(Node, DISABLED)


def test_equality_is_by_class_and_values() -> None:
    node = new_node()

    assert node == node.model_copy(deep=True)
    assert node != new_node()
    assert node != node.transition(NodeProvisioning)


def test_a_class_serves_its_own_status_alone() -> None:
    assert ACTIVE in Node.family().statuses_of(Node)
    with pytest.raises(TransitionRefused):
        new_node().transition(Node, PROVISIONING)
