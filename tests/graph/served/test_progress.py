"""How far a callback step is, posted by the outside world and seen by those who follow its process."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests.graph.application import OUTSIDE
from tests.graph.served.house import House
from tests.parity import parity

CALL_BACK = "mutation { callBack { ... on ProcessStarted { process { id } } } }"
PROGRESS = "query ($id: ID!) { process(id: $id) { version steps { key progress { percent message } } } }"
EVENTS = """
subscription ($process: ID!, $after: String) {
  processEvents(process: $process, after: $after) {
    __typename cursor version
    ... on ProcessSnapshot { process { steps { key progress { percent message } } } }
    ... on StepProgressed { at step { key status progress { percent message at } } }
  }
}
"""


async def awaiting(house: House) -> tuple[str, str]:
    """The id of a process that waits for a callback, and the path it was promised at."""
    process = (await house.ask(CALL_BACK))["callBack"]["process"]["id"]
    await house.until(process, "AWAITING_CALLBACK")
    return process, OUTSIDE.addresses[-1].removeprefix(house.url)


@parity("WE-10")
async def test_progress_is_shown_on_the_step_and_does_not_use_the_address_up(working_house: House) -> None:
    house = working_house
    process, path = await awaiting(house)
    before = (await house.ask(PROGRESS, id=process))["process"]

    first = await house.client.post(f"{path}/progress", json={"percent": 25, "message": "half of half"})
    second = await house.client.post(f"{path}/progress", json={"percent": 50})
    shown = (await house.ask(PROGRESS, id=process))["process"]
    posted = await house.client.post(path, json={"reported": "done"})
    late = await house.client.post(f"{path}/progress", json={"percent": 100})
    await house.until(process, "COMPLETED")
    after = (await house.ask(PROGRESS, id=process))["process"]

    assert [response.status_code for response in (first, second, posted)] == [200, 200, 200]
    assert (late.status_code, late.json()["error"]["code"]) == (410, "USED")
    assert shown["version"] == before["version"]
    assert shown["steps"] == [
        {"key": "ask_outside", "progress": {"percent": 50.0, "message": "half of half"}}
    ]
    assert before["steps"] == after["steps"] == [{"key": "ask_outside", "progress": None}]


@parity("WE-10")
async def test_a_follower_is_told_at_once_at_the_place_of_the_event_before(working_house: House) -> None:
    house = working_house
    process, path = await awaiting(house)
    told: list[Any] = []

    async with asyncio.timeout(20), aclosing(house.follow(EVENTS, process=process)) as stream:
        async for response in stream:
            event = response["data"]["processEvents"]
            told.append(event)
            match event["__typename"]:
                case "ProcessSnapshot":
                    await house.client.post(f"{path}/progress", json={"percent": 25, "message": "here"})
                case "StepProgressed":
                    await house.client.post(path, json={"reported": "done"})
                case _:
                    pass

    snapshot, progressed = told[:2]
    assert [event["__typename"] for event in told].count("StepProgressed") == 1
    assert (progressed["cursor"], progressed["version"]) == (snapshot["cursor"], snapshot["version"])
    assert progressed["step"] == {
        "key": "ask_outside",
        "status": "AWAITING_CALLBACK",
        "progress": {"percent": 25.0, "message": "here", "at": progressed["at"]},
    }
    assert (await house.ask(PROGRESS, id=process))["process"]["steps"][0]["progress"] is None


@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        pytest.param("application/json", b'{"percent": 1}', 404, "UNKNOWN", id="an unknown token"),
        pytest.param("application/json", b'{"percent": 101}', 422, "INVALID", id="out of bounds"),
        pytest.param("application/json", b"{}", 422, "INVALID", id="nothing said"),
        pytest.param("application/json", b'"halfway"', 422, "INVALID", id="no object"),
        pytest.param("application/json", b"{", 400, "BAD_REQUEST", id="no JSON"),
        pytest.param("text/plain", b"{}", 415, "BAD_REQUEST", id="another type"),
        pytest.param("application/json", b" " * 10_001, 413, "BAD_REQUEST", id="too large"),
    ],
)
async def test_what_is_no_progress_is_refused(
    house: House, content_type: str, content: bytes, status: int, code: str
) -> None:
    response = await house.client.post(
        "/callbacks/not-a-token/progress", content=content, headers={"content-type": content_type}
    )

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"]


async def test_progress_must_be_posted(house: House) -> None:
    assert (await house.client.get("/callbacks/not-a-token/progress")).status_code == 405
