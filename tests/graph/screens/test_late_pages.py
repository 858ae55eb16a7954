"""At 100,000 rows: page 1 and row 90,000 cost the same, in each order; what is wrong reads nothing at all.

Costs are counted in pages of PostgreSQL's memory, each time one is looked at: other load changes nothing.
"""

from typing import Any

import pytest

from tests.graph.screens.house import SCHEMA, ScreensHouse, counted
from tests.parity import parity
from tests.postgres import StatementLog

PAGE = 50
ROW = 90_000
MOST_OF_FIRST = 1.2
SPREAD = 2 * PAGE
"""What a page may always cost more: its rows may all lie in different places, and so may what is beside."""

BOTH_WAYS = {"ID", "STATUS"}
"""Orders that are tried from both ends; an index is read from either alike."""

MOST = 10 * PAGE
STATEMENTS = 3

LISTS = {
    "subscriptions": (
        "SubscriptionOrderBy",
        "id description status inSync startAt customer { name } product { name }",
    ),
    "processes": (
        "ProcessOrderBy",
        "id workflowName status createdBy startedAt modifiedAt endedAt subscriptions { id description }",
    ),
}


def orders(of: str) -> list[str]:
    """Every order that a list offers."""
    return [*SCHEMA.core.type_map[f"{of.removesuffix('By')}Field"].values]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  # it is an enum


CASES = [
    (name, order, direction)
    for name, (order_type, _) in LISTS.items()
    for order in orders(order_type)
    for direction in (("ASC", "DESC") if order in BOTH_WAYS else ("ASC",))
]


def page_query(name: str) -> str:
    """A page of a list, as the screens ask for it but for the count of the whole."""
    order_type, fields = LISTS[name]
    return f"""
    query Page($orderBy: [{order_type}!], $first: Int, $after: String, $offset: Int) {{
      list: {name}(orderBy: $orderBy, first: $first, after: $after, offset: $offset) {{
        edges {{ cursor node {{ {fields} }} }}
        pageInfo {{ endCursor hasNextPage }}
      }}
    }}
    """


@parity("QL-03")
@parity("QL-03", mends="deep-pages")
@pytest.mark.parametrize(("name", "order", "direction"), CASES)
async def test_row_90_000_costs_what_the_first_page_costs(
    screens: ScreensHouse, name: str, order: str, direction: str
) -> None:
    query, order_by = page_query(name), [{"field": order, "direction": direction}]
    before = await screens.ask(query, orderBy=order_by, first=1, offset=ROW - 1)

    async def cost(**variables: object) -> tuple[int, int]:
        screens.explained.forget()
        page = await screens.ask(query, orderBy=order_by, first=PAGE, **variables)
        assert len(page["list"]["edges"]) == PAGE
        plans = await screens.explained.plans()
        return len(plans), sum(plan.buffers for plan in plans)

    first_statements, first = await cost()
    late_statements, late = await cost(after=before["list"]["pageInfo"]["endCursor"])

    assert max(first_statements, late_statements) == STATEMENTS
    assert late <= first * MOST_OF_FIRST + SPREAD
    assert max(first, late) <= MOST


FOREIGN_CURSOR = "cursor of processes"
MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown filter field": (
        '{ subscriptions(where: { colour: { eq: "red" } }) { nodes { id } } }',
        {},
        "VALIDATION_FAILED",
    ),
    "unknown filter field in variables": (
        "query ($where: ProcessWhere) { processes(where: $where) { nodes { id } } }",
        {"where": {"colour": {"eq": "red"}}},
        "INVALID_VARIABLES",
    ),
    "malformed cursor": ('{ subscriptions(after: "row 90000") { nodes { id } } }', {}, "INVALID_PAGE"),
    "cursor of another list": (
        "query ($after: String) { subscriptions(after: $after) { nodes { id } } }",
        {"after": FOREIGN_CURSOR},
        "INVALID_PAGE",
    ),
    "cursor of another order": (
        "query ($after: String) { processes(after: $after, orderBy: [{ field: STATUS }]) { nodes { id } } }",
        {"after": FOREIGN_CURSOR},
        "INVALID_PAGE",
    ),
    "id of another type": (
        '{ subscription(id: "process_01jefzbq7cfpcbwnnccek2v0md") { id } }',
        {},
        "INVALID_ID",
    ),
    "oversized page": ("{ processes(first: 100000) { nodes { id } } }", {}, "PAGE_TOO_LARGE"),
    "negative offset": ("{ processes(offset: -1) { nodes { id } } }", {}, "INVALID_PAGE"),
}


@parity("GQ-10", mends="rest-of-rows")
@parity("QL-01", mends="unknown-fields")
@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_an_error_and_reads_no_rows(
    screens: ScreensHouse, statements: StatementLog, mistake: str
) -> None:
    query, variables, code = MISTAKES[mistake]
    if variables.get("after") == FOREIGN_CURSOR:
        page = await screens.ask("{ processes(first: 1) { pageInfo { endCursor } } }")
        variables = {"after": page["processes"]["pageInfo"]["endCursor"]}

    with statements.recorded() as recorded:
        response = await screens.post(query, **variables)

    data: dict[str, Any] = response.get("data") or {}
    [error] = response["errors"]
    assert error["extensions"]["code"] == code
    assert not any(data.values())
    assert counted(recorded.texts) == []
