"""Lists of processes in the order that is asked for, by one field or several, and their counts."""

from typing import Any

import pytest
import pytest_asyncio

from domain.storage.database import Database
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.parity import parity
from tests.postgres import RecordedStatements, StatementLog

PAGE = """
query ($where: ProcessWhere, $by: [ProcessOrderBy!], $first: Int, $after: String, $last: Int,
       $before: String, $offset: Int) {
  processes(where: $where, orderBy: $by, first: $first, after: $after, last: $last, before: $before,
            offset: $offset) { nodes { note } pageInfo { startCursor endCursor } }
}
"""
FIELDS = ("ID", "STARTED_AT", "MODIFIED_AT", "ENDED_AT", "STATUS", "WORKFLOW", "CREATED_BY")
SEVERAL = (
    [{"field": "STATUS"}, {"field": "STARTED_AT", "direction": "DESC"}],
    [{"field": "WORKFLOW", "direction": "DESC"}, {"field": "ENDED_AT"}, {"field": "ID", "direction": "DESC"}],
    [{"field": "ENDED_AT"}, {"field": "CREATED_BY", "direction": "DESC"}, {"field": "STATUS"}],
)


@pytest_asyncio.fixture
async def stored(house: House, database: Database) -> House:
    """Twelve processes that are equal in many ways; the note of each is its number."""
    async with database.writer() as connection:
        await connection.execute(
            "INSERT INTO process (id, workflow, target, is_task, fingerprint, steps, customers, created_by,"
            " run_by, status, state, start_digest, note, started_at, modified_at, ended_at)"
            " SELECT ('01890a5d-ac96-774b-bcce-' || lpad(n::text, 12, '0'))::uuid,"
            " (ARRAY['create_node', 'validate_node'])[n % 2 + 1], (ARRAY['CREATE', 'VALIDATE'])[n % 2 + 1],"
            " n % 2 = 1, '', '[]', ARRAY['customer ' || n % 3 + 1],"
            " (ARRAY['ada-b|c', 'developer'])[n % 2 + 1], 'ada',"
            " (ARRAY['COMPLETED', 'SUSPENDED', 'FAILED'])[n % 3 + 1], '{}', '', n,"
            " '2026-01-01T00:00:00.123456Z'::timestamptz + n % 4 * interval '1 day',"
            " '2026-02-01T00:00:00Z'::timestamptz - n % 5 * interval '1 day',"
            " CASE WHEN n % 3 = 0 THEN '2026-03-01T00:00:00Z'::timestamptz + n % 2 * interval '1 day' END"
            " FROM generate_series(1, 12) AS n"
        )
        await connection.execute(
            "UPDATE process SET failure_kind = 'TIMEOUT' WHERE note = '2';"
            " UPDATE process SET assignee = 'field' WHERE status = 'SUSPENDED'"
        )
    return house


async def page(house: House, **arguments: object) -> tuple[list[int], str | None, str | None]:
    """The numbers on a page, and its first and last cursor."""
    found = (await house.ask(PAGE, **arguments))["processes"]
    numbers = [int(node["note"]) for node in found["nodes"]]
    return numbers, found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]


@parity("QL-02", mends="tie-breaker")
@parity("QL-02")
@parity("QL-03")
async def test_a_list_is_walked_in_any_order_forth_and_back_without_losing_equals(stored: House) -> None:
    orders: list[list[dict[str, str]]] = [
        *([{"field": field, "direction": direction}] for field in FIELDS for direction in ("ASC", "DESC")),
        *SEVERAL,
    ]

    for by in orders:
        whole, _, _ = await page(stored, by=by, first=100)
        forth: list[int] = []
        back: list[int] = []
        after = before = None
        while (part := await page(stored, by=by, first=5, after=after))[0]:
            forth, after = forth + part[0], part[2]
        while (part := await page(stored, by=by, last=5, before=before))[0]:
            back, before = part[0] + back, part[1]
        numbered = [(await page(stored, by=by, first=5, offset=offset))[0] for offset in (0, 5, 10)]
        assert (forth, back, sum(numbered, list[int]()), by) == (whole, whole, whole, by)
        assert sorted(whole) == list(range(1, 13))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (None, "12 11 10 9 8 7 6 5 4 3 2 1"),
        ([], "12 11 10 9 8 7 6 5 4 3 2 1"),
        ({"field": "ID"}, "1 2 3 4 5 6 7 8 9 10 11 12"),
        ({"field": "STARTED_AT"}, "4 8 12 1 5 9 2 6 10 3 7 11"),
        ({"field": "MODIFIED_AT", "direction": "DESC"}, "10 5 11 6 1 12 7 2 8 3 9 4"),
        ({"field": "ENDED_AT"}, "6 12 3 9 1 2 4 5 7 8 10 11"),
        ({"field": "STATUS"}, "3 6 9 12 2 5 8 11 1 4 7 10"),
        (
            [{"field": "STATUS"}, {"field": "CREATED_BY", "direction": "DESC"}],
            "9 3 12 6 11 5 8 2 7 1 10 4",
        ),
        (
            [{"field": "WORKFLOW"}, {"field": "STATUS"}, {"field": "ID"}],
            "6 12 2 8 4 10 3 9 5 11 1 7",
        ),
    ],
)
async def test_a_list_has_the_order_that_is_asked_for(stored: House, by: object, expected: str) -> None:
    assert (await page(stored, by=by))[0] == [int(number) for number in expected.split()]


async def test_a_filtered_list_is_paged_in_its_order(stored: House) -> None:
    for status, by in (("COMPLETED", [{"field": "STATUS"}]), ("FAILED", SEVERAL[0])):
        arguments: dict[str, Any] = {"where": {"status": {"eq": status}}, "by": by, "first": 3}
        first, _, cursor = await page(stored, **arguments)
        second, _, _ = await page(stored, **arguments, after=cursor)
        whole, _, _ = await page(stored, **{**arguments, "first": 100})
        assert (first, second) == (whole[:3], whole[3:])


@parity("QL-01")
@parity("QL-01", mends="dashes")
@parity("QL-01", mends="wildcards")
@parity("QL-01", mends="time-zones")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"createdBy": {"eq": "ada-b|c"}}, "2 4 6 8 10 12"),
        ({"createdBy": {"in": ["ada", "b", "c", "ada-b"]}}, ""),
        ({"createdBy": {"contains": "A-B"}, "note": {"in": ["1", "2", "4"]}}, "2 4"),
        ({"createdBy": {"contains": "%"}}, ""),
        ({"createdBy": {"contains": "ada_b"}}, ""),
        ({"createdBy": {"eq": "!developer"}}, ""),
        ({"startedAt": {"gte": "2026-01-02T02:00:00.123456+02:00", "lt": "2026-01-03T00:00:00Z"}}, "1 5 9"),
        ({"endedAt": {"lte": "2026-02-28T19:00:00-05:00"}}, "6 12"),
    ],
)
async def test_values_of_filters_are_taken_as_they_are(stored: House, where: object, expected: str) -> None:
    found, _, _ = await page(stored, where=where, by={"field": "ID"})

    assert " ".join(str(number) for number in found) == expected


@pytest.mark.parametrize(
    ("by", "problem"),
    [
        ([{"field": "STATUS"}, {"field": "STATUS"}], "found STATUS twice, expected each field once."),
        (
            [{"field": "ID"}, {"field": "STATUS"}],
            "found a field behind ID, expected ID last: it has no equals.",
        ),
        ([{"field": field} for field in FIELDS[1:5]], "found 4 fields, expected 1 to 3."),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(house: House, by: object, problem: str) -> None:
    assert await house.error(PAGE, by=by) == ("INVALID_ORDER", f"'orderBy': {problem}")


async def test_a_cursor_of_another_order_is_refused(stored: House) -> None:
    orders: list[object] = [*({"field": field} for field in FIELDS), *SEVERAL]
    cursors = [(await page(stored, by=by, first=1))[2] for by in orders]

    refused = [
        await stored.error(PAGE, by=by, after=cursor)
        for by, own in zip(orders, cursors, strict=True)
        for cursor in cursors
        if cursor != own
    ]

    assert {code for code, _ in refused} == {"INVALID_PAGE"}
    assert all(message.endswith("' is no cursor of this list.") for _, message in refused)


def reads(recorded: RecordedStatements) -> list[str]:
    """What was executed but for the first waits for news."""
    return [verb for verb in recorded.verbs if verb != "LISTEN"]


COUNTS = """{
  status: processCounts(groupBy: STATUS) { count status workflowName }
  tasks: processCounts(groupBy: IS_TASK, where: {status: {eq: FAILED}}) { count isTask }
  workflow: processCounts(groupBy: [WORKFLOW, TARGET]) { count workflowName target }
  failure: processCounts(groupBy: FAILURE_KIND, where: {status: {eq: FAILED}}) { count failureKind }
  mine: processCounts(groupBy: [CREATED_BY, STATUS], where: {createdByViewer: true}) {
    count createdBy status }
  waiting: processCounts(groupBy: ASSIGNEE) { count assignee }
  all: processCounts(groupBy: []) { count status }
  none: subscriptionCounts(groupBy: []) { count status }
}"""


async def test_processes_are_counted_by_what_they_have_in_common(
    stored: House, statements: StatementLog
) -> None:
    with statements.recorded() as recorded:
        found = await stored.ask(COUNTS)
    seen = (await Asking(stored)("{ processCounts(groupBy: STATUS) { count status } }"))["data"]

    assert reads(recorded) == ["SELECT"] * 8
    assert found == {
        "status": [
            {"count": 4, "status": status, "workflowName": None}
            for status in ("COMPLETED", "FAILED", "SUSPENDED")
        ],
        "tasks": [{"count": 2, "isTask": False}, {"count": 2, "isTask": True}],
        "workflow": [
            {"count": 6, "workflowName": "create_node", "target": "CREATE"},
            {"count": 6, "workflowName": "validate_node", "target": "VALIDATE"},
        ],
        "failure": [{"count": 3, "failureKind": None}, {"count": 1, "failureKind": "TIMEOUT"}],
        "mine": [
            {"count": 2, "createdBy": "developer", "status": status}
            for status in ("COMPLETED", "FAILED", "SUSPENDED")
        ],
        "all": [{"count": 12, "status": None}],
        "none": [{"count": 0, "status": None}],
        "waiting": [{"count": 8, "assignee": None}, {"count": 4, "assignee": "field"}],
    }
    assert seen == {"processCounts": [{"count": 4, "status": "COMPLETED"}]}


@parity("GQ-11")
@parity("QL-03")
async def test_a_page_in_any_order_is_one_statement_and_its_total_another(
    stored: House, statements: StatementLog
) -> None:
    query = "query ($by: [ProcessOrderBy!]) {{ processes(orderBy: $by) {{ {total} nodes {{ id status }} }} }}"
    verbs: list[list[str]] = []

    for by in ([{"field": "STARTED_AT"}], SEVERAL[0]):
        for total in ("", "totalCount"):
            with statements.recorded() as recorded:
                await stored.ask(query.format(total=total), by=by)
            verbs.append(reads(recorded))

    assert verbs == [["SELECT"], ["SELECT"] * 2] * 2
