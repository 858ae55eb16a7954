"""How many statements an operation takes: the same for one row and for many."""

import pytest

from tests.graph.served.house import House
from tests.postgres import StatementLog

PROCESSES_DEEP = """
{ processes { nodes {
    id status workflow { name products { name } }
    currentStep { key } steps { key delta attempts { number actor } }
    subscriptions {
      id product { name workflows { name } } heldBy { id steps { key } } processes { nodes { id } }
      blocks { id ... on Block { ownerSubscription { id } } } relations { blockId }
      ... on NodeSubscription { node { ports { speed } } active { vendor } }
    } } } }
"""


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
