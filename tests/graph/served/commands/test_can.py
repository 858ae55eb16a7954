"""What commands a process would take, and that it takes these and no others."""

from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.ids_of import suffix
from tests.graph.served.commands.house import START, CommandHouse
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

CAN = """can {
  resume { allowed code reason } retry { allowed code reason } abort { allowed code reason }
  skip { allowed code reason } delete { allowed code reason } }"""
ASK = f"query ($id: ID!) {{ process(id: $id) {{ {CAN} }} }}"
LIST = f"{{ processes {{ nodes {{ id {CAN} }} }} }}"

COMMANDS = {
    "resume": "mutation ($id: ID!) { c: resumeProcess(process: $id, pages: []) { __typename } }",
    "retry": "mutation ($id: ID!) { c: retryProcess(process: $id) { __typename } }",
    "abort": "mutation ($id: ID!) { c: abortProcess(process: $id) { __typename } }",
    "delete": "mutation ($ids: [ID!]!) { c: deleteProcesses(processes: $ids) {"
    " items { result { __typename } } } }",
    "skip": "mutation ($step: ID!, $values: JSON) {"
    ' c: skipStep(step: $step, reason: "because", values: $values) { __typename } }',
}


async def can(house: CommandHouse, process: str, *, viewer: str = "senior") -> Any:
    return (await house.ask(viewer, ASK, id=process))["process"]["can"]


async def codes(house: CommandHouse, process: str, *, viewer: str = "senior") -> dict[str, str | None]:
    """Why each command would be refused."""
    found = await can(house, process, viewer=viewer)
    assert {name: check["allowed"] for name, check in found.items()} == {
        name: check["code"] is None for name, check in found.items()
    }
    return {name: check["code"] for name, check in found.items()}


@parity("WE-34")
async def test_what_a_failed_task_takes_is_told_with_the_reasons(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed()

    found = await can(commands, process)

    yes = {"allowed": True, "code": None, "reason": None}
    assert found == {
        "resume": {
            "allowed": False,
            "code": "WRONG_STATUS",
            "reason": "The process is FAILED: expected SUSPENDED.",
        },
        "retry": yes,
        "abort": yes,
        "skip": yes,
        "delete": {
            "allowed": False,
            "code": "WRONG_STATUS",
            "reason": "The process is FAILED: expected ABORTED or COMPLETED.",
        },
    }


async def test_authorizers_and_permissions_are_asked_for_the_viewer(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed(workflow="find_guarded")

    junior = await can(commands, process, viewer="junior")
    reader = await codes(commands, process, viewer="reader")

    assert {name: check["code"] for name, check in junior.items()} == {
        "resume": "WRONG_STATUS",
        "retry": "NOT_AUTHORIZED",
        "abort": "NOT_AUTHORIZED",
        "skip": "NOT_AUTHORIZED",
        "delete": "WRONG_STATUS",
    }
    assert junior["retry"]["reason"] == "junior may not retry step 'search' of workflow 'find_guarded'."
    assert set(reader.values()) == {"NOT_PERMITTED"}


@pytest.mark.parametrize("status", ["QUEUED", "SUSPENDED", "FAILED", "ABORTED", "COMPLETED"])
async def test_what_is_told_is_what_happens(commands: CommandHouse, status: str) -> None:
    processes = await in_status(commands, status)
    told = [await codes(commands, process) for process in processes]
    key, values = ("confirm", None) if status == "SUSPENDED" else ("search", {"found": "it"})

    taken: dict[str, bool] = {}
    for process, (name, command) in zip(processes, COMMANDS.items(), strict=True):
        step = f"step_{suffix(process)}_{key}"
        given = {"id": process, "ids": [process], "step": step, "values": values}
        answer = (await commands.ask("senior", command, **given))["c"]
        [found] = [item["result"] for item in answer["items"]] if name == "delete" else [answer]
        taken[name] = found["__typename"] in {"ProcessUpdated", "ProcessDeleted", "FormPage"}

    assert told == [told[0]] * len(processes)
    assert taken == {name: code is None for name, code in told[0].items()}


async def in_status(house: CommandHouse, status: str) -> list[str]:
    """Tasks that have come to the status, one for each command."""
    workflow = "ask_anybody" if status == "SUSPENDED" else "find"
    pages = [] if status == "SUSPENDED" else [{"wanted": "lost key" if status in LOST else "a key"}]
    processes = [await house.start(workflow, *pages) for _ in COMMANDS]
    if status == "QUEUED":
        return processes
    async with house.working():
        for process in processes:
            await house.until(process, "FAILED" if status == "ABORTED" else status)
    if status == "ABORTED":
        for process in processes:
            await house.ask("senior", COMMANDS["abort"], id=process)
    return processes


LOST = ("FAILED", "ABORTED")


async def test_a_task_that_holds_subscriptions_or_has_lost_its_workflow_tells_so(
    commands: CommandHouse, database: Database
) -> None:
    node = await Stored(database).node()
    async with commands.working():
        process = await commands.start("check", subscription=subscription_of(node))
        await commands.until(process, "FAILED")
        other = await commands.failed()
    await commands.ask("senior", COMMANDS["abort"], id=process)
    async with database.writer() as connection:
        await connection.execute("UPDATE process SET workflow = 'gone' WHERE workflow = 'find'")

    holding, lost = await can(commands, process), await can(commands, other)

    assert holding["delete"] == {
        "allowed": False,
        "code": "HOLDS_SUBSCRIPTIONS",
        "reason": "The process still holds subscriptions: put them in sync first.",
    }
    assert [lost[name]["code"] for name in ("retry", "skip", "abort")] == [
        "WORKFLOW_CHANGED",
        "WORKFLOW_CHANGED",
        None,
    ]
    assert lost["retry"]["reason"] == "Workflow 'gone' is gone."


@pytest.mark.parametrize("number", [1, 4])
async def test_a_list_asks_once_about_those_that_could_be_deleted(
    commands: CommandHouse, statements: StatementLog, number: int
) -> None:
    for _ in range(number):
        process = await commands.start("ask_anybody")
        await commands.ask("senior", COMMANDS["abort"], id=process)
        await commands.start("ask_guarded")
    await commands.ask("senior", LIST)

    with statements.recorded() as with_delete:
        await commands.ask("senior", LIST)
    with statements.recorded() as without:
        await commands.ask("senior", "{ processes { nodes { can { retry { allowed } skip { reason } } } } }")

    assert (with_delete.verbs, without.verbs) == (["SELECT", "SELECT"], ["SELECT"])


@parity("WE-36")
async def test_predicates_and_authorizers_of_starts_are_told_apart(commands: CommandHouse) -> None:
    predicate = (await commands.ask("junior", START, workflow="work", pages=[]))["startWorkflow"]
    authorizer = (await commands.ask("junior", START, workflow="ask_guarded", pages=[]))["startWorkflow"]
    typed = await commands.ask(
        "junior", "mutation { work { __typename ... on PredicateFailed { reason predicateCode } } }"
    )
    by_claims = (await commands.ask("senior", START, workflow="work", pages=[]))["startWorkflow"]
    count = await commands.ask("senior", "{ processes { totalCount } }")

    assert predicate == {
        "__typename": "PredicateFailed",
        "message": "Workflow 'work' cannot be started now: nobody works at weekends.",
        "reason": "nobody works at weekends",
        "predicateCode": "WEEKEND",
    }
    assert authorizer == {
        "__typename": "NotAllowed",
        "message": "Not allowed: junior may not start workflow 'ask_guarded'.",
        "reason": "junior may not start workflow 'ask_guarded'",
        "code": "NOT_AUTHORIZED",
    }
    assert typed["work"]["__typename"] == "PredicateFailed"
    assert by_claims["__typename"] == "ProcessStarted"
    assert count["processes"]["totalCount"] == 1
