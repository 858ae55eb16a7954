"""How many statements an operation takes: the same for one row and for many."""

import asyncio
import re
from contextlib import aclosing
from typing import Any

import pytest

from tests.graph.served.house import House
from tests.parity import parity
from tests.postgres import StatementLog

PROCESSES_DEEP = """
{ processes { nodes {
    id status workflow { name products { name } }
    currentStep { key } steps { key delta attempts { number actor } }
    subscriptions {
      id product { name workflows { name } } heldBy { id steps { key } } processes { nodes { id } }
      blocks { id ... on Block { ownerSubscription { id } } } blockTree { block { id } }
      ... on NodeSubscription { node { ports { speed } } active { vendor } }
    } } } }
"""


@parity("GQ-11")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ viewer { name } workflows { totalCount nodes { name steps { key } } } }", 0),
        ("{ engine { status } }", 1),
        ("{ products { nodes { name workflows { name } } } }", 1),
        ("{ products { totalCount nodes { name } } }", 2),
        ("{ processes { nodes { id status workflow { name steps { key } } } } }", 1),
        ("{ processes { nodes { id steps { key status } } } }", 2),
        ("{ subscriptions { nodes { id description ... on NodeSubscription { vendor } } } }", 1),
        ("{ subscriptions { nodes { product { name } ... on NodeSubscription { node { hostname } } } } }", 3),
        (PROCESSES_DEEP, 12),
    ],
)
async def test_statements_do_not_grow_with_rows(
    house: House, statements: StatementLog, query: str, expected: int
) -> None:
    counts: list[int] = []

    for hostname in ("one", "two", "three"):
        process = await house.start_node(hostname=hostname)
        async with house.working():
            await house.until(process, "SUSPENDED")
        with statements.recorded() as recorded:
            await house.ask(query)
        counts.append(len(recorded))

    assert counts == [expected] * 3


@parity("GQ-11", mends="switch")
async def test_only_the_columns_that_are_selected_are_read(house: House, statements: StatementLog) -> None:
    await house.start_node()

    with statements.recorded() as light:
        await house.ask("{ processes { nodes { status } } }")
    with statements.recorded() as heavy:
        await house.ask(
            "{ processes { edges { node { ...F } } } } fragment F on Process { state steps { key } }"
        )
    with statements.recorded() as subscriptions:
        await house.ask("{ subscriptions { nodes { ... on NodeSubscription { status } } } }")

    assert not any("process.state" in text or "process.steps" in text for text in light)
    assert any("process.state" in text and "process.steps" in text for text in heavy)
    [text] = [text for text in subscriptions if "FROM subscription" in text]
    assert "subscription.status" in text
    assert "subscription.note" not in text


ATTEMPTS = """
subscription ($process: ID!) { processEvents(process: $process) {
    ... on ProcessStatusChanged { status }
    ... on StepFinished { step { key attempts { number status } changes { created } } } } }
"""


@parity("GQ-11")
async def test_what_was_loaded_for_an_event_serves_no_later_one(house: House) -> None:
    process = await house.start_node()
    told: list[Any] = []

    async with asyncio.timeout(20), aclosing(house.follow(ATTEMPTS, process=process)) as stream:
        await anext(stream)
        async with house.working():
            async for response in stream:
                event = response["data"]["processEvents"]
                told += [event["step"]] if "step" in event else []
                if event.get("status") == "SUSPENDED":
                    await house.resume(process, {"serial": 7})

    confirmed = [step["attempts"] for step in told if step["key"] == "confirm"]
    assert confirmed[-1] == [{"number": 1, "status": "SUCCESS"}]
    assert len(confirmed) == 2
    assert next(step["key"] for step in told if step["changes"]) == "make_node"


@parity("GQ-11")
@pytest.mark.parametrize(
    ("selected", "tables"),
    [
        ("id status createdBy note", {"process"}),
        ("steps { key }", {"process", "process_step"}),
        ("steps { attempts { number } }", {"process", "process_step", "step_attempt"}),
        ("subscriptions { id description }", {"process", "process_subscription", "subscription"}),
        ("changes { toVersion }", {"process", "subscription_change", "subscription"}),
    ],
)
async def test_a_list_and_a_detail_read_only_the_tables_of_what_is_selected(
    house: House, statements: StatementLog, selected: str, tables: set[str]
) -> None:
    async with house.working():
        process = await house.start_node()
        await house.until(process, "SUSPENDED")

    with statements.recorded() as recorded:
        await house.ask(f"{{ processes {{ nodes {{ {selected} }} }} }}")
        await house.ask(f"query ($id: ID!) {{ process(id: $id) {{ {selected} }} }}", id=process)

    reads = " ".join(text for text in recorded if text.startswith("SELECT"))
    found = set(
        re.findall(r"(?:FROM|JOIN) (process|process_\w+|step_\w+|subscription|subscription_\w+)\b", reads)
    )
    assert found - {"product"} == tables
    assert ("process.steps" in reads) == ("process_step" in tables)
    assert "process.state" not in reads
    assert "process_step.delta" not in reads
