from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from domain.ids import CustomerId
from domain.model.errors import FieldMismatch, FixedInputAssigned, ModelMismatch, TransitionRefused
from domain.model.lifecycle import (
    ACTIVE,
    DISABLED,
    INITIAL,
    MIGRATING,
    PROVISIONING,
    TERMINATED,
    SubscriptionStatus,
)
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from tests.domain.sample import (
    CUSTOMER,
    LARGE_NODE,
    SMALL_NODE,
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
from tests.parity import parity

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 2, 3, tzinfo=UTC)


def active_node() -> Node:
    node = new_node()
    node.node.rack = "r1"
    return node.transition(NodeProvisioning).transition(Node, now=NOW)


@parity("PM-12")
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


@parity("PM-07")
def test_a_fixed_input_cannot_be_assigned() -> None:
    with pytest.raises(FixedInputAssigned):
        new_node().size = "large"


@parity("PM-14")
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


@pytest.mark.parametrize(
    ("name", "value"), [("status", ACTIVE), ("version", 7), ("in_sync", True), ("note", "n")]
)
def test_what_saves_and_transitions_set_cannot_be_chosen_for_a_new_subscription(
    name: str, value: object
) -> None:
    with pytest.raises(TypeError, match=f"found {name}="):
        NodeInactive.new(product=SMALL_NODE, customer_id=CUSTOMER, **{name: value})


@parity("PM-14")
def test_the_start_is_set_once_and_the_end_when_it_terminates() -> None:
    active = active_node()

    disabled = active.transition(NodeInactive, DISABLED, now=LATER)
    again = disabled.transition(Node, now=LATER)
    terminated = again.transition(NodeInactive, TERMINATED, now=LATER)

    assert (active.start_at, active.end_at) == (NOW, None)
    assert (again.start_at, again.end_at) == (NOW, None)
    assert (terminated.start_at, terminated.end_at, terminated.status) == (NOW, LATER, TERMINATED)
    assert terminated.transition(Node, now=LATER).end_at is None


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


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("description", "x" * 2001, "at most 2000 characters"),
        ("description", "a\x00b", "that has no stored form"),
        ("start_at", datetime(2026, 1, 1), "timezone"),  # noqa: DTZ001  # the point of the test
        ("end_at", datetime(2026, 1, 1), "timezone"),  # noqa: DTZ001  # the point of the test
    ],
)
@parity("PM-23")
def test_what_a_subscription_cannot_hold_is_refused_at_once(field: str, value: object, told: str) -> None:
    node = new_node()
    before = node.model_dump()

    with pytest.raises(ValidationError, match=told):
        setattr(node, field, value)

    assert node.model_dump() == before


@parity("PM-23")
def test_a_blank_note_is_none_and_a_long_one_is_refused() -> None:
    def new(note: str) -> NodeInactive:
        return NodeInactive.model_validate({**vars(new_node()), "note": note})

    assert (new(" \n").note, new("x" * 5000).note) == (None, "x" * 5000)
    with pytest.raises(ValidationError, match="at most 5000 characters"):
        new("x" * 5001)


def test_a_label_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(ValidationError, match="that has no stored form"):
        PortBlockInactive.new(label="\ud800")


@parity("PM-29")
def test_a_model_may_describe_itself() -> None:
    class Described(SubscriptionModel, name="Described"):
        port: PortBlockInactive

        def describe(self) -> str:
            return f"a port of {self.port.speed}"

    described = Described.new(product="Described", customer_id=CUSTOMER)
    described.port.speed = 7

    assert described.describe() == "a port of 7"
    assert described.description == "Initial subscription of Described"
    assert to_patch(described).description == "a port of 7"
    assert new_node().describe() == "Initial subscription of Small node"


@parity("PM-03")
def test_any_status_can_be_reached_through_the_class_that_serves_it() -> None:
    node = active_node()

    reached = [
        node.transition(node.family().class_for(status), status, now=LATER).status
        for status in SubscriptionStatus
    ]

    assert reached == [INITIAL, PROVISIONING, ACTIVE, MIGRATING, DISABLED, TERMINATED]


def test_an_override_stays_until_it_is_saved() -> None:
    node = active_node()

    disabled = node.transition(NodeInactive, DISABLED, override="the fibre is gone")
    terminated = disabled.transition(NodeInactive, TERMINATED)

    assert (node.override, disabled.override, terminated.override) == (
        *(None, "the fibre is gone"),
        "the fibre is gone",
    )
    assert to_patch(terminated).override == "the fibre is gone"
    with pytest.raises(TransitionRefused, match="a blank override"):
        node.transition(NodeInactive, DISABLED, override=" ")
    with pytest.raises(TransitionRefused, match="an override that cannot be stored"):
        node.transition(NodeInactive, DISABLED, override="a\x00b")


@pytest.mark.parametrize("customer", ["", "a\x00b", "\ud800", "x" * 256])
def test_a_customer_that_cannot_be_stored_is_refused(customer: str) -> None:
    with pytest.raises(ValidationError, match="customer_id"):
        new_node(customer=CustomerId(customer))
