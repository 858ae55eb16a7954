import pytest

from tests.graph.served.house import House

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


async def test_everything_with_a_row_or_a_parent_is_found_by_its_id(working_house: House) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")
    found = await house.ask(
        """query ($id: ID!) { process(id: $id) {
             id workflow { id } steps { id } subscriptions { id product { id } blocks { id } } } }""",
        id=process,
    )
    [subscription] = found["process"]["subscriptions"]
    ids = {
        "Process": process,
        "Workflow": found["process"]["workflow"]["id"],
        "Step": found["process"]["steps"][-1]["id"],
        "NodeSubscription": subscription["id"],
        "Product": subscription["product"]["id"],
        "NodeBlock": subscription["blocks"][0]["id"],
        "PortBlock": subscription["blocks"][1]["id"],
    }

    nodes = {name: (await house.ask(NODE, id=identifier))["node"] for name, identifier in ids.items()}

    assert nodes == {name: {"__typename": name, "id": identifier} for name, identifier in ids.items()}


@pytest.mark.parametrize(
    "identifier",
    [
        "process_01h455vb4pex5vsknk084sn02q",
        "subscription_01h455vb4pex5vsknk084sn02q",
        "product_01h455vb4pex5vsknk084sn02q",
        "step_01h455vb4pex5vsknk084sn02q_confirm",
        "block_01h455vb4pex5vsknk084sn02q",
        "workflow_unknown",
    ],
)
async def test_what_is_not_there_is_null(house: House, identifier: str) -> None:
    assert await house.ask(NODE, id=identifier) == {"node": None}


async def test_what_is_no_id_is_refused(house: House) -> None:
    code, message = await house.error(NODE, id="engine_1")

    assert code == "INVALID_ID"
    assert message.startswith("'engine_1' is no id: expected one of product_…, ")
