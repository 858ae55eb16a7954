"""Lists in the order that is asked for, walked both ways; cursors are places of one list in one order."""

import pytest

from domain.storage.database import Database
from tests.graph.served.house import House
from tests.postgres import StatementLog

PAGE = """
query ($where: SubscriptionWhere, $by: [SubscriptionOrderBy!], $first: Int, $after: String, $last: Int,
       $before: String, $offset: Int) {
  subscriptions(where: $where, orderBy: $by, first: $first, after: $after, last: $last, before: $before,
                offset: $offset) {
    nodes { description } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
FIELDS = ("ID", "DESCRIPTION", "CUSTOMER", "STATUS", "START_AT", "END_AT")


async def store(database: Database, number: int) -> None:
    """Stores subscriptions that are equal in many ways."""
    async with database.writer() as connection:
        await connection.execute(
            "INSERT INTO subscription"
            " (id, product_id, customer_id, status, description, in_sync, version, start_at, end_at)"
            " SELECT ('01890a5d-ac96-774b-bcce-' || lpad(n::text, 12, '0'))::uuid,"
            " (SELECT id FROM product WHERE name = 'Node acme'), 'customer ' || n % 3,"
            " (ARRAY['ACTIVE', 'INITIAL'])[n % 2 + 1], 'Node ' || n, n % 4 > 0, 1,"
            " CASE WHEN n % 3 > 0 THEN '2026-01-01T00:00:00.123456Z'::timestamptz"
            " + n % 2 * interval '1 day' END,"
            " CASE WHEN n % 5 = 0 THEN '2026-06-01T00:00:00Z'::timestamptz END"
            " FROM generate_series(1, $1::int) AS n",
            number,
        )


async def page(house: House, **arguments: object) -> tuple[list[str], str | None, str | None]:
    """The numbers on a page, and its first and last cursor."""
    found = (await house.ask(PAGE, **arguments))["subscriptions"]
    numbers = [node["description"].removeprefix("Node ") for node in found["nodes"]]
    return numbers, found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", FIELDS)
async def test_a_list_is_walked_in_any_order_forth_and_back_without_losing_equals(
    house: House, database: Database, field: str, direction: str
) -> None:
    await store(database, 12)
    by = {"field": field, "direction": direction}
    whole, _, _ = await page(house, by=by, first=100)

    forth: list[str] = []
    after = None
    while part := await page(house, by=by, first=5, after=after):
        if not part[0]:
            break
        forth += part[0]
        after = part[2]
    back: list[str] = []
    before = None
    while part := await page(house, by=by, last=5, before=before):
        if not part[0]:
            break
        back = part[0] + back
        before = part[1]
    numbered = [(await page(house, by=by, first=4, offset=offset))[0] for offset in (0, 4, 8, 12)]

    assert sorted(whole, key=int) == [str(number) for number in range(1, 13)]
    assert forth == back == sum(numbered, list[str]()) == whole


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (None, "6 5 4 3 2 1"),
        ({"field": "ID"}, "1 2 3 4 5 6"),
        ({"field": "DESCRIPTION", "direction": "DESC"}, "6 5 4 3 2 1"),
        ({"field": "CUSTOMER", "direction": "ASC"}, "3 6 1 4 2 5"),
        ({"field": "STATUS"}, "2 4 6 1 3 5"),
        ({"field": "STATUS", "direction": "DESC"}, "5 3 1 6 4 2"),
        ({"field": "START_AT"}, "2 4 1 5 3 6"),
        ({"field": "START_AT", "direction": "DESC"}, "6 3 5 1 4 2"),
        ({"field": "END_AT"}, "5 1 2 3 4 6"),
    ],
)
async def test_a_list_has_the_order_that_is_asked_for(
    house: House, database: Database, by: object, expected: str
) -> None:
    await store(database, 6)

    assert (await page(house, by=by))[0] == expected.split()


async def test_a_filtered_list_is_paged_in_its_order(house: House, database: Database) -> None:
    await store(database, 12)
    arguments = {"where": {"status": {"eq": "ACTIVE"}}, "by": {"field": "STATUS"}, "first": 4}

    first, _, cursor = await page(house, **arguments)
    second, _, _ = await page(house, **arguments, after=cursor)

    assert (first, second) == (["2", "4", "6", "8"], ["10", "12"])


@pytest.mark.parametrize("made_by", FIELDS)
async def test_a_cursor_of_another_order_or_list_is_refused(
    house: House, database: Database, made_by: str
) -> None:
    await store(database, 4)
    await house.start_node()
    _, _, cursor = await page(house, by={"field": made_by}, first=1)
    processes = (await house.ask("{ processes { pageInfo { endCursor } } }"))["processes"]
    strangers = [
        *({"by": {"field": field}, "after": cursor} for field in FIELDS if field != made_by),
        {"by": {"field": made_by, "direction": "DESC"}, "after": cursor},
        {"by": {"field": made_by}, "last": 1, "before": processes["pageInfo"]["endCursor"]},
    ]

    refused = [await house.error(PAGE, **arguments) for arguments in strangers]
    elsewhere = [
        await house.error(f'{{ {field}(first: 1, after: "{cursor}") {{ nodes {{ id }} }} }}')
        for field in ("processes", "products", "workflows", "circuitSubscriptions")
    ]

    assert {code for code, _ in refused + elsewhere} == {"INVALID_PAGE"}
    assert all(message.endswith("' is no cursor of this list.") for _, message in refused + elsewhere)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "W10",  # []
        "bnVsbA",  # null
        "WyJzdWJzY3JpcHRpb25zIHN0YXJ0X2F0IGFzYyIsICJub29uIiwgIjEiXQ",  # a time and an id that are none
        # A time without a zone, with an id.
        "WyJzdWJzY3JpcHRpb25zIHN0YXJ0X2F0IGFzYyIsICIyMDI2LTAxLTAxIiwgIjAxODkwYTVkLWFjOTYtNzc0Yi1iY2NlLWIzMDIwOTlhODA1NyJd",
    ],
)
async def test_a_malformed_cursor_is_refused(house: House, cursor: str) -> None:
    code, message = await house.error(PAGE, by={"field": "START_AT"}, after=cursor)

    assert (code, message) == ("INVALID_PAGE", f"'{cursor[:80]}' is no cursor of this list.")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"offset": -1}, "'offset' is -1: expected at least 0."),
        ({"offset": 1, "last": 1}, "These paging arguments do not fit together: found 'last' and 'offset', "),
    ],
)
async def test_an_offset_that_makes_no_sense_is_refused(
    house: House, arguments: dict[str, object], found: str
) -> None:
    for field in ("subscriptions", "nodeSubscriptions", "processes"):
        given = ", ".join(f"{name}: {value}" for name, value in arguments.items())
        code, message = await house.error(f"{{ {field}({given}) {{ nodes {{ id }} }} }}")
        assert (code, message[: len(found)]) == ("INVALID_PAGE", found)


async def test_a_filtered_page_of_a_hundred_is_one_statement_and_its_total_another(
    house: House, database: Database, statements: StatementLog
) -> None:
    await store(database, 250)
    page_of = (
        '{{ {field}(first: 100, where: {{status: {{in: [ACTIVE]}}, product: {{name: {{eq: "Node acme"}}}}}}, '
        "orderBy: {{field: START_AT, direction: DESC}})"
        " {{ {total} nodes {{ id description status startAt }} }} }}"
    )
    counts: dict[str, int] = {}

    for field in ("subscriptions", "nodeSubscriptions"):
        for total in ("", "totalCount"):
            with statements.recorded() as recorded:
                found = (await house.ask(page_of.format(field=field, total=total)))[field]
            assert len(found["nodes"]) == 100
            counts[f"{field} {total}".strip()] = len([text for text in recorded if "LISTEN" not in text])
    with statements.recorded() as recorded:
        await house.ask(
            "{ subscriptionCounts(groupBy: PRODUCT, where: {inSync: {eq: true}}) { count productName } }"
        )
    counts["subscriptionCounts"] = len([text for text in recorded if "LISTEN" not in text])

    assert counts == {
        "subscriptions": 1,
        "subscriptions totalCount": 2,
        "nodeSubscriptions": 1,
        "nodeSubscriptions totalCount": 2,
        "subscriptionCounts": 1,
    }
