"""Leaving out a step over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.graph.ids_of import suffix
from tests.graph.served.commands.house import CommandHouse
from tests.parity import parity
from tests.postgres import StatementLog

SKIP = """
mutation ($step: ID!, $reason: String!, $values: JSON) {
  skipStep(step: $step, reason: $reason, values: $values) {
    __typename
    ... on Refused { message }
    ... on ProcessUpdated { process { status lastActor steps { key status skippedBy skipReason delta } } }
    ... on InvalidInput { errors { path message code } }
    ... on NotAllowed { reason code }
    ... on NotFound { missingId }
    ... on WrongStatus { foundStatus expectedStatuses }
    ... on StepNotSkippable { missing }
    ... on Conflict { cause processId }
  }
}
"""
UNKNOWN = "process_01h455vb4pex5vsknk084sn02q"


def step_of(process: str, key: str = "search") -> str:
    return f"step_{suffix(process)}_{key}"


async def skip(house: CommandHouse, process: str, *, viewer: str = "senior", **variables: Any) -> Any:
    given = {"step": step_of(process), "reason": "It was found by hand", **variables}
    return (await house.ask(viewer, SKIP, **given))["skipStep"]


@parity("WE-18")
async def test_a_skipped_step_tells_by_whom_and_why_and_what_stands_for_it(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed()
    answer = await skip(commands, process, values={"found": "a key"}, viewer="junior")
    async with commands.working():
        await commands.until(process, "COMPLETED")
    after = await commands.ask(
        "reader", "query ($id: ID!) { process(id: $id) { status state steps { key status } } }", id=process
    )

    skipped = {
        "key": "search",
        "status": "SKIPPED",
        "skippedBy": "junior",
        "skipReason": "It was found by hand",
        "delta": {"found": "a key"},
    }
    assert (answer["__typename"], answer["process"]["lastActor"]) == ("ProcessUpdated", "junior")
    assert answer["process"]["status"] == "QUEUED"
    assert answer["process"]["steps"][0] == skipped
    assert {step["skippedBy"] for step in answer["process"]["steps"][1:]} == {None}
    assert after["process"]["state"] == {"wanted": "lost key", "found": "a key, reported"}


async def test_what_later_steps_miss_is_listed_and_can_be_sent_along(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed()
        refused = await skip(commands, process)
        wrong = await skip(commands, process, values={"found": 7, "sought": 1})
        no_object = await skip(commands, process, values=["found"])
        blank = await skip(commands, process, reason="  ", values={"found": "it"})
        untouched = await commands.status(process)
        done = await skip(commands, process, values={"found": "it"})

    assert refused == {
        "__typename": "StepNotSkippable",
        "message": "Step 'search' cannot be skipped: later steps take found, expected values for that.",
        "missing": ["found"],
    }
    assert [(error["path"], error["code"]) for error in wrong["errors"]] == [
        (["values", "found"], "string_type"),
        (["values", "sought"], "unknown_output"),
    ]
    assert no_object["errors"] == [
        {"path": ["values"], "message": "Expected a JSON object: values by name", "code": "object"}
    ]
    assert [error["path"] for error in blank["errors"]] == [["reason"]]
    assert untouched == "FAILED"
    assert done["__typename"] == "ProcessUpdated"


async def test_a_skip_is_refused_for_what_the_process_is_and_where_it_stands(commands: CommandHouse) -> None:
    waiting = await commands.start("find", {"wanted": "lost key"})
    running = await skip(commands, waiting)
    async with commands.working():
        await commands.until(waiting, "FAILED")
        elsewhere = await skip(commands, waiting, step=step_of(waiting, "report"))
    unknown = await skip(commands, waiting, step=step_of(UNKNOWN))

    assert running == {
        "__typename": "WrongStatus",
        "message": "The process is QUEUED: expected SUSPENDED or WAITING or AWAITING_CALLBACK or FAILED.",
        "foundStatus": "QUEUED",
        "expectedStatuses": ["SUSPENDED", "WAITING", "AWAITING_CALLBACK", "FAILED"],
    }
    assert elsewhere == {
        "__typename": "Conflict",
        "message": f"{waiting} is at step 'search', expected it at step 'report'.",
        "cause": "PROCESS_MOVED_ON",
        "processId": waiting,
    }
    assert unknown == {"__typename": "NotFound", "message": f"There is no {UNKNOWN}.", "missingId": UNKNOWN}


@parity("WE-34")
@parity("WE-34", mends="graphql-bypass")
async def test_authorizers_are_asked_with_what_is_known_of_the_viewer(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed(workflow="find_guarded")
        refused = await skip(commands, process, values={"found": "it"}, viewer="junior")
        allowed = await skip(commands, process, values={"found": "it"}, viewer="senior")

    assert refused == {
        "__typename": "NotAllowed",
        "message": "Not allowed: junior may not skip step 'search' of workflow 'find_guarded'.",
        "reason": "junior may not skip step 'search' of workflow 'find_guarded'",
        "code": "NOT_AUTHORIZED",
    }
    assert allowed["__typename"] == "ProcessUpdated"


async def test_of_two_who_skip_at_once_one_does(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed()

    answers = await asyncio.gather(
        *(skip(commands, process, values={"found": name}, viewer=name) for name in ("senior", "junior"))
    )

    [done] = [answer for answer in answers if answer["__typename"] == "ProcessUpdated"]
    [other] = [answer for answer in answers if answer["__typename"] != "ProcessUpdated"]
    assert other["__typename"] in {"WrongStatus", "Conflict"}
    found = await commands.ask(
        "reader", "query ($id: ID!) { process(id: $id) { version steps { skippedBy } } }", id=process
    )
    assert found["process"]["steps"][0]["skippedBy"] == done["process"]["steps"][0]["skippedBy"]


async def test_a_process_out_of_scope_is_as_if_it_did_not_exist(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.failed()

    answer = await skip(commands, process, viewer="clerk")

    assert answer == {"__typename": "NotFound", "message": f"There is no {process}.", "missingId": process}
    assert await commands.status(process) == "FAILED"


@pytest.mark.parametrize("step", ["search", UNKNOWN, f"step_{suffix(UNKNOWN)}"])
async def test_what_is_no_id_of_a_step_is_not_found(commands: CommandHouse, step: str) -> None:
    answer = (await commands.ask("senior", SKIP, step=step, reason="because"))["skipStep"]

    assert (answer["__typename"], answer["missingId"]) == ("NotFound", step)
    assert step in answer["message"]


async def test_a_skip_is_a_read_its_transaction_and_one_read_of_the_process(
    commands: CommandHouse, statements: StatementLog
) -> None:
    async with commands.working():
        processes = [await commands.failed() for _ in range(2)]
    await skip(commands, processes[0], values={"found": "warm-up"})

    with statements.recorded() as recorded:
        await skip(commands, processes[1], values={"found": "it"})

    assert recorded.verbs == ["SELECT", "BEGIN", "SELECT", "SELECT", "WITH", "WITH", "COMMIT", "SELECT"]
