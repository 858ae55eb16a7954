"""Commands to several processes at once, with an answer for each."""

import asyncio
from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.ids_of import suffix
from tests.graph.served.commands.house import CommandHouse
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

RETRY_RESULT = """
doneCount refusedCount items { processId result { __typename
  ... on ProcessUpdated { process { id status } }
  ... on Refused { message } ... on NotAllowed { code } ... on WrongStatus { foundStatus expectedStatuses }
  ... on NotFound { missingId } } }
"""
RETRY = f"mutation ($ids: [ID!]!) {{ retryProcesses(processes: $ids) {{ {RETRY_RESULT} }} }}"
RETRY_TASKS = f"mutation {{ retryFailedTasks {{ {RETRY_RESULT} }} }}"
DELETE = """
mutation ($ids: [ID!]!) { deleteProcesses(processes: $ids) { doneCount refusedCount items { processId
  result { __typename ... on ProcessDeleted { deletedProcessId }
    ... on Refused { message } ... on NotAllowed { code } ... on WrongStatus { foundStatus } } } } }
"""
ABORT = "mutation ($id: ID!) { abortProcess(process: $id) { __typename } }"
UNKNOWN = "process_01h455vb4pex5vsknk084sn02q"


async def retry(house: CommandHouse, *ids: str, viewer: str = "senior") -> Any:
    return (await house.ask(viewer, RETRY, ids=ids))["retryProcesses"]


async def delete(house: CommandHouse, *ids: str, viewer: str = "senior") -> Any:
    return (await house.ask(viewer, DELETE, ids=ids))["deleteProcesses"]


async def aborted(house: CommandHouse, *, workflow: str = "ask_anybody") -> str:
    process = await house.start(workflow)
    await house.ask("senior", ABORT, id=process)
    return process


@parity("WE-41")
async def test_several_processes_are_retried_and_each_is_answered(commands: CommandHouse) -> None:
    async with commands.working():
        failed, guarded = await commands.failed(), await commands.failed(workflow="find_guarded")
    queued = await commands.start("ask_anybody")

    answer = await retry(commands, queued, UNKNOWN, failed, guarded, failed, viewer="junior")

    assert (answer["doneCount"], answer["refusedCount"]) == (1, 3)
    assert answer["items"] == [
        {
            "processId": queued,
            "result": {
                "__typename": "WrongStatus",
                "message": "The process is QUEUED: expected WAITING or FAILED.",
                "foundStatus": "QUEUED",
                "expectedStatuses": ["WAITING", "FAILED"],
            },
        },
        {
            "processId": UNKNOWN,
            "result": {"__typename": "NotFound", "message": f"There is no {UNKNOWN}.", "missingId": UNKNOWN},
        },
        {
            "processId": failed,
            "result": {"__typename": "ProcessUpdated", "process": {"id": failed, "status": "QUEUED"}},
        },
        {
            "processId": guarded,
            "result": {
                "__typename": "NotAllowed",
                "message": "Not allowed: junior may not retry step 'search' of workflow 'find_guarded'.",
                "code": "NOT_AUTHORIZED",
            },
        },
    ]
    assert await commands.status(guarded) == "FAILED"


@parity("WE-41")
async def test_all_failed_tasks_are_retried(commands: CommandHouse) -> None:
    async with commands.working():
        failed = [await commands.failed() for _ in range(2)]
    other = await commands.start("ask_anybody")

    of_clerk = (await commands.ask("clerk", RETRY_TASKS))["retryFailedTasks"]
    answer = (await commands.ask("senior", RETRY_TASKS))["retryFailedTasks"]
    again = (await commands.ask("senior", RETRY_TASKS))["retryFailedTasks"]

    nothing: dict[str, object] = {"doneCount": 0, "refusedCount": 0, "items": []}
    assert of_clerk == nothing
    assert (answer["doneCount"], answer["refusedCount"]) == (2, 0)
    assert [item["processId"] for item in answer["items"]] == failed
    assert again == nothing
    assert await commands.status(other) == "QUEUED"


@parity("WE-43")
@parity("WE-43", mends="running")
async def test_several_processes_are_deleted_and_each_is_answered(commands: CommandHouse) -> None:
    async with commands.working():
        failed = await commands.failed()
    ended, guarded = await aborted(commands), await aborted(commands, workflow="ask_guarded")

    answer = await delete(commands, ended, failed, UNKNOWN, guarded, viewer="junior")
    left = await commands.ask("reader", "{ processes { nodes { id } } }")

    assert (answer["doneCount"], answer["refusedCount"]) == (1, 3)
    assert [item["result"] for item in answer["items"]] == [
        {"__typename": "ProcessDeleted", "deletedProcessId": ended},
        {
            "__typename": "WrongStatus",
            "message": "The process is FAILED: expected ABORTED or COMPLETED.",
            "foundStatus": "FAILED",
        },
        {"__typename": "NotFound", "message": f"There is no {UNKNOWN}."},
        {
            "__typename": "NotAllowed",
            "message": "Not allowed: junior may not delete step 'confirm' of workflow 'ask_guarded'.",
            "code": "NOT_AUTHORIZED",
        },
    ]
    assert [item["processId"] for item in answer["items"]] == [ended, failed, UNKNOWN, guarded]
    assert {node["id"] for node in left["processes"]["nodes"]} == {failed, guarded}


async def test_what_is_no_task_or_holds_subscriptions_stays(
    commands: CommandHouse, database: Database
) -> None:
    node = await Stored(database).node()
    async with commands.working():
        process = await commands.start("check", subscription=subscription_of(node))
        await commands.until(process, "FAILED")
        await commands.ask("senior", ABORT, id=process)

    holding = await delete(commands, process)
    async with database.writer() as connection:
        await connection.execute("UPDATE process SET is_task = false")
    business = await delete(commands, process)

    assert holding["items"][0]["result"] == {
        "__typename": "HoldsSubscriptions",
        "message": f"{process} still holds subscriptions: put them in sync first.",
    }
    assert business["items"][0]["result"] == {
        "__typename": "NotATask",
        "message": f"{process} is no task: only tasks can be deleted.",
    }
    assert await commands.status(process) == "ABORTED"


async def test_out_of_scope_is_not_found_and_nothing_is_done(commands: CommandHouse) -> None:
    async with commands.working():
        failed = await commands.failed()
    ended = await aborted(commands)

    retried = await retry(commands, failed, viewer="stranger")
    deleted = await delete(commands, ended, viewer="stranger")

    assert [item["result"]["__typename"] for item in retried["items"]] == ["NotFound"]
    assert [item["result"]["__typename"] for item in deleted["items"]] == ["NotFound"]
    assert (await commands.status(failed), await commands.status(ended)) == ("FAILED", "ABORTED")


async def test_of_two_who_retry_at_once_one_does(commands: CommandHouse) -> None:
    async with commands.working():
        failed = [await commands.failed() for _ in range(3)]

    first, second = await asyncio.gather(retry(commands, *failed), retry(commands, *failed[::-1]))

    assert first["doneCount"] + second["doneCount"] == len(failed)
    assert first["refusedCount"] + second["refusedCount"] == len(failed)


async def test_of_two_who_delete_at_once_one_does(commands: CommandHouse) -> None:
    ended = [await aborted(commands) for _ in range(3)]

    first, second = await asyncio.gather(delete(commands, *ended), delete(commands, *ended[::-1]))

    assert first["doneCount"] + second["doneCount"] == len(ended)
    assert {item["result"]["__typename"] for answer in (first, second) for item in answer["items"]} == {
        "ProcessDeleted",
        "NotFound",
    }


@pytest.mark.parametrize("query", [RETRY, DELETE])
async def test_too_many_ids_are_an_error_and_nothing_is_done(commands: CommandHouse, query: str) -> None:
    ended = await aborted(commands)

    response = (await commands.post("senior", query, ids=[ended] * 201)).json()

    [error] = response["errors"]
    assert error["message"] == "Found 201 ids in 'processes': at most 200 are taken at once."
    assert error["extensions"] == {
        "code": "TOO_MANY_IDS",
        "argument": "processes",
        "found": 201,
        "limit": 200,
    }
    assert await commands.status(ended) == "ABORTED"


@pytest.mark.parametrize("query", [RETRY, DELETE])
async def test_what_is_no_id_of_a_process_is_answered_beside_the_others(
    commands: CommandHouse, query: str
) -> None:
    step = f"step_{suffix(UNKNOWN)}_search"

    [answer] = (await commands.ask("senior", query, ids=[step, UNKNOWN, step, "x" * 200])).values()

    assert (answer["doneCount"], answer["refusedCount"]) == (0, 3)
    assert [item["processId"] for item in answer["items"]] == [step, UNKNOWN, "x" * 80]
    assert [item["result"]["__typename"] for item in answer["items"]] == ["NotFound"] * 3
    assert answer["items"][0]["result"]["message"] == (
        f"'{step}' is not the id of a process: expected process_…."
    )


@pytest.mark.parametrize("query", [RETRY, DELETE])
async def test_none_at_all_are_none(commands: CommandHouse, query: str) -> None:
    [answer] = (await commands.ask("senior", query, ids=[])).values()

    assert (answer["refusedCount"], answer["items"]) == (0, [])


@pytest.mark.parametrize("number", [1, 5])
async def test_any_number_takes_the_same_statements(
    commands: CommandHouse, statements: StatementLog, number: int
) -> None:
    async with commands.working():
        failed = [await commands.failed() for _ in range(number + 1)]
    ended = [await aborted(commands) for _ in range(number + 1)]
    await retry(commands, failed.pop())
    await delete(commands, ended.pop())

    with statements.recorded() as retried:
        await retry(commands, *failed)
    with statements.recorded() as deleted:
        await delete(commands, *ended)

    assert retried.verbs == ["SELECT", "BEGIN", "SELECT", "WITH", "WITH", "COMMIT", "SELECT"]
    assert deleted.verbs == ["SELECT", "BEGIN", "SELECT", "SELECT", "WITH", "COMMIT"]
