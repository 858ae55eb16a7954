"""What the list of processes is filtered by, over HTTP."""

import pytest

from domain.storage.database import Database
from domain.storage.listing.filters import MAX_CONDITIONS, MAX_DEPTH
from graph.settings import GraphSettings
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.parity import parity
from tests.postgres import StatementLog

PROCESSES = """
query ($where: ProcessWhere) { processes(where: $where) { totalCount nodes { id startedAt } } }
"""
START = "mutation { callBack { ... on ProcessStarted { process { id } } } }"


@parity("QL-01")
async def test_processes_are_filtered_by_what_they_are_and_what_they_concern(
    working_house: House,
) -> None:
    house = working_house
    subscription = await house.active_node()
    task = (await house.ask(START))["callBack"]["process"]["id"]
    other = await house.start_node(customerId="customer 2", hostname="lab-2")
    await house.until(other, "SUSPENDED")
    await house.until(task, "AWAITING_CALLBACK")
    nodes = (await house.ask(PROCESSES))["processes"]["nodes"]
    ids = {node["id"]: name for node, name in zip(nodes, ("other", "task", "own"), strict=True)}
    middle, first = nodes[1]["startedAt"], nodes[2]["startedAt"]
    assert ids[task] == "task"
    table: dict[str, dict[str, tuple[object, str]]] = {
        "id": {"eq": (task, "task"), "in": ([other, task], "other task"), "isNull": (True, "")},
        "workflowName": {
            "eq": ("create_node", "other own"),
            "in": (["call_back", "create_node"], "other task own"),
            "contains": ("BACK", "task"),
            "startsWith": ("create", "other own"),
            "lt": ("create", "task"),
            "lte": ("call_back", "task"),
            "gt": ("call_back", "other own"),
            "gte": ("create_node", "other own"),
            "isNull": (False, "other task own"),
        },
        "target": {"eq": ("SYSTEM", "task"), "in": (["CREATE"], "other own"), "isNull": (True, "")},
        "isTask": {"eq": (True, "task"), "in": ([False], "other own"), "isNull": (False, "other task own")},
        "status": {
            "eq": ("COMPLETED", "own"),
            "in": (["SUSPENDED", "AWAITING_CALLBACK"], "other task"),
            "isNull": (True, ""),
        },
        "customerId": {"eq": ("customer 1", "own"), "in": (["customer 2", "customer 1"], "other own")},
        "createdBy": {"startsWith": ("x", ""), "isNull": (False, "other task own")},
        "lastActor": {"eq": ("developer", "other task own"), "contains": ("nobody", "")},
        "note": {"isNull": (True, "other task own"), "contains": ("x", "")},
        "assignee": {"eq": ("field engineer", "other"), "isNull": (True, "task own")},
        "failureKind": {"in": (["ERROR"], ""), "eq": ("TIMEOUT", ""), "isNull": (True, "other task own")},
        "startedAt": {
            "eq": (middle, "task"),
            "gt": (middle, "other"),
            "gte": (middle, "other task"),
            "lt": (middle, "own"),
            "lte": (middle, "task own"),
            "in": ([first], "own"),
        },
        "modifiedAt": {"gte": (first, "other task own"), "lt": (first, "")},
        "endedAt": {"isNull": (True, "other task"), "gt": (first, "own")},
    }
    wheres: list[tuple[object, str]] = [
        ({field: {operator: operand}}, wanted)
        for field, operators in table.items()
        for operator, (operand, wanted) in operators.items()
    ]
    wheres += [
        ({}, "other task own"),
        ({"not": {"status": {"eq": "COMPLETED"}}, "isTask": {"eq": False}}, "other"),
        ({"or": [{"isTask": {"eq": True}}, {"status": {"eq": "COMPLETED"}}]}, "task own"),
        ({"and": [{"isTask": {"eq": True}}, {"status": {"eq": "COMPLETED"}}]}, ""),
        ({"createdByViewer": True}, "other task own"),
        ({"createdByViewer": False}, ""),
        ({"not": {"or": [{"createdByViewer": True}]}}, ""),
        *(
            ({"subscriptions": {"some": {**some, "status": {"eq": "ACTIVE"}}}}, "own")
            for some in (
                {"id": {"eq": subscription}},
                {"product": {"tag": {"eq": "ACME"}, "productType": {"eq": "Node"}}},
                {"product": {"name": {"eq": "Node acme"}}},
                {"description": {"contains": "LAB-1"}},
                {"customerId": {"eq": "customer 1"}},
                {"ownsBlock": {"nodeBlock": {"hostname": {"eq": "lab-1"}}}},
            )
        ),
        ({"subscriptions": {"some": {"id": {"in": []}}}}, ""),
        ({"subscriptions": {"none": {}}}, "task"),
        ({"subscriptions": {"every": {"status": {"eq": "ACTIVE"}}}}, "task own"),
    ]

    for where, wanted in wheres:
        found = (await house.ask(PROCESSES, where=where))["processes"]
        assert (" ".join(ids[node["id"]] for node in found["nodes"]), where) == (wanted, where)
        assert found["totalCount"] == len(found["nodes"])
    clerk = Asking(house)
    for hidden in (
        {"customerId": {"eq": "customer 2"}},
        {"id": {"in": [other]}},
        {"isTask": {"eq": True}},
        {"subscriptions": {"some": {"customerId": {"eq": "customer 2"}}}},
    ):
        assert (await clerk(PROCESSES, where=hidden))["data"]["processes"] == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize(
    ("where", "path", "problem"),
    [
        ({"status": None}, "status", "found null, expected a value"),
        ({"status": {"in": None}}, "status in", "found null, expected a value"),
        ({"status": {}}, "status", "found no operator, expected at least one of eq, in, isNull."),
        ({"customerId": {}}, "customerId", "found no operator, expected at least one of eq, in."),
        (
            {"startedAt": {"gt": "2026-01-01T00:00:00"}},
            "startedAt gt",
            "found the time 2026-01-01T00:00:00, expected a",
        ),
        (
            {"subscriptions": {}},
            "subscriptions",
            "found nothing, expected at least one of some, every, none.",
        ),
        ({"subscriptions": {"some": None}}, "subscriptions some", "found null, expected a value"),
        (
            {"subscriptions": {"none": {"id": {"eq": "x"}}}},
            "subscriptions none id eq",
            "'x' is not the id of a subscription",
        ),
        (
            {"subscriptions": {"some": {"or": [{"inSync": {"eq": True}}] * (MAX_CONDITIONS - 1)}}},
            "",
            f"found more than {MAX_CONDITIONS} cond",
        ),
        ({"or": [{"isTask": {"eq": True}}] * MAX_CONDITIONS}, "", f"found more than {MAX_CONDITIONS} cond"),
    ],
)
async def test_a_filter_of_processes_that_cannot_be_is_refused_with_its_path(
    house: House, where: object, path: str, problem: str
) -> None:
    [error] = (await house.post(PROCESSES, where=where))["errors"]

    expected = ["where", *path.split()]
    assert error["extensions"] == {"code": "INVALID_FILTER", "argumentPath": expected}
    assert error["message"].startswith(f"'{'.'.join(expected)}': {problem}")


async def test_a_filter_of_processes_may_be_so_deep_and_no_more(house: House) -> None:
    def nested(levels: int) -> object:
        where: object = {"isTask": {"eq": True}}
        for _ in range(levels - 1):
            where = {"not": where}
        return where

    allowed = await house.ask(PROCESSES, where=nested(MAX_DEPTH))
    code, _ = await house.error(PROCESSES, where=nested(MAX_DEPTH + 1))

    assert allowed["processes"]["totalCount"] == 0
    assert code == "INVALID_FILTER"


async def test_a_filter_of_processes_that_takes_too_long_is_a_typed_error(
    house: House, database: Database
) -> None:
    ask = Asking(house, settings=GraphSettings(filter_limit_s=0.2))
    async with database.writer() as connection, connection.transaction():
        await connection.execute("LOCK TABLE process IN ACCESS EXCLUSIVE MODE")

        response = await ask(PROCESSES, where={"createdBy": {"contains": "x"}})

    [error] = response["errors"]
    assert error["extensions"] == {"code": "FILTER_TOO_SLOW", "argumentPath": ["where"]}


async def test_a_filtered_page_of_processes_is_one_statement_and_its_total_another(
    house: House, statements: StatementLog
) -> None:
    for number in range(3):
        await house.start_node(hostname=f"lab-{number}")
    where = '{status: {in: [QUEUED]}, workflowName: {eq: "create_node"}, isTask: {eq: false}}'

    with statements.recorded() as plain:
        found = await house.ask(f"{{ processes(where: {where}) {{ nodes {{ id status }} }} }}")
    with statements.recorded() as counted:
        await house.ask(f"{{ processes(where: {where}) {{ totalCount nodes {{ id status }} }} }}")

    assert len(found["processes"]["nodes"]) == 3
    assert (plain.verbs, counted.verbs) == (["SELECT"], ["SELECT", "SELECT"])


async def test_the_list_of_processes_is_numbered_by_offset(house: House) -> None:
    newest_first = [await house.start_node(hostname=f"lab-{number}") for number in range(4)][::-1]

    found = (
        await house.ask(
            "{ processes(first: 2, offset: 1) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }"
        )
    )["processes"]

    assert [node["id"] for node in found["nodes"]] == newest_first[1:3]
    assert found["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}
