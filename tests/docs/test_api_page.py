"""The page for authors of frontends is played on the sample: each operation is answered as it tells."""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import httpx_sse
import pytest
import pytest_asyncio
from pydantic import JsonValue

from tests.clients.sample import Sample, served_sample
from tests.docs.project import ROOT, blocks
from tests.examples.controller_process import running_controller
from tests.parity import parity
from tests.postgres import PostgresServer

PAGE = ROOT / "docs" / "api.md"
TOLD_ID = re.compile(r"(?P<noun>process|subscription|step|block)_01m83k…")
REST = "…"

Ids = dict[str, str]
"""The ids that the page tells, with those that the server gave in their place."""


@pytest_asyncio.fixture
async def sample(
    postgres_server: PostgresServer, template_database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Sample]:
    """The served sample, with a worker and its network controller."""
    with running_controller() as controller:
        monkeypatch.setenv("NETWORK_CONTROLLER_URL", controller.url)
        async with postgres_server.copy_of(template_database) as dsn, served_sample(dsn) as sample:
            yield sample


@parity("GQ-03")
@parity("GQ-03", mends="none")
@parity("GQ-02", mends="wizard")
@parity("GQ-02", mends="form-errors")
async def test_each_of_the_ten_operations_is_answered_as_the_page_tells(sample: Sample) -> None:
    ids: Ids = {}
    played: list[str] = []

    for request, told in _operations():
        query = TOLD_ID.sub(lambda found: ids[found[0]], request)
        if request.startswith("subscription"):
            events = await _follow(sample, query)
            again = await _follow(sample, query, after=events[2]["processEvents"]["cursor"])
            assert again == events[3:]
            answer = events[0]
        else:
            answer = await _ask(sample, query)
        assert _agrees(told, answer, ids), (request, answer)
        played.append(request.split()[1].partition("(")[0])

    assert played == [
        *("Viewer", "Startable", "Page", "Start", "Follow"),
        *("Process", "Answer", "List", "Subscription", "Counts"),
    ]


def _operations() -> Iterator[tuple[str, JsonValue]]:
    """The operations of the page in order, each with the answer that it tells."""
    found = blocks(PAGE)
    assert [block.language for block in found] == ["graphql", "json"] * 10
    for block, answer in zip(found[::2], found[1::2], strict=True):
        yield block.text, json.loads(answer.text)


async def _ask(sample: Sample, query: str) -> JsonValue:
    answer = (await sample.client.post("/graphql", json={"query": query})).json()
    assert "errors" not in answer, (query, answer)
    return answer["data"]


async def _follow(sample: Sample, query: str, after: str | None = None) -> list[Any]:
    """What is told until the process waits for a person."""
    body = {"query": query, "variables": {"after": after}}
    told: list[Any] = []
    async with (
        httpx_sse.aconnect_sse(sample.client, "POST", "/graphql", json=body) as source,
        aclosing(source.aiter_sse()) as events,
    ):
        async for event in events:
            told.append(event.json()["data"])
            if told[-1]["processEvents"].get("status") == "SUSPENDED":
                return told
    raise AssertionError(f"found the end after {told}, expected that the process is suspended")


def _agrees(told: JsonValue, answer: JsonValue, ids: Ids) -> bool:
    """Whether an answer is what is told; a rest stands for any value, and for any more of them."""
    match told, answer:
        case str(), str() if found := TOLD_ID.fullmatch(told):
            return ids.setdefault(told, answer) == answer or found["noun"] == "block"
        case dict(), dict():
            rest = REST in told
            shown = {name: value for name, value in told.items() if name != REST}
            return (rest or shown.keys() == answer.keys()) and all(
                name in answer and _agrees(value, answer[name], ids) for name, value in shown.items()
            )
        case list(), list():
            rest = told[-1:] == [REST]
            shown_items = told[:-1] if rest else told
            return (rest or len(told) == len(answer)) and all(
                _agrees(one, other, ids) for one, other in zip(shown_items, answer, strict=False)
            )
        case _:
            return told in (REST, answer)
