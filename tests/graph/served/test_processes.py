from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.ids_of import suffix
from tests.graph.served.asking import Asking
from tests.graph.served.house import CREATE_NODE, NODE, House
from tests.parity import parity
from tests.postgres import StatementLog

UNKNOWN = "process_01h455vb4pex5vsknk084sn02q"

PROCESS = """
query ($id: ID!) {
  process(id: $id) {
    id workflowName target isTask status version createdBy customerIds failureKind endedAt
    workflow { id name steps { key } }
    currentStep { key status assignee }
    steps { id key name kind position status assignee attemptCount attempts { number status actor error }
    delta } subscriptions { __typename id status inSync heldBy { id } } form { title schema hasNext index }
    state
  }
}
"""


async def test_a_started_process_shows_its_plan_before_any_worker_has_seen_it(house: House) -> None:
    process_id = await house.start_node()

    process = (await house.ask(PROCESS, id=process_id))["process"]

    assert {name: process[name] for name in ("workflowName", "target", "isTask", "status", "version")} == {
        "workflowName": "create_node",
        "target": "CREATE",
        "isTask": False,
        "status": "QUEUED",
        "version": 1,
    }
    assert process["createdBy"] == "developer"
    assert process["customerIds"] == ["customer 1"]
    assert process["workflow"]["id"] == "workflow_create_node"
    assert [step["key"] for step in process["workflow"]["steps"]] == [
        step["key"] for step in process["steps"]
    ]
    assert process["currentStep"] == {"key": "make_node", "status": "PENDING", "assignee": None}
    assert process["steps"][2] == {
        "id": f"step_{suffix(process_id)}_confirm",
        "key": "confirm",
        "name": "Confirm installation",
        "kind": "INPUT",
        "position": 2,
        "status": "PENDING",
        "assignee": "field engineer",
        "attemptCount": 0,
        "attempts": [],
        "delta": None,
    }
    assert process["subscriptions"] == []
    assert process["form"] is None


@parity("GQ-06")
@parity("WE-17")
async def test_a_process_is_carried_out_to_its_end(working_house: House) -> None:
    house = working_house
    process_id = await house.start_node()
    await house.until(process_id, "SUSPENDED")

    suspended = (await house.ask(PROCESS, id=process_id))["process"]
    resumed = await house.resume(process_id, {"serial": 7})
    await house.until(process_id, "COMPLETED")
    completed = (await house.ask(PROCESS, id=process_id))["process"]

    assert suspended["currentStep"] == {
        "key": "confirm",
        "status": "SUSPENDED",
        "assignee": "field engineer",
    }
    assert suspended["form"]["title"] == "Confirm the installation"
    assert (suspended["form"]["hasNext"], suspended["form"]["index"]) == (False, 0)
    assert suspended["form"]["schema"]["required"] == ["serial"]
    [subscription] = suspended["subscriptions"]
    assert subscription["heldBy"] == {"id": process_id}
    assert (subscription["__typename"], subscription["status"], subscription["inSync"]) == (
        "NodeSubscription",
        "PROVISIONING",
        False,
    )
    assert resumed["__typename"] == "ProcessUpdated"
    assert completed["form"] is None
    assert completed["currentStep"] is None
    assert completed["endedAt"] is not None
    assert {step["status"] for step in completed["steps"]} == {"SUCCESS"}
    assert completed["steps"][0]["attempts"] == [
        {"number": 1, "status": "SUCCESS", "actor": "developer", "error": None}
    ]
    assert completed["steps"][2]["delta"] == {"serial": 7}
    assert completed["subscriptions"] == [
        {**subscription, "status": "ACTIVE", "inSync": True, "heldBy": None}
    ]


@parity("WE-17")
@parity("WE-18")
async def test_a_failed_process_tells_why_and_can_be_retried_and_aborted(working_house: House) -> None:
    house = working_house
    subscription = await house.active_node(hostname="broken-1")
    started = await house.ask(
        """mutation ($input: ValidateNodeInput!) {
             validateNode(input: $input) { ... on ProcessStarted { process { id } } } }""",
        input={"subscription": subscription},
    )
    process_id = started["validateNode"]["process"]["id"]
    await house.until(process_id, "FAILED")

    failed = (
        await house.ask(
            "query ($id: ID!) { process(id: $id) { isTask failureKind failureReason"
            " steps { attempts { number error failureKind traceback } } } }",
            id=process_id,
        )
    )["process"]
    retried = await _command(house, "retryProcess", process_id)
    await house.until(process_id, "FAILED")
    aborted = await _command(house, "abortProcess", process_id)
    again = await _command(house, "abortProcess", process_id)

    assert (failed["isTask"], failed["failureKind"]) == (True, "INCONSISTENT_DATA")
    assert "broken-1 is not there" in failed["failureReason"]
    [attempt] = failed["steps"][0]["attempts"]
    assert (attempt["number"], attempt["failureKind"]) == (1, "INCONSISTENT_DATA")
    assert "InconsistentData" in attempt["traceback"]
    assert retried["__typename"] == "ProcessUpdated"
    assert (aborted["__typename"], aborted["process"]["status"]) == ("ProcessUpdated", "ABORTED")
    assert (again["__typename"], again["foundStatus"]) == ("WrongStatus", "ABORTED")
    assert "ABORTED" not in again["expectedStatuses"]


async def _command(house: House, name: str, process_id: str) -> Any:
    answer = await house.ask(
        f"""mutation ($process: ID!) {{ {name}(process: $process) {{
              __typename
              ... on ProcessUpdated {{ process {{ id status }} }}
              ... on WrongStatus {{ message foundStatus expectedStatuses }}
              ... on NotFound {{ message missingId }}
            }} }}""",
        process=process_id,
    )
    return answer[name]


async def test_an_abort_for_a_reason_that_cannot_be_kept_is_refused_with_its_place(house: House) -> None:
    aborted = await house.ask(
        """mutation ($id: ID!, $reason: String) { abortProcess(process: $id, reason: $reason) {
             ... on InvalidInput { errors { path message code } } } }""",
        id="process_01h455vb4pex5vsknk084sn02q",
        reason="x" * 2001,
    )

    assert aborted["abortProcess"]["errors"] == [
        {
            "path": ["reason"],
            "message": "Expected 1 to 2000 characters, not all blank, found 2001",
            "code": "reason",
        }
    ]


async def test_a_command_to_an_unknown_process_names_it(house: House) -> None:
    unknown = "process_01h455vb4pex5vsknk084sn02q"

    assert await _command(house, "retryProcess", unknown) == {
        "__typename": "NotFound",
        "message": f"There is no {unknown}.",
        "missingId": unknown,
    }


async def test_an_id_of_another_type_is_refused_by_name(house: House) -> None:
    code, message = await house.error('{ process(id: "subscription_01h455vb4pex5vsknk084sn02q") { id } }')

    assert code == "INVALID_ID"
    assert message == (
        "'subscription_01h455vb4pex5vsknk084sn02q' is not the id of a process: expected process_…."
    )


async def test_processes_are_listed_and_filtered(house: House) -> None:
    first, second = await house.start_node(), await house.start_node(hostname="lab-2")
    await _command(house, "abortProcess", first)

    found = await house.ask(
        """{ all: processes { totalCount nodes { id } }
             aborted: processes(where: {status: {eq: ABORTED}}) { totalCount nodes { id status } }
             others: processes(where: {workflowName: {eq: "validate_node"}}) { totalCount nodes { id } }
             tasks: processes(where: {isTask: {eq: true}}) { nodes { id } } }"""
    )

    assert found == {
        "all": {"totalCount": 2, "nodes": [{"id": second}, {"id": first}]},
        "aborted": {"totalCount": 1, "nodes": [{"id": first, "status": "ABORTED"}]},
        "others": {"totalCount": 0, "nodes": []},
        "tasks": {"nodes": []},
    }


async def test_a_repeated_start_with_the_same_key_gives_the_same_process(house: House) -> None:
    answers = [(await house.ask(CREATE_NODE, input=NODE, key="order 1"))["createNode"] for _ in range(2)]
    other = (await house.ask(CREATE_NODE, input={**NODE, "hostname": "lab-9"}, key="order 1"))["createNode"]

    assert [answer["created"] for answer in answers] == [True, False]
    assert answers[0]["process"]["id"] == answers[1]["process"]["id"]
    assert other["__typename"] == "Conflict"
    assert (await house.ask("{ processes { totalCount } }"))["processes"]["totalCount"] == 1


async def test_the_forms_of_a_list_are_read_together_and_fail_apart(
    working_house: House, database: Database
) -> None:
    house = working_house
    processes = [await house.start_node(hostname=f"lab-{number}") for number in range(3)]
    for process in processes:
        await house.until(process, "SUSPENDED")
    async with database.writer() as connection:
        await connection.execute(
            "UPDATE process SET current_step = 'gone' WHERE id = (SELECT min(id::text)::uuid FROM process)"
        )

    found = await house.ask("{ processes { nodes { id form { title } } } }")

    titles = {node["id"]: node["form"] for node in found["processes"]["nodes"]}
    confirm = {"title": "Confirm the installation"}
    assert [titles[process] for process in processes] == [None, confirm, confirm]


async def test_a_failure_of_the_database_is_masked_and_logged_once(
    house: House, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    process = await house.start_node()
    async with database.writer() as connection:
        await connection.execute("ALTER TABLE step_attempt RENAME TO hidden")
        await connection.execute("ALTER TABLE process_subscription RENAME TO hidden_link")

    response = await house.client.post(
        "/graphql",
        json={"query": f'{{ process(id: "{process}") {{ id subscriptions {{ id }} }} }}'},
    )

    [error] = response.json()["errors"]
    error_id = error["extensions"].pop("errorId")
    assert response.status_code == 200
    assert (error["message"], error["extensions"]) == ("Internal error", {"code": "INTERNAL_ERROR"})
    assert "process_subscription" not in response.text
    assert capsys.readouterr().out.count(error_id) == 1


@pytest.mark.parametrize("command", ["retryProcess", "abortProcess", "resumeProcess"])
@pytest.mark.parametrize("text", ["", "subscription_01h455vb4pex5vsknk084sn02q", "x" * 50_000])
async def test_a_command_to_what_is_no_process_is_answered_beside_the_others(
    house: House, command: str, text: str
) -> None:
    pages = ", pages: []" if command == "resumeProcess" else ""

    found = await house.ask(
        f"""mutation ($text: ID!) {{
          first: {command}(process: $text{pages}) {{ ... on NotFound {{ missingId message }} }}
          second: abortProcess(process: "{UNKNOWN}") {{ __typename }} }}""",
        text=text,
    )

    shown = text if len(text) <= 80 else f"{text[:80]}…"
    assert found == {
        "first": {
            "missingId": text[:80],
            "message": f"'{shown}' is not the id of a process: expected process_….",
        },
        "second": {"__typename": "NotFound"},
    }


CHANGES = """
query ($id: ID!) { process(id: $id) {
    changes { fromVersion toVersion created terminated subscription { id } changes { ...Change } }
    steps { key changes { fromVersion toVersion created changes { ...Change } } } } }
fragment Change on ValueChange { blockName field before after }
"""


@parity("GQ-06")
async def test_a_process_tells_what_it_made_of_its_subscriptions_and_so_does_each_step(
    working_house: House,
) -> None:
    house = working_house
    subscription = await house.active_node()
    [creating] = (await house.ask("{ processes { nodes { id } } }"))["processes"]["nodes"]

    created = (await house.ask(CHANGES, id=creating["id"]))["process"]

    [whole] = created["changes"]
    versions = (await house.ask("query ($id: ID!) { subscription(id: $id) { version } }", id=subscription))[
        "subscription"
    ]["version"]
    told = {(each["blockName"], each["field"]): (each["before"], each["after"]) for each in whole["changes"]}
    assert {name: whole[name] for name in whole if name != "changes"} == {
        "fromVersion": None,
        "toVersion": versions,
        "created": True,
        "terminated": False,
        "subscription": {"id": subscription},
    }
    assert told[None, "status"] == (None, "ACTIVE")
    assert told["NodeBlock", "hostname"] == (None, "lab-1")
    assert told["NodeBlock", "serial"][0] is None
    by_step = {step["key"]: step["changes"] for step in created["steps"] if step["changes"]}
    made, *_, activated = (change for changes in by_step.values() for change in changes)
    assert (made["fromVersion"], made["created"]) == (None, True)
    assert (activated["toVersion"], activated["created"]) == (versions, False)
    assert {(None, "status")} <= {(each["blockName"], each["field"]) for each in activated["changes"]}


async def test_what_processes_changed_is_one_statement_and_kept_to_the_scope(
    house: House, statements: StatementLog
) -> None:
    async with house.working():
        await house.active_node()
        await house.active_node(customerId="customer 2", hostname="lab-2")
    query = """{ processes { nodes {
        id changes { toVersion changes { field } } steps { key changes { created } } } } }"""

    with statements.recorded() as plain:
        await house.ask("{ processes { nodes { id steps { key } } } }")
    with statements.recorded() as recorded:
        everything = (await house.ask(query))["processes"]["nodes"]
    seen = (await Asking(house)(query))["data"]["processes"]["nodes"]

    assert [plain.verbs, recorded.verbs] == [["SELECT"] * 2, ["SELECT"] * 3]
    assert len([text for text in recorded if "subscription_change" in text]) == 1
    assert [len(node["changes"]) for node in everything] == [1, 1]
    assert seen == [everything[1]]


async def test_processes_that_concern_others_as_well_are_not_even_counted(
    house: House, database: Database
) -> None:
    async with house.working():
        subscription = await house.active_node()
    async with database.writer() as connection:
        await connection.execute("UPDATE process SET customers = ARRAY['customer 1', 'customer 2']")
    query = """query ($id: ID!) { subscription(id: $id) {
        processes(first: 1) { totalCount nodes { id } pageInfo { hasNextPage } } } }"""

    found = await house.ask(query, id=subscription)
    seen = (await Asking(house)(query, id=subscription))["data"]

    assert found["subscription"]["processes"]["totalCount"] == 1
    assert seen["subscription"]["processes"] == {
        "totalCount": 0,
        "nodes": [],
        "pageInfo": {"hasNextPage": False},
    }
