import asyncio
from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.served.house import CREATE_NODE, NODE, House

START_WORKFLOW = """
mutation ($workflow: String!, $pages: [JSON!]!, $subscription: ID, $version: Int) {
  startWorkflow(workflow: $workflow, pages: $pages, subscription: $subscription, version: $version) {
    __typename
    ... on ProcessStarted { process { id workflowName } }
    ... on FormPage { title schema hasNext index }
    ... on InvalidInput { errors { path message code } }
    ... on NotFound { missingId message }
    ... on ActionBlocked { subscriptionId message blockedBy { code processes { id } } }
    ... on Conflict { message cause version processId }
  }
}
"""

RENAME = """
mutation ($input: RenameNodeInput!) {
  renameNode(input: $input) {
    __typename
    ... on ProcessStarted { process { id } }
    ... on InvalidInput { errors { path message code } }
    ... on NotFound { missingId }
    ... on ActionBlocked { subscriptionId blockedBy { code processes { id } } }
    ... on Conflict { message cause version processId }
  }
}
"""

UNKNOWN = "subscription_01h455vb4pex5vsknk084sn02q"


async def start_workflow(house: House, workflow: str, *pages: object, **variables: object) -> Any:
    answer = await house.ask(START_WORKFLOW, workflow=workflow, pages=pages, **variables)
    return answer["startWorkflow"]


async def process_count(house: House) -> int:
    return (await house.ask("{ processes { totalCount } }"))["processes"]["totalCount"]


async def test_errors_of_a_typed_mutation_are_in_terms_of_its_input(house: House) -> None:
    wrong = {**NODE, "product": "Node", "hostname": "x", "ports": [{"name": "eth0", "speed": 0}]}

    answer = (await house.ask(CREATE_NODE, input=wrong))["createNode"]

    assert answer["__typename"] == "InvalidInput"
    assert sorted((error["path"], error["code"]) for error in answer["errors"]) == [
        (["input", "hostname"], "string_too_short"),
        (["input", "ports", "0", "speed"], "greater_than_equal"),
        (["input", "product"], "literal_error"),
    ]
    assert await process_count(house) == 0


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"hostname": None}, "Expected value of non-null type 'String!' not to be None."),
        ({"role": "core"}, "Did you mean the enum value 'CORE'?"),
        ({"loopback": "192.0.2.300"}, "is not a IPv4Address"),
        (
            {"ports": [{"name": "eth0", "speed": "fast"}]},
            "BigInt must be an integer or a string of its digits",
        ),
        ({"ports": [{"name": "eth0", "speed": "٣"}]}, "BigInt must be an integer or a string of its digits"),
        (
            {"ports": [{"name": "eth0", "speed": "9" * 5_000}]},
            "BigInt must be an integer or a string of its digits",
        ),
        ({"rack": 1}, "Expected value of type 'CreateNodeInput' not to include unknown field 'rack'"),
    ],
)
async def test_what_the_schema_can_refuse_is_refused_before_anything_runs(
    house: House, value: dict[str, object], problem: str
) -> None:
    response = await house.post(CREATE_NODE, input={**NODE, **value})

    assert "data" not in response
    assert response["errors"][0]["extensions"]["code"] == "INVALID_VARIABLES"
    assert problem in response["errors"][0]["message"]


async def test_a_wizard_asks_page_by_page(house: House) -> None:
    choice = {"product": "Node umbrella", "customer_id": "customer 2"}

    first = await start_workflow(house, "create_node_by_wizard")
    second = await start_workflow(house, "create_node_by_wizard", choice)
    third = await start_workflow(house, "create_node_by_wizard", choice, {"site": "lab"})
    wrong = await start_workflow(house, "create_node_by_wizard", choice, {"site": "lab"}, {"hostname": "x"})
    started = await start_workflow(
        house, "create_node_by_wizard", choice, {"site": "lab"}, {"hostname": "n1"}
    )

    assert [(page["__typename"], page["index"], page["hasNext"]) for page in (first, second, third)] == [
        ("FormPage", 0, True),
        ("FormPage", 1, True),
        ("FormPage", 2, False),
    ]
    assert (second["title"], third["title"]) == ("Choose the site", "Name the node")
    assert first["schema"]["properties"]["product"]["enum"] == ["Node acme", "Node umbrella"]
    assert [error["path"] for error in wrong["errors"]] == [["pages", "2", "hostname"]]
    assert started["process"]["workflowName"] == "create_node_by_wizard"
    assert await process_count(house) == 1


async def test_a_workflow_that_only_a_wizard_can_start_has_no_typed_mutation(house: House) -> None:
    found = await house.ask(
        """{ __type(name: "Mutation") { fields { name } }
             workflow(name: "create_node_by_wizard") { inputSchema } }"""
    )

    assert "createNodeByWizard" not in [field["name"] for field in found["__type"]["fields"]]
    assert found["workflow"] == {"inputSchema": None}


async def test_an_unknown_workflow_is_named(house: House) -> None:
    answer = await start_workflow(house, "creat_node", {})

    assert answer == {
        "__typename": "NotFound",
        "missingId": "workflow_creat_node",
        "message": "There is no workflow 'creat_node'; "
        "did you mean create_node or rename_node or terminate_node?",
    }


async def test_an_unknown_subscription_is_named(house: House) -> None:
    answer = await house.ask(RENAME, input={"subscription": UNKNOWN, "hostname": "n1"})

    assert answer["renameNode"] == {"__typename": "NotFound", "missingId": UNKNOWN}


async def test_nothing_starts_while_the_engine_is_paused(house: House, database: Database) -> None:
    async with database.writer() as connection:
        await connection.execute("INSERT INTO engine (status, changed_by) VALUES ('PAUSED', 'tester')")

    answer = (await house.ask(CREATE_NODE, input=NODE))["createNode"]
    found = await house.ask("{ engine { status } processes { totalCount } }")

    assert answer == {"__typename": "EnginePaused", "message": "The engine is paused."}
    assert found == {"engine": {"status": "PAUSED"}, "processes": {"totalCount": 0}}


async def test_a_workflow_about_a_subscription_needs_one(house: House) -> None:
    answer = await start_workflow(house, "rename_node", {"hostname": "n1"})

    assert [(error["path"], error["code"]) for error in answer["errors"]] == [(["subscription"], "missing")]


async def test_a_modification_is_refused_while_another_process_works_on_the_subscription(
    working_house: House,
) -> None:
    house = working_house
    creating = await house.start_node()
    await house.until(creating, "SUSPENDED")
    found = await house.ask("{ subscriptions { nodes { id version } } }")
    [subscription] = found["subscriptions"]["nodes"]

    answer = await house.ask(RENAME, input={"subscription": subscription["id"], "hostname": "n1"})

    assert answer["renameNode"] == {
        "__typename": "ActionBlocked",
        "subscriptionId": subscription["id"],
        "blockedBy": [
            {"code": "NOT_IN_SYNC", "processes": [{"id": creating}]},
            {"code": "STATUS_NOT_ADMITTED", "processes": []},
        ],
    }


async def test_a_modification_of_a_version_that_is_gone_is_a_conflict(working_house: House) -> None:
    house = working_house
    subscription = await house.active_node()
    read = "query ($id: ID!) { subscription(id: $id) { version } }"
    version = (await house.ask(read, id=subscription))["subscription"]["version"]
    given = {"subscription": subscription, "hostname": "n1"}

    stale = (await house.ask(RENAME, input={**given, "version": version - 1}))["renameNode"]
    paged = await start_workflow(
        house, "rename_node", {"hostname": "n1"}, subscription=subscription, version=version - 1
    )
    current = (await house.ask(RENAME, input={**given, "version": version}))["renameNode"]

    assert stale == paged
    assert stale == {
        "__typename": "Conflict",
        "message": f"{subscription} has version {version}, expected version {version - 1}.",
        "cause": "SUBSCRIPTION_CHANGED",
        "version": version,
        "processId": None,
    }
    assert current["__typename"] == "ProcessStarted"


async def test_a_modification_changes_the_subscription(working_house: House) -> None:
    house = working_house
    subscription = await house.active_node()

    answer = await house.ask(RENAME, input={"subscription": subscription, "hostname": "n1"})
    await house.until(answer["renameNode"]["process"]["id"], "COMPLETED")
    found = await house.ask(
        """query ($id: ID!) { subscription(id: $id) {
             inSync
             processes { totalCount nodes { workflowName } }
             last: processes(last: 1) { nodes { workflowName } pageInfo { hasPreviousPage } }
             ... on NodeSubscription { node { hostname } } } }""",
        id=subscription,
    )

    assert found["subscription"] == {
        "inSync": True,
        "processes": {
            "totalCount": 2,
            "nodes": [{"workflowName": "rename_node"}, {"workflowName": "create_node"}],
        },
        "last": {"nodes": [{"workflowName": "create_node"}], "pageInfo": {"hasPreviousPage": True}},
        "node": {"hostname": "n1"},
    }


async def test_a_resume_with_wrong_pages_says_where_and_changes_nothing(working_house: House) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")

    missing = await house.resume(process)
    wrong = await house.resume(process, {"serial": 0})
    too_many = await house.resume(process, {"serial": 7}, {})

    assert (missing["__typename"], missing["index"]) == ("FormPage", 0)
    assert [error["path"] for error in wrong["errors"]] == [["pages", "0", "serial"]]
    assert [error["path"] for error in too_many["errors"]] == [["pages", "1"]]
    assert await house.until(process, "SUSPENDED") == "SUSPENDED"


@pytest.mark.parametrize("key", ["", " \t", "k" * 256])
async def test_a_key_that_cannot_be_kept_is_refused_by_its_name(house: House, key: str) -> None:
    answer = (await house.ask(CREATE_NODE, input=NODE, key=key))["createNode"]

    assert answer["__typename"] == "InvalidInput"
    assert answer["errors"] == [
        {
            "path": ["idempotencyKey"],
            "message": f"Expected 1 to 255 characters, not all blank, found {len(key)}",
            "code": "key_length",
        }
    ]
    assert await process_count(house) == 0


async def test_a_customer_id_that_no_index_can_hold_is_refused(house: House) -> None:
    answer = (await house.ask(CREATE_NODE, input={**NODE, "customerId": "c" * 256}))["createNode"]

    assert [(error["path"], error["code"]) for error in answer["errors"]] == [
        (["input", "customerId"], "string_too_long")
    ]
    assert await process_count(house) == 0


async def test_a_subscription_of_a_product_that_is_gone_cannot_be_worked_on(
    working_house: House, database: Database
) -> None:
    house = working_house
    subscription = await house.active_node()
    async with database.writer() as connection:
        await connection.execute("UPDATE product SET name = 'Node of old' WHERE name = 'Node acme'")

    answer = (await house.ask(RENAME, input={"subscription": subscription, "hostname": "n1"}))["renameNode"]
    paged = await start_workflow(house, "rename_node", {"hostname": "n1"}, subscription=subscription)

    assert answer["__typename"] == paged["__typename"] == "InvalidInput"
    assert answer["errors"] == [
        {
            "path": ["input", "subscription"],
            "message": "The workflow is about products of the catalogue, which Node of old has left",
            "code": "retired_product",
        }
    ]
    assert [error["path"] for error in paged["errors"]] == [["subscription"]]


@pytest.mark.parametrize("customer", [" ", "\n", "\u2003\t"])
async def test_a_customer_that_is_blank_is_refused(house: House, customer: str) -> None:
    answer = (await house.ask(CREATE_NODE, input={**NODE, "customerId": customer}))["createNode"]

    assert answer["errors"] == [
        {
            "path": ["input", "customerId"],
            "code": "blank",
            "message": "Found blank text, expected some text",
        }
    ]
    assert await process_count(house) == 0


async def test_a_workflow_or_subscription_that_is_none_is_told_and_not_repeated_at_length(
    house: House,
) -> None:
    unknown = await start_workflow(house, "x" * 50_000)
    misnamed = await start_workflow(house, "rename_node", subscription="process_01h455vb4pex5vsknk084sn02q")

    assert unknown["__typename"] == "NotFound"
    assert unknown["message"] == f"There is no workflow '{'x' * 79}…."
    assert unknown["missingId"] == f"workflow_{'x' * 80}"
    assert misnamed["errors"] == [
        {
            "path": ["subscription"],
            "code": "invalid_id",
            "message": "'process_01h455vb4pex5vsknk084sn02q' is not the id of a subscription: "
            "expected subscription_….",
        }
    ]
    assert await process_count(house) == 0


@pytest.mark.parametrize("text", ["\x00", "\\u0000", "\\u{0}", "\\u{0000000}"])
async def test_the_character_that_postgresql_cannot_store_is_refused_however_it_is_written(
    house: House, text: str
) -> None:
    query = f'{{ processes(where: {{workflowName: {{eq: "{text}"}}}}) {{ totalCount }} }}'

    posted = await house.client.post("/graphql", json={"query": query})
    asked = await house.client.get("/graphql", params={"query": query})

    assert (posted.status_code, asked.status_code) == (400, 400)
    assert "U+0000 is not taken" in posted.json()["errors"][0]["message"]
    assert "U+0000 is not taken" in asked.json()["errors"][0]["message"]


async def test_a_resume_of_a_process_that_moved_on_is_a_conflict_in_ids_of_clients(
    working_house: House,
) -> None:
    house = working_house
    process = await house.start_node()
    await house.until(process, "SUSPENDED")
    resume = """mutation ($process: ID!) { resumeProcess(process: $process, pages: [{serial: 7}]) {
        __typename ... on Conflict { message cause processId }
        ... on WrongStatus { message foundStatus } } }"""

    answers = await asyncio.gather(*(house.ask(resume, process=process) for _ in range(8)))

    kinds = [answer["resumeProcess"]["__typename"] for answer in answers]
    assert kinds.count("ProcessUpdated") == 1
    for answer in answers:
        match answer["resumeProcess"]:
            case {"__typename": "Conflict", **details}:
                assert details == {
                    "message": f"{process} has changed since it was looked at.",
                    "cause": "PROCESS_MOVED_ON",
                    "processId": process,
                }
            case {"__typename": "WrongStatus", "message": message, "foundStatus": found}:
                assert message == f"The process is {found}: expected SUSPENDED."
            case other:
                assert other == {"__typename": "ProcessUpdated"}
