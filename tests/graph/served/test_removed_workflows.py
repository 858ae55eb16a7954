"""A process whose workflow the application does not have any more: read, aborted, and nothing else."""

from tests.graph.application import OUTSIDE
from tests.graph.served.house import House

CALL_BACK = "mutation { callBack { ... on ProcessStarted { process { id } } } }"
PROCESS = """
query ($id: ID!) {
  process(id: $id) { status workflowName workflow { name } currentStep { key } steps { key status } }
}
"""
ABORT = "mutation ($id: ID!) { abortProcess(process: $id) { __typename } }"


async def test_a_process_of_a_removed_workflow_is_read_and_aborted_and_its_callback_refused(
    working_house: House,
) -> None:
    house = working_house
    process = (await house.ask(CALL_BACK))["callBack"]["process"]["id"]
    await house.until(process, "AWAITING_CALLBACK")
    path = OUTSIDE.addresses[-1].removeprefix(house.url)
    async with house.database.writer() as connection:
        await connection.execute("UPDATE process SET workflow = 'removed'")

    posted = [await house.client.post(path, json={"reported": "done"}) for _ in range(2)]
    found = (await house.ask(PROCESS, id=process))["process"]
    aborted = (await house.ask(ABORT, id=process))["abortProcess"]

    assert [response.status_code for response in posted] == [409, 409]
    assert posted[0].json()["error"]["code"] == "WORKFLOW_CHANGED"
    assert found == {
        "status": "AWAITING_CALLBACK",
        "workflowName": "removed",
        "workflow": None,
        "currentStep": {"key": "ask_outside"},
        "steps": [{"key": "ask_outside", "status": "AWAITING_CALLBACK"}],
    }
    assert aborted["__typename"] == "ProcessUpdated"
    assert await house.until(process, "ABORTED") == "ABORTED"
