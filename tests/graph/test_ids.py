from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import uuids

from domain.ids import CustomerId, ProcessId
from graph.ids import (
    IdKind,
    InvalidId,
    customer_node_id,
    encode_id,
    kind_of,
    parse_customer_id,
    parse_process_id,
    parse_step_id,
    parse_subscription_id,
    parse_workflow_id,
    step_id,
    workflow_id,
)

KNOWN = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_the_suffix_is_that_of_the_typeid_specification() -> None:
    assert encode_id(IdKind.PROCESS, KNOWN) == "process_01h455vb4pex5vsknk084sn02q"


@given(uuids())
def test_every_uuid_survives(value: UUID) -> None:
    assert parse_process_id(encode_id(IdKind.PROCESS, value)) == value


@given(uuids(), uuids())
def test_ids_sort_as_their_uuids_do(one: UUID, other: UUID) -> None:
    ids = [encode_id(IdKind.PROCESS, value) for value in sorted([one, other])]

    assert ids == sorted(ids)


def test_a_step_is_known_by_its_process_and_its_key() -> None:
    step = step_id(ProcessId(KNOWN), "push_config")

    assert step == "step_01h455vb4pex5vsknk084sn02q_push_config"
    assert parse_step_id(step) == (KNOWN, "push_config")


def test_a_workflow_is_known_by_its_name() -> None:
    assert parse_workflow_id(workflow_id("create_node")) == "create_node"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "process_",
        "subscription_01h455vb4pex5vsknk084sn02q",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "process_01h455vb4pex5vsknk084sn02",
        "process_01h455vb4pex5vsknk084sn02qq",
        "process_81h455vb4pex5vsknk084sn02q",
        "process_01H455VB4PEX5VSKNK084SN02Q",
        "process_01h455vb4pex5vsknk084sn02u",
    ],
)
def test_what_is_not_the_id_of_a_process_is_refused(text: str) -> None:
    with pytest.raises(InvalidId, match=r"is not the id of a process: expected process_"):
        parse_process_id(text)


def test_the_wrong_type_is_named_with_the_right_one() -> None:
    with pytest.raises(InvalidId) as refused:
        parse_subscription_id("process_01h455vb4pex5vsknk084sn02q")

    assert refused.value.message == (
        "'process_01h455vb4pex5vsknk084sn02q' is not the id of a subscription: expected subscription_…."
    )


def test_a_step_without_key_is_refused() -> None:
    with pytest.raises(InvalidId):
        parse_step_id("step_01h455vb4pex5vsknk084sn02q")


def test_the_kind_is_read_from_the_prefix() -> None:
    assert kind_of("product_x") is IdKind.PRODUCT
    with pytest.raises(InvalidId, match="'invoice_x' is no id"):
        kind_of("invoice_x")


@pytest.mark.parametrize("name", ["acme", "a_b", "_", "customer_1", "Zürich / 東京 %", " "])
def test_a_customer_of_any_name_is_known_by_the_id(name: str) -> None:
    text = customer_node_id(CustomerId(name))

    assert (kind_of(text), parse_customer_id(text)) == (IdKind.CUSTOMER, name)


@pytest.mark.parametrize("text", ["customer_", "workflow_acme", "acme"])
def test_what_is_not_the_id_of_a_customer_is_refused(text: str) -> None:
    with pytest.raises(InvalidId, match="is not the id of a customer"):
        parse_customer_id(text)
