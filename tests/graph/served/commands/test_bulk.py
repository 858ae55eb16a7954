"""Bulk mutations: one request for several things, and a result for each as if it had been asked for alone."""

import asyncio
from typing import Any

from domain.storage.database import Database
from tests.graph.served.commands.house import CommandHouse
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

START = """
mutation ($workflow: String!, $subscriptions: [StartSubjectInput!]!, $pages: [JSON!], $key: String) {
  startWorkflows(workflow: $workflow, subscriptions: $subscriptions, pages: $pages, idempotencyKey: $key) {
    doneCount refusedCount
    items { subscriptionId result { __typename
      ... on ProcessStarted { created process { id status subscriptions { id inSync } } }
      ... on FormPage { index title }
      ... on InvalidInput { errors { path code } page { index given } }
      ... on ActionBlocked { blockedBy { code } }
      ... on Refused { message } } }
  }
}
"""
ABORT = """
mutation ($ids: [ID!]!, $reason: String) { abortProcesses(processes: $ids, reason: $reason) {
  ... on BulkResult { doneCount refusedCount }
  items { processId result { __typename
    ... on ProcessUpdated { process { status failureReason lastActor } }
    ... on InvalidInput { errors { path code } } ... on WrongStatus { foundStatus }
    ... on Refused { message } } } } }
"""
REPAIR = """
mutation ($ids: [ID!]!) { setSubscriptionsInSync(subscriptions: $ids) { doneCount refusedCount
  items { subscriptionId result { __typename
    ... on SubscriptionUpdated { subscription { inSync heldBy { id } } }
    ... on WrongStatus { foundStatus } ... on Refused { message } } } } }
"""
REFER = """
INSERT INTO block_relation (parent_id, child_id, attribute, position, subscription_id, owner_id)
VALUES ($1, $2, 'backup', 0, $3, $4)
"""
UNKNOWN = "process_01h455vb4pex5vsknk084sn02q"
NO_SUBSCRIPTION = "subscription_01h455vb4pex5vsknk084sn02q"


async def start(house: CommandHouse, workflow: str, *ids: str, viewer: str = "senior", **more: Any) -> Any:
    subscriptions = [{"subscription": each} for each in ids]
    given = {"workflow": workflow, "subscriptions": subscriptions, **more}
    return (await house.ask(viewer, START, **given))["startWorkflows"]


async def abort(house: CommandHouse, *ids: str, viewer: str = "senior", reason: str | None = None) -> Any:
    return (await house.ask(viewer, ABORT, ids=ids, reason=reason))["abortProcesses"]


async def nodes(database: Database, *customers: str) -> list[str]:
    stored = Stored(database)
    return [subscription_of(await stored.node(customer=each)) for each in customers]


def kinds(answer: Any) -> list[str]:
    return [item["result"]["__typename"] for item in answer["items"]]


@parity("GQ-02")
@parity("GQ-02", mends="few")
async def test_a_validation_is_started_on_many_and_can_be_repeated(
    commands: CommandHouse, database: Database
) -> None:
    first, second, foreign = await nodes(database, "customer 1", "customer 1", "customer 2")
    wanted = [second, foreign, NO_SUBSCRIPTION, UNKNOWN, first, second]

    answer = await start(commands, "check", *wanted, viewer="clerk", key="nightly")
    again = await start(commands, "check", *wanted, viewer="clerk", key="nightly")
    of_other = await start(commands, "check", first, key="nightly")

    assert (answer["doneCount"], answer["refusedCount"]) == (2, 3)
    assert [item["subscriptionId"] for item in answer["items"]] == wanted[:-1]
    assert kinds(answer) == ["ProcessStarted", "NotFound", "NotFound", "InvalidInput", "ProcessStarted"]
    assert answer["items"][0]["result"]["process"]["subscriptions"] == [{"id": second, "inSync": False}]
    assert answer["items"][3]["result"]["errors"] == [
        {"path": ["subscriptions", "3", "subscription"], "code": "invalid_id"}
    ]
    assert kinds(again) == kinds(answer)
    assert [item["result"]["created"] for item in (again["items"][0], again["items"][4])] == [False, False]
    assert [item["result"].get("process") for item in again["items"]] == [
        item["result"].get("process") for item in answer["items"]
    ]
    assert of_other["items"][0]["result"]["created"] is True


async def test_pages_are_for_all_or_of_each(house: House, database: Database) -> None:
    stored = Stored(database)
    port = (await stored.node()).node.ports[0]
    main = await stored.circuit(port)
    backup = await stored.circuit(port)
    other = await stored.circuit(port)
    async with database.writer() as connection:
        await connection.execute(REFER, backup.circuit.id, main.circuit.id, backup.id, main.id)
    subjects: list[dict[str, object]] = [
        {"subscription": subscription_of(main), "version": 1},
        {"subscription": subscription_of(backup)},
        {"subscription": subscription_of(other), "pages": [{"counter": "many"}], "version": 1},
    ]

    response = await house.ask(START, workflow="set_circuit", subscriptions=subjects, pages=[{"counter": 7}])
    none: dict[str, object] = {"subscription": subscription_of(other), "pages": []}
    left = await house.ask(START, workflow="set_circuit", subscriptions=[none])

    answer = response["startWorkflows"]
    assert kinds(answer) == ["ProcessStarted", "ActionBlocked", "InvalidInput"]
    # The backup refers to the circuit that the first of these starts has just taken.
    assert answer["items"][1]["result"]["blockedBy"] == [{"code": "RELATED_NOT_IN_SYNC"}]
    assert answer["items"][2]["result"]["errors"] == [
        {"path": ["subscriptions", "2", "pages", "0", "counter"], "code": "int_parsing"}
    ]
    assert answer["items"][2]["result"]["page"] == {"index": 0, "given": {"counter": "many"}}
    assert left["startWorkflows"]["items"][0]["result"] == {
        "__typename": "FormPage",
        "index": 0,
        "title": "How a circuit is to be",
    }


async def test_what_is_wrong_with_the_whole_is_an_error_or_said_of_each(
    commands: CommandHouse, database: Database
) -> None:
    (node,) = await nodes(database, "customer 1")
    twice = [{"subscription": node}, {"subscription": node, "version": 1}]

    contradicting = await commands.errors("senior", START, workflow="check", subscriptions=twice)
    too_many = await commands.errors(
        "senior", START, workflow="check", subscriptions=[{"subscription": node}] * 201
    )
    unknown = await start(commands, "chek", node, UNKNOWN)
    without = await start(commands, "find", node)
    none = await start(commands, "check")
    forbidden = await commands.post("reader", START, workflow="check", subscriptions=[])

    contradiction = (
        "Found one subscription at the places 0 and 1 of 'subscriptions', with another version or other "
        "pages: expected it once."
    )
    assert contradicting == [("NAMED_TWICE", contradiction)]
    assert too_many == [("TOO_MANY_IDS", "Found 201 ids in 'subscriptions': at most 200 are taken at once.")]
    assert kinds(unknown) == ["NotFound", "InvalidInput"]
    assert unknown["items"][0]["result"]["message"].startswith("There is no workflow 'chek'")
    assert without["items"][0]["result"]["errors"] == [
        {"path": ["subscriptions", "0", "subscription"], "code": "unexpected_subject"}
    ]
    assert none == {"doneCount": 0, "refusedCount": 0, "items": []}
    assert forbidden.status_code == 403


@parity("AP-06")
@parity("AP-06", mends="any-error")
async def test_several_processes_are_aborted_and_each_is_answered(
    commands: CommandHouse, database: Database
) -> None:
    (node,) = await nodes(database, "customer 1")
    waiting, guarded = await commands.start("ask_anybody"), await commands.start("ask_guarded")
    holding = await commands.start("check", subscription=node)

    blank = await abort(commands, waiting, reason=" ")
    answer = await abort(
        commands, waiting, UNKNOWN, guarded, holding, node, waiting, viewer="junior", reason="enough"
    )
    again, hidden = await abort(commands, waiting), await abort(commands, guarded, viewer="stranger")
    found = await commands.ask("reader", "query ($id: ID!) { subscription(id: $id) { inSync } }", id=node)

    assert blank["items"][0]["result"]["errors"] == [{"path": ["reason"], "code": "reason"}]
    assert (answer["doneCount"], answer["refusedCount"]) == (2, 3)
    assert [item["processId"] for item in answer["items"]] == [waiting, UNKNOWN, guarded, holding, node]
    assert kinds(answer) == ["ProcessUpdated", "NotFound", "NotAllowed", "ProcessUpdated", "NotFound"]
    assert [item["result"]["process"] for item in (answer["items"][0], answer["items"][3])] == [
        {"status": "ABORTED", "failureReason": "enough", "lastActor": "junior"}
    ] * 2
    refused = again["items"][0]["result"]
    assert refused.pop("message").startswith("The process is ABORTED: expected QUEUED or RUNNING or ")
    assert refused == {
        "__typename": "WrongStatus",
        "foundStatus": "ABORTED",
    }
    assert kinds(hidden) == ["NotFound"]
    assert await commands.status(guarded) == "QUEUED"
    # No step of it had begun.
    assert found["subscription"] == {"inSync": True}


async def test_of_two_who_abort_at_once_one_does(commands: CommandHouse, database: Database) -> None:
    held = await nodes(database, *["customer 1"] * 3)
    made = [await commands.start("check", subscription=each) for each in held]

    first, second, repaired = await asyncio.gather(
        abort(commands, *made), abort(commands, *made[::-1]), commands.ask("senior", REPAIR, ids=held)
    )

    assert first["doneCount"] + second["doneCount"] == len(made)
    assert {item["result"]["__typename"] for answer in (first, second) for item in answer["items"]} == {
        "ProcessUpdated",
        "WrongStatus",
    }
    assert set(kinds(repaired["setSubscriptionsInSync"])) <= {"SubscriptionUpdated", "WrongStatus"}


@parity("AP-27")
async def test_several_subscriptions_are_put_in_sync_and_each_is_answered(
    commands: CommandHouse, database: Database
) -> None:
    ended, failed, free, foreign = await nodes(
        database, "customer 1", "customer 1", "customer 1", "customer 2"
    )
    async with commands.working():
        made = [await commands.start("check", subscription=each) for each in (ended, failed, foreign)]
        for process in made:
            await commands.until(process, "FAILED")
    await abort(commands, made[0], made[2])

    ids = [failed, ended, free, foreign, NO_SUBSCRIPTION, UNKNOWN, ended]
    answer = (await commands.ask("clerk", REPAIR, ids=ids))["setSubscriptionsInSync"]
    again = (await commands.ask("clerk", REPAIR, ids=[ended]))["setSubscriptionsInSync"]
    found = await commands.ask("reader", "query ($id: ID!) { subscription(id: $id) { inSync } }", id=foreign)

    in_sync = {"__typename": "SubscriptionUpdated", "subscription": {"inSync": True, "heldBy": None}}
    assert (answer["doneCount"], answer["refusedCount"]) == (2, 4)
    assert kinds(answer) == ["WrongStatus", "SubscriptionUpdated", "SubscriptionUpdated", *["NotFound"] * 3]
    assert answer["items"][0]["result"]["foundStatus"] == "FAILED"
    assert [item["result"] for item in answer["items"][1:3]] == [in_sync, in_sync]
    assert again["items"][0]["result"] == in_sync
    assert found["subscription"] == {"inSync": False}


async def test_any_number_takes_the_same_statements(
    commands: CommandHouse, database: Database, statements: StatementLog
) -> None:
    held = await nodes(database, *["customer 1"] * 7)
    await start(commands, "check", held.pop(), key="warm-up")
    verbs: list[list[list[str]]] = []
    for number in (1, 5):
        ids = [held.pop() for _ in range(number)]
        with statements.recorded() as started:
            answer = await start(commands, "check", *ids, key=f"{number}")
        processes = [item["result"]["process"]["id"] for item in answer["items"]]
        with statements.recorded() as aborted:
            await abort(commands, *processes)
        async with database.writer() as connection:
            await connection.execute("UPDATE subscription SET in_sync = false")
        with statements.recorded() as repaired:
            await commands.ask("senior", REPAIR, ids=ids)
        verbs.append([started.verbs, aborted.verbs, repaired.verbs])

    assert verbs[0] == verbs[1]
    assert verbs[0] == [
        [
            "SELECT",
            "SELECT",
            "BEGIN",
            "SELECT",
            "SELECT",
            "SELECT",
            "WITH",
            "WITH",
            "COMMIT",
            *["SELECT"] * 3,
        ],
        ["SELECT", "BEGIN", "SELECT", "WITH", "WITH", "COMMIT", "SELECT"],
        ["SELECT", "BEGIN", "WITH", "COMMIT", "SELECT"],
    ]
