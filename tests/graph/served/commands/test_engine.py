"""Pausing the engine and letting it go on, and what is told of it."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.graph.served.commands.house import START, CommandHouse
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

ENGINE = "status changedBy runningProcesses workers { id host pid live paused runningSteps }"
ASK = f"{{ engine {{ {ENGINE} changedAt workers {{ startedAt seenAt }} }} }}"


def command(name: str) -> str:
    return f"""mutation {{ {name} {{ __typename
        ... on EngineUpdated {{ engine {{ {ENGINE} }} }} ... on NotAllowed {{ message reason code }} }} }}"""


async def give(house: CommandHouse, name: str, *, viewer: str = "senior") -> Any:
    return (await house.ask(viewer, command(name)))[name]


async def status(house: CommandHouse) -> str:
    return (await house.ask("reader", "{ engine { status } }"))["engine"]["status"]


async def test_an_engine_that_nobody_ever_paused_runs_without_workers(commands: CommandHouse) -> None:
    found = await commands.ask("reader", ASK)

    assert found["engine"] == {
        "status": "RUNNING",
        "changedBy": None,
        "changedAt": None,
        "runningProcesses": 0,
        "workers": [],
    }


@parity("WE-44")
@parity("WE-44", mends="paused-while-running")
async def test_a_pause_is_complete_when_the_step_in_flight_has_ended(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.start("wait_at_gate")
        await asyncio.wait_for(commands.gate.entered.wait(), timeout=10)

        pausing = (await give(commands, "pauseEngine"))["engine"]
        while_pausing = (await commands.ask("reader", ASK))["engine"]
        refused = await commands.ask("senior", START, workflow="ask_anybody", pages=[])
        commands.gate.opened.set()
        await eventually(lambda: _is(commands, "PAUSED"), deadline_s=15)
        paused = (await commands.ask("reader", ASK))["engine"]
        parked = await commands.status(process)
        unpaused = (await give(commands, "unpauseEngine", viewer="junior"))["engine"]
        await commands.until(process, "COMPLETED")

    [worker] = pausing["workers"]
    assert (pausing["status"], pausing["changedBy"], pausing["runningProcesses"]) == ("PAUSING", "senior", 1)
    assert (worker["live"], worker["paused"], worker["runningSteps"]) == (True, False, 1)
    assert worker["id"].startswith("worker_")
    assert while_pausing["changedAt"] is not None
    assert while_pausing["workers"][0]["seenAt"] >= while_pausing["workers"][0]["startedAt"]
    assert refused["startWorkflow"] == {"__typename": "EnginePaused", "message": "The engine is paused."}
    assert (paused["status"], paused["runningProcesses"], parked) == ("PAUSED", 0, "QUEUED")
    assert paused["workers"][0]["paused"] is True
    assert (unpaused["status"], unpaused["changedBy"]) == ("RUNNING", "junior")


async def _is(house: CommandHouse, expected: str) -> bool:
    return await status(house) == expected


@parity("WE-44")
@parity("WE-46")
async def test_followers_are_told_each_change_of_the_engine(commands: CommandHouse) -> None:
    query = "subscription { engine { status changedBy workers { live paused } } }"

    async with (
        aclosing(commands.follow("reader", query)) as told,
        aclosing(commands.follow("clerk", query)) as other,
    ):
        first = [await anext(told), await anext(other)]
        await give(commands, "pauseEngine")
        paused = [await anext(told), await anext(other)]
        async with commands.working():
            with_worker = await anext(told)
            await give(commands, "unpauseEngine", viewer="junior")
            unpaused = await anext(told)
            while unpaused["engine"]["status"] != "RUNNING":
                unpaused = await anext(told)

    assert first == [{"engine": {"status": "RUNNING", "changedBy": None, "workers": []}}] * 2
    assert paused == [{"engine": {"status": "PAUSED", "changedBy": "senior", "workers": []}}] * 2
    assert with_worker["engine"]["workers"][0]["live"] is True
    assert unpaused["engine"]["changedBy"] == "junior"


async def test_to_pause_twice_changes_nothing_and_two_at_once_agree(commands: CommandHouse) -> None:
    first, second = await asyncio.gather(
        give(commands, "pauseEngine"), give(commands, "pauseEngine", viewer="junior")
    )
    again = await give(commands, "pauseEngine")

    assert {first["__typename"], second["__typename"]} == {"EngineUpdated"}
    assert first["engine"]["changedBy"] == second["engine"]["changedBy"]
    assert again["engine"] == first["engine"]
    assert again["engine"]["status"] == "PAUSED"


async def test_who_does_not_see_all_customers_may_not_pause(commands: CommandHouse) -> None:
    refused = [await give(commands, name, viewer="clerk") for name in ("pauseEngine", "unpauseEngine")]

    expected = {
        "__typename": "NotAllowed",
        "message": "Not allowed: to pause the engine or let it go on needs a scope of all customers.",
        "reason": "to pause the engine or let it go on needs a scope of all customers",
        "code": "OUT_OF_SCOPE",
    }
    assert refused == [expected, expected]
    assert await status(commands) == "RUNNING"


async def test_without_the_permission_the_document_is_refused(commands: CommandHouse) -> None:
    response = await commands.post("reader", command("pauseEngine"))

    [error] = response.json()["errors"]
    assert response.status_code == 403
    assert error["extensions"] == {
        "code": "NOT_ALLOWED",
        "field": "Mutation.pauseEngine",
        "permission": "PAUSE_ENGINE",
    }
    assert await status(commands) == "RUNNING"


async def test_the_engine_is_one_statement_and_a_pause_its_transaction_and_one_read(
    commands: CommandHouse, statements: StatementLog
) -> None:
    await commands.ask("reader", ASK)

    with statements.recorded() as read:
        await commands.ask("reader", ASK)
    with statements.recorded() as written:
        await give(commands, "pauseEngine")

    assert read.verbs == ["SELECT"]
    assert written.verbs == ["BEGIN", "WITH", "COMMIT", "SELECT"]
