"""A wizard as a frontend drives it: page by page, back again, and with pages that do not fit."""

import json
from typing import Any

import pytest

from tests.graph.served.commands import orders
from tests.graph.served.commands.house import CommandHouse
from tests.parity import parity

PAGE = "index title hasNext schema given"
ANSWER = f"""{{ __typename
  ... on FormPage {{ {PAGE} }}
  ... on InvalidInput {{ errors {{ path code message }} page {{ {PAGE} }} }}
  ... on Refused {{ message }} }}"""
START = f"""mutation ($pages: [JSON!]!) {{ a: startWorkflow(workflow: \"order\", pages: $pages) {{
  ... on ProcessStarted {{ process {{ state }} }} ...answer }} }}
fragment answer on StartWorkflowResult {ANSWER}"""
RESUME = f"""mutation ($id: ID!, $pages: [JSON!]!) {{ a: resumeProcess(process: $id, pages: $pages) {{
  ... on ProcessUpdated {{ process {{ id }} }} ...answer }} }}
fragment answer on ResumeProcessResult {ANSWER}"""
LINES = {"lines": [{"name": "first"}, {"name": "second", "speed": 40}]}
CHOICE = {"main": "second", "colour": "blue"}
SURE = {"sure": True}


async def send(house: CommandHouse, *pages: object) -> Any:
    return (await house.ask("senior", START, pages=pages))["a"]


def problems(answer: Any) -> list[tuple[list[str], str]]:
    assert answer["__typename"] == "InvalidInput", answer
    return [(error["path"], error["code"]) for error in answer["errors"]]


async def count(house: CommandHouse) -> int:
    return (await house.ask("senior", "{ processes { totalCount } }"))["processes"]["totalCount"]


@parity("GQ-02")
@parity("GQ-02", mends="wizard")
async def test_pages_follow_from_the_ones_before_and_nothing_is_kept_between(commands: CommandHouse) -> None:
    first, second = await send(commands), await send(commands, LINES)
    summary = await send(commands, LINES, {"main": "first"})
    back = await send(commands, {"lines": [{"name": "other"}]})
    started = await send(commands, LINES, CHOICE, SURE)

    shown = [(page["index"], page["title"], page["hasNext"]) for page in (first, second, summary, back)]
    assert shown == [
        (0, "Name the lines", True),
        (1, "Choose", True),
        (2, "Is this right?", False),
        (1, "Choose", True),
    ]
    assert second["schema"]["properties"]["main"]["enum"] == ["first", "second"]
    assert back["schema"]["properties"]["main"]["const"] == "other"
    assert second["schema"]["properties"]["colour"]["default"] == "red"
    assert {page["given"] for page in (first, second, summary, back)} == {None}
    assert started["process"]["state"] == {
        "lines": [{"name": "first", "speed": 10}, {"name": "second", "speed": 40}],
        "main": "second",
        "colour": "blue",
    }
    assert await count(commands) == 1


@parity("GQ-02", mends="form-errors")
async def test_a_page_that_does_not_fit_comes_back_with_what_was_filled_in(commands: CommandHouse) -> None:
    wrong = {
        "lines": [{"name": "first", "speed": 0}, {"name": "x", "rack": 1}],
        "comment": 5,
        "extra": None,
    }

    answer = await send(commands, wrong, CHOICE, SURE)

    assert problems(answer) == [
        (["pages", "0", "lines", "0", "speed"], "greater_than_equal"),
        (["pages", "0", "lines", "1", "name"], "string_too_short"),
        (["pages", "0", "lines", "1", "rack"], "extra_forbidden"),
        (["pages", "0", "comment"], "string_type"),
        (["pages", "0", "extra"], "extra_forbidden"),
    ]
    page = answer["page"]
    assert (page["index"], page["title"], page["hasNext"]) == (0, "Name the lines", True)
    assert set(page["schema"]["properties"]) == {"lines", "comment"}
    assert page["given"] == wrong
    assert await count(commands) == 0


async def test_a_page_whose_choices_have_changed_comes_back_with_those_of_now(
    commands: CommandHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await send(commands, LINES)
    monkeypatch.setattr(orders, "COLOURS", ["green", "yellow"])

    answer = await send(commands, LINES, CHOICE, SURE)

    assert before["schema"]["properties"]["colour"]["enum"] == ["red", "blue"]
    assert problems(answer) == [(["pages", "1", "colour"], "literal_error")]
    assert answer["page"]["schema"]["properties"]["colour"]["enum"] == ["green", "yellow"]
    assert (answer["page"]["index"], answer["page"]["given"]) == (1, CHOICE)


async def test_what_is_no_page_is_refused_by_its_place(commands: CommandHouse) -> None:
    deep: Any = {"name": "first"}
    for _ in range(40):
        deep = [deep]
    odd: dict[str, tuple[Any, Any]] = {
        "text": ("text", (["pages", "0"], "model_type")),
        "number": (5, (["pages", "0"], "model_type")),
        "list": ([LINES], (["pages", "0"], "model_type")),
        "no lines": ({"lines": []}, (["pages", "0", "lines"], "too_short")),
        "many lines": ({"lines": [{"name": "ab"}] * 4}, (["pages", "0", "lines"], "too_long")),
        "null": ({"lines": None}, (["pages", "0", "lines"], "list_type")),
        "deep": ({"lines": [deep]}, (["pages", "0", "lines", "0"], "model_type")),
        "long": (
            {"lines": [{"name": "n" * 100_000}]},
            (["pages", "0", "lines", "0", "name"], "string_too_long"),
        ),
        "huge": (
            {"lines": [{"name": "ab", "speed": -(10**80)}]},
            (["pages", "0", "lines", "0", "speed"], "unrepresentable"),
        ),
        "exponent": ({"lines": [{"name": "ab", "speed": 1e300}]}, None),
    }

    for name, (page, expected) in odd.items():
        answer = await send(commands, page)
        assert answer["__typename"] == "InvalidInput", name
        shown = None if name == "huge" else page
        assert (answer["page"]["index"], answer["page"]["given"]) == (0, shown), name
        if expected is not None:
            assert problems(answer) == [expected], name
    too_many = await send(commands, LINES, CHOICE, SURE, {"more": 1})
    unsure = await send(commands, LINES, CHOICE, {"sure": False})

    assert problems(too_many) == [(["pages", "3"], "too_many_pages")]
    assert too_many["page"] is None
    assert problems(unsure) == [(["pages", "2", "sure"], "literal_error")]
    assert await count(commands) == 0


async def test_what_json_or_postgresql_cannot_hold_is_refused_and_nothing_is_started(
    commands: CommandHouse,
) -> None:
    body = json.dumps({"query": START, "variables": {"pages": [{"lines": [{"name": "RAW"}]}, CHOICE, SURE]}})
    headers = {"authorization": "Bearer senior", "content-type": "application/json"}

    found: dict[str, list[str]] = {}
    for raw in ("NaN", "-Infinity", "1e999", '"\\u0000\\u0000"', '"\\ud800\\ud800"'):
        content = body.replace('"RAW"', raw)
        response = (await commands.client.post("/graphql", content=content, headers=headers)).json()
        codes = [error["extensions"]["code"] for error in response.get("errors", [])]
        found[raw] = codes or [response["data"]["a"]["__typename"]]

    assert {code for codes in found.values() for code in codes} <= {"BAD_REQUEST", "InvalidInput"}, found
    assert await count(commands) == 0


async def test_a_resume_gives_the_page_back_as_well(commands: CommandHouse) -> None:
    async with commands.working():
        process = await commands.start("ask_anybody")
        await commands.until(process, "SUSPENDED")

    wrong = (await commands.ask("senior", RESUME, id=process, pages=[{"sure": "perhaps"}]))["a"]
    too_many = (await commands.ask("senior", RESUME, id=process, pages=[{"sure": True}, {}]))["a"]
    misnamed = (await commands.ask("senior", RESUME, id="ask_anybody", pages=[]))["a"]
    right = (await commands.ask("senior", RESUME, id=process, pages=[{"sure": True}]))["a"]

    assert problems(wrong) == [(["pages", "0", "sure"], "bool_parsing")]
    assert (wrong["page"]["title"], wrong["page"]["given"]) == ("Are you sure?", {"sure": "perhaps"})
    assert (problems(too_many), too_many["page"]) == ([(["pages", "1"], "too_many_pages")], None)
    assert misnamed["__typename"] == "NotFound"
    assert right == {"__typename": "ProcessUpdated", "process": {"id": process}}


MIX = """
mutation ($input: MixInput!, $key: String) { mix(input: $input, idempotencyKey: $key) { __typename
  ... on ProcessStarted { created process { state } }
  ... on InvalidInput { errors { path code } page { index } } ... on Conflict { cause message } } }
"""


async def test_what_is_left_out_has_its_default_and_null_is_null(commands: CommandHouse) -> None:
    left_out = await commands.ask("senior", MIX, input={})
    null = await commands.ask("senior", MIX, input={"perhaps": None, "part": {"high": None}, "parts": [None]})
    given = await commands.ask(
        "senior", MIX, input={"size": "SMALL", "level": "high", "either": "text", "parts": [{"low": 0}]}
    )
    wrong = await commands.ask(
        "senior",
        MIX,
        input={"count": None, "level": "middle", "part": {"low": 3}, "parts": [{}, {"low": 9}], "size": None},
    )

    default: dict[str, object] = {
        "count": 5,
        "perhaps": 6,
        "needed": None,
        "size": "large",
        "level": "low",
        "either": 0,
        "part": {"low": 1, "high": 2},
        "parts": [],
    }
    assert left_out["mix"]["process"]["state"] == default
    changes = {"perhaps": None, "part": {"low": 1, "high": None}, "parts": [None]}
    assert null["mix"]["process"]["state"] == {**default, **changes}
    changes = {"size": "small", "level": "high", "either": "text", "parts": [{"low": 0, "high": 2}]}
    assert given["mix"]["process"]["state"] == {**default, **changes}
    assert wrong["mix"]["page"] is None
    assert [(error["path"], error["code"]) for error in wrong["mix"]["errors"]] == [
        (["input", "count"], "int_type"),
        (["input", "size"], "enum"),
        (["input", "level"], "literal_error"),
        (["input", "part"], "value_error"),
        (["input", "parts", "1"], "value_error"),
    ]


async def test_a_key_belongs_to_its_viewer_and_to_one_input(commands: CommandHouse) -> None:
    first = (await commands.ask("senior", MIX, input={}, key="once"))["mix"]
    again = (await commands.ask("senior", MIX, input={"count": 5}, key="once"))["mix"]
    other = (await commands.ask("senior", MIX, input={"count": 6}, key="once"))["mix"]
    of_junior = (await commands.ask("junior", MIX, input={"count": 6}, key="once"))["mix"]

    assert (first["created"], again["created"], of_junior["created"]) == (True, False, True)
    assert (other["__typename"], other["cause"]) == ("Conflict", "IDEMPOTENCY_KEY_USED")
    assert other["message"].endswith("which was started with something else.")
    assert await count(commands) == 2
