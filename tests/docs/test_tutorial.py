"""The tutorial is played on a fresh server, from its first request to its last, and tells what happens."""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from itertools import zip_longest

import pytest
from graphql import parse
from pydantic import JsonValue

from tests.docs.project import ROOT, Block, blocks
from tests.e2e.api import Api
from tests.e2e.conftest import data_folder
from tests.e2e.served import served

PAGE = ROOT / "docs" / "tutorial.md"
TOLD_ID = re.compile(r"(?:process|subscription)_\w+…")
RESTING = ("COMPLETED", "SUSPENDED", "FAILED", "ABORTED")

Ids = dict[str, str]
"""The ids that the page tells, shortened, with those that the server gave in their place."""


@pytest.fixture
async def api() -> AsyncGenerator[Api]:
    with data_folder() as folder, served(folder) as server:
        async with Api(server.url) as client:
            yield client


async def test_every_request_of_the_tutorial_is_answered_as_it_tells(api: Api) -> None:
    ids: Ids = {}

    for request, told in _requests():
        answer: JsonValue = {"data": await api.execute(TOLD_ID.sub(lambda told_id: ids[told_id[0]], request))}
        if told is not None:
            assert _with_told_ids(told, answer, ids) == told, request
        else:
            assert "errors" not in json.dumps(answer), (request, answer)
        if (process_id := _started(answer)) is not None:
            await api.until_status(process_id, *RESTING)


def _requests() -> Iterator[tuple[str, JsonValue]]:
    """The operations of the page in order, each with the answer that the page tells, or None."""
    found = blocks(PAGE)
    for block, following in zip_longest(found, found[1:]):
        if block.language == "graphql":
            parse(block.text)
            yield block.text, _told(following)


def _told(following: Block | None) -> JsonValue:
    return json.loads(following.text) if following is not None and following.language == "json" else None


def _with_told_ids(told: JsonValue, answer: JsonValue, ids: Ids) -> JsonValue:
    """The answer with the page's ids in place of the server's; each stands for one id on the whole page."""
    match told, answer:
        case str(), str() if TOLD_ID.fullmatch(told):
            return told if ids.setdefault(told, answer) == answer else answer
        case dict(), dict():
            return {name: _with_told_ids(told.get(name), value, ids) for name, value in answer.items()}
        case list(), list():
            pairs = zip_longest(told, answer[: len(told)])
            return [_with_told_ids(one, other, ids) for one, other in pairs] + answer[len(told) :]
        case _:
            return answer


def _started(answer: JsonValue) -> str | None:
    """The process that a mutation started or set going again."""
    found = re.search(r'"__typename": "Process(?:Started|Updated)".*?"(process_\w+)"', json.dumps(answer))
    return found[1] if found is not None else None
