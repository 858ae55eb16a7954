"""Notes on processes over HTTP, and those who watch."""

from contextlib import aclosing
from typing import Any

from tests.graph.served.commands.house import CommandHouse
from tests.graph.served.house import House
from tests.parity import parity
from tests.postgres import StatementLog

NOTE = """
mutation ($id: ID!, $note: String, $version: Int) {
  setProcessNote(process: $id, note: $note, version: $version) { __typename
  ... on ProcessUpdated { process { note noteVersion version } }
  ... on InvalidInput { errors { path code } }
  ... on StaleVersion { foundVersion expectedVersion currentProcess { id note noteVersion } }
  ... on NotFound { missingId } ... on Refused { message } }
}
"""
EVENTS = """subscription ($id: ID!) { processEvents(process: $id) { __typename cursor version
  ... on ProcessSnapshot { process { note noteVersion } } ... on ProcessNoted { processId note noteVersion }
  ... on ProcessStatusChanged { status } } }"""


async def note(house: CommandHouse, process: str, viewer: str = "senior", **variables: object) -> Any:
    return (await house.ask(viewer, NOTE, id=process, **variables))["setProcessNote"]


@parity("AP-07")
async def test_a_note_is_replaced_under_its_version(commands: CommandHouse, statements: StatementLog) -> None:
    process = await commands.start("ask_anybody")

    first = await note(commands, process, note="Called them", version=0)
    with statements.recorded() as recorded:
        second = await note(commands, process, note="They called back")
    stale = await note(commands, process, note="Mine", version=1)
    none = await note(commands, process, viewer="junior")

    assert first["process"] == {"note": "Called them", "noteVersion": 1, "version": 1}
    assert second["process"] == {"note": "They called back", "noteVersion": 2, "version": 1}
    assert recorded.verbs == ["WITH", "SELECT"]
    assert stale == {
        "__typename": "StaleVersion",
        "message": "The note has version 2, expected version 1.",
        "foundVersion": 2,
        "expectedVersion": 1,
        "currentProcess": {"id": process, "note": "They called back", "noteVersion": 2},
    }
    assert none["process"] == {"note": None, "noteVersion": 3, "version": 1}


async def test_out_of_scope_misnamed_or_too_long_nothing_is_noted(commands: CommandHouse) -> None:
    process = await commands.start("ask_anybody")

    hidden = await note(commands, process, viewer="stranger", note="x")
    misnamed = await note(commands, "ask_anybody", note="x")
    long = await note(commands, process, note="x" * 5_001)
    forbidden = await commands.post("reader", NOTE, id=process, note="x")

    assert (hidden["__typename"], hidden["missingId"]) == ("NotFound", process)
    assert (misnamed["__typename"], misnamed["missingId"]) == ("NotFound", "ask_anybody")
    assert long["errors"] == [{"path": ["note"], "code": "too_long"}]
    assert forbidden.status_code == 403
    assert (await note(commands, process, note=" "))["process"]["noteVersion"] == 0


async def test_who_watches_a_process_is_told_and_goes_on_from_the_same_place(house: House) -> None:
    started = await house.ask("mutation { callBack { ... on ProcessStarted { process { id } } } }")
    process = started["callBack"]["process"]["id"]
    abort = "mutation ($id: ID!) { abortProcess(process: $id) { __typename } }"

    async with aclosing(house.follow(EVENTS, id=process)) as events:
        snapshot = (await anext(events))["data"]["processEvents"]
        await house.ask(NOTE, id=process, note="Called them")
        told = (await anext(events))["data"]["processEvents"]
        await house.ask(abort, id=process)
        ended = (await anext(events))["data"]["processEvents"]

    assert snapshot["process"] == {"note": None, "noteVersion": 0}
    assert told == {
        "__typename": "ProcessNoted",
        "cursor": snapshot["cursor"],
        "version": 1,
        "processId": process,
        "note": "Called them",
        "noteVersion": 1,
    }
    assert (ended["version"], ended["status"]) == (2, "ABORTED")
