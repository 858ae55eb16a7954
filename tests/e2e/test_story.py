"""The sample's story over the public API, its events, and refusals that change nothing."""

import asyncio
import re
import subprocess
from contextlib import aclosing

import httpx
import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.nodes import CREATE, RESUME, confirm_and_complete, node_values, start_node
from tests.e2e.served import Served, spawn

COUNTS = "{ processes { totalCount } subscriptions { totalCount } }"

SCENES = [
    "Build node demo-",
    "The controller is back: retry the step that failed",
    "A person is asked: Confirm installation",
    "Build a Port 10G on the node",
    "Build a Port 100G on the node",
    "Build a circuit between the ports",
    "A person is asked: Confirm traffic",
    "Make the Port 10G faster: it becomes another product",
    "Try to take a port out of service that the circuit uses",
    "Take the circuit out of service",
    "Now nothing uses the port: take it out of service",
    "Take the other port out of service",
    "Take the node out of service",
]
REFUSALS = re.compile(
    r"(is not on offer|it is refused)\. IN_USE: .*"
    r"\(Circuit demo-\w+ et-0/0/1 VLAN 100 - demo-\w+ et-0/0/2 VLAN 100\)$",
    re.MULTILINE,
)


async def whole_story(api: Api, process_id: str) -> list[Answer]:
    async with aclosing(api.events_by_sse(process_id, after=f"{process_id}.v0")) as events:
        return [event async for event in events]


def test_the_demo_comes_to_its_end(server: Served) -> None:
    demo = spawn(["demo", server.url], environment={}, stderr=subprocess.PIPE)
    output, errors = demo.communicate(timeout=120)

    assert demo.returncode == 0, errors
    assert errors == ""
    scenes = [scene for scene in SCENES if f"\n{scene}" in output]
    assert scenes == SCENES
    assert REFUSALS.findall(output) == ["is not on offer", "it is refused"]
    assert ", for Harbour University\n" in output
    assert output.rstrip().endswith("The end.")


async def test_sse_and_websocket_tell_the_same_story(api: Api) -> None:
    process_id = await start_node(api, "two-listeners")

    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(whole_story(api, process_id), name="listener")
        await confirm_and_complete(api, process_id)
    by_sse = listening.result()
    async with aclosing(api.events_by_websocket(process_id, after=f"{process_id}.v0")) as events:
        by_websocket = [event async for event in events]

    assert by_sse == by_websocket
    assert [event["version"] for event in by_sse] == sorted(event["version"] for event in by_sse)
    assert {event["version"] for event in by_sse} == set(range(1, by_sse[-1]["version"] + 1))
    assert (by_sse[-1]["__typename"], by_sse[-1]["status"]) == ("ProcessStatusChanged", "COMPLETED")


async def test_a_reader_that_comes_back_misses_nothing(api: Api) -> None:
    process_id = await start_node(api, "resumed-reader")
    await confirm_and_complete(api, process_id)
    whole = await whole_story(api, process_id)

    for read_before in range(1, len(whole)):
        async with aclosing(api.events_by_sse(process_id, after=whole[read_before - 1]["cursor"])) as events:
            rest = [event async for event in events]

        assert rest == whole[read_before:]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"hostname": "Not A Name"}, ["input", "hostname"]),
        ({"row": "PAR-A"}, ["input"]),
        ({"rehearsalFaults": -1}, ["input", "rehearsalFaults"]),
    ],
)
async def test_invalid_input_names_the_field_and_writes_nothing(
    api: Api, changes: dict[str, object], path: list[str]
) -> None:
    before = await api.execute(COUNTS)

    answer = await api.execute(CREATE, {"input": node_values("never-built", **changes)})

    assert answer["createNode"]["__typename"] == "InvalidInput"
    assert [error["path"] for error in answer["createNode"]["errors"]] == [path]
    assert await api.execute(COUNTS) == before


async def test_an_invalid_page_is_refused_and_the_process_stays_suspended(api: Api) -> None:
    process_id = await start_node(api, "wrong-page")
    suspended = await api.until_status(process_id, "SUSPENDED")

    refused = await api.execute(RESUME, {"process": process_id, "pages": [{"remark": ""}]})

    assert refused["resumeProcess"]["__typename"] == "InvalidInput"
    assert [error["path"] for error in refused["resumeProcess"]["errors"]] == [["pages", "0", "remark"]]
    assert await api.process(process_id) == suspended
    await confirm_and_complete(api, process_id)


async def test_a_completed_process_is_not_resumed_again(api: Api) -> None:
    process_id = await start_node(api, "resumed-twice")
    completed = await confirm_and_complete(api, process_id)

    refused = await api.execute(RESUME, {"process": process_id, "pages": [{"remark": "again"}]})

    assert refused["resumeProcess"]["__typename"] == "WrongStatus"
    assert await api.process(process_id) == completed


def test_an_unknown_callback_token_is_refused(server: Served) -> None:
    answer = httpx.post(f"{server.base}/callbacks/nobody-knows-this", json={"configuration_version": 1})

    assert answer.status_code == 404
