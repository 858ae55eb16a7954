import logging

import pytest

from tests.graph.application import OUTSIDE
from tests.graph.served.house import House
from tests.parity import parity

CALL_BACK = "mutation { callBack { ... on ProcessStarted { process { id } } } }"
UNKNOWN = "/callbacks/not-a-token"


async def awaiting(house: House) -> tuple[str, str]:
    """The id of a process that waits for a callback, and the path it was promised at."""
    process = (await house.ask(CALL_BACK))["callBack"]["process"]["id"]
    await house.until(process, "AWAITING_CALLBACK")
    url = OUTSIDE.addresses[-1]
    assert url.startswith(f"{house.url}/callbacks/")
    return process, url.removeprefix(house.url)


@parity("WE-09")
async def test_a_callback_lets_its_process_go_on_and_is_taken_once(working_house: House) -> None:
    house = working_house
    process, path = await awaiting(house)

    first = await house.client.post(path, json={"reported": "done"})
    second = await house.client.post(path, json={"reported": "done"})
    await house.until(process, "COMPLETED")

    assert (first.status_code, first.json()) == (200, {"status": "accepted"})
    assert (second.status_code, second.json()["error"]["code"]) == (410, "USED")


async def test_a_callback_that_does_not_fit_says_where_and_can_be_repeated(working_house: House) -> None:
    house = working_house
    process, path = await awaiting(house)

    refused = await house.client.post(path, json={"reported": 1, "more": True})
    accepted = await house.client.post(path, json={"reported": "done"})
    await house.until(process, "COMPLETED")

    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["code"] == "INVALID"
    assert sorted((problem["path"], problem["code"]) for problem in error["errors"]) == [
        (["more"], "extra_forbidden"),
        (["reported"], "string_type"),
    ]
    assert accepted.status_code == 200


async def test_a_callback_for_a_process_that_has_ended_is_refused(working_house: House) -> None:
    house = working_house
    process, path = await awaiting(house)
    await house.ask("mutation ($id: ID!) { abortProcess(process: $id) { __typename } }", id=process)
    await house.until(process, "ABORTED")

    response = await house.client.post(path, json={"reported": "done"})

    assert response.status_code in {409, 410}
    assert response.json()["error"]["code"] in {"WRONG_STATUS", "USED"}


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 404),
        ({"content-type": "application/json"}, b"{", 400),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/json"}, b" " * 1_000_001, 413),
    ],
)
async def test_what_is_no_callback_is_refused(
    house: House, headers: dict[str, str], content: bytes, status: int
) -> None:
    response = await house.client.post(UNKNOWN, content=content, headers=headers)

    assert response.status_code == status
    assert response.json()["error"]["message"]


async def test_a_callback_must_be_posted(house: House) -> None:
    assert (await house.client.get(UNKNOWN)).status_code == 405


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_an_address_is_not_used_up_by_looking_at_it(working_house: House, method: str) -> None:
    house = working_house
    process, path = await awaiting(house)

    looked = await house.client.request(method, path)
    posted = await house.client.post(path, json={"reported": "done"})

    assert (looked.status_code, posted.status_code) == (405, 200)
    assert await house.until(process, "COMPLETED") == "COMPLETED"


@parity("W-22")
async def test_the_token_of_a_callback_is_in_no_log_and_in_no_answer(
    working_house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    house = working_house
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    process, path = await awaiting(house)
    token = path.rpartition("/")[2]

    refused = await house.client.post(path, json={"reported": 1})
    await house.client.post(path, json={"reported": "done"})
    used = await house.client.post(path, json={"reported": "done"})
    await house.until(process, "COMPLETED")
    found = await house.post(
        "query ($id: ID!) { process(id: $id) { state steps { delta attempts { error traceback } } } }",
        id=process,
    )

    assert token not in capsys.readouterr().out
    assert [record for record in caplog.records if token in record.getMessage()] == []
    assert token not in refused.text + used.text + str(found)
