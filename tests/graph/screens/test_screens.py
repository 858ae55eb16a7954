"""Each screen is one request: valid, answered as it was asked, in so many statements at any size."""

from typing import Any

import pytest
from graphql import parse, validate

from tests.graph.screens.house import OPERATIONS, SCHEMA, ScreensHouse, counted
from tests.graph.screens.shapes import Shape
from tests.graph.screens.sights import Sights
from tests.graph.screens.table import COMMANDS, LIVE, QUERIES, WRITING, Screen
from tests.parity import parity
from tests.postgres import StatementLog


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_valid_on_the_seeded_application(operation: str) -> None:
    assert validate(SCHEMA.core, parse(OPERATIONS[operation])) == []


def test_every_operation_is_in_the_table() -> None:
    tried = {screen.operation for screen in (*QUERIES, *LIVE, *COMMANDS)}

    assert tried | WRITING == set(OPERATIONS)


def test_an_answer_of_another_shape_is_noticed() -> None:
    shape = Shape(SCHEMA.core, "{ viewer { name customerIds } engine { status changedAt runningProcesses } }")

    mistakes = shape.mistakes(
        {
            "viewer": {"name": None, "customerIds": [1]},
            "engine": {"status": "running", "changedAt": "2026-01-01", "runningProcesses": True},
        }
    )

    assert mistakes == [
        "data.viewer.name: found null",
        "data.viewer.customerIds.0: found 1, expected String",
        "data.engine.status: found 'running', expected EngineStatus",
        "data.engine.changedAt: found '2026-01-01', expected DateTime",
        "data.engine.runningProcesses: found True, expected Int",
    ]
    assert shape.mistakes({"viewer": None}) == [
        "data: found the fields ['viewer'], expected ['viewer', 'engine']"
    ]


@pytest.mark.parametrize("screen", QUERIES, ids=str)
async def test_a_screen_is_answered_as_it_was_asked_in_its_statements(
    screens: ScreensHouse, sights: Sights, statements: StatementLog, screen: Screen
) -> None:
    with statements.recorded() as recorded:
        await screens.show(screen.operation, **screen.given(sights))

    assert len(counted(recorded.texts)) in screen.numbers


@parity("GQ-03")
@pytest.mark.parametrize("screen", LIVE, ids=str)
async def test_a_live_screen_begins_with_what_is_there(
    screens: ScreensHouse, sights: Sights, statements: StatementLog, screen: Screen
) -> None:
    with statements.recorded() as recorded:
        await screens.first_event(screen.operation, **screen.given(sights))

    assert len([text for text in counted(recorded.texts) if "FROM event" not in text]) == screen.statements


@pytest.mark.parametrize("screen", COMMANDS, ids=str)
async def test_a_command_of_a_screen_tells_why_it_was_not_carried_out(
    screens: ScreensHouse, sights: Sights, statements: StatementLog, screen: Screen
) -> None:
    with statements.recorded() as recorded:
        data = await screens.show(screen.operation, **screen.given(sights))

    [answer] = data.values()
    assert answer["__typename"] == screen.refusal
    assert len(counted(recorded.texts)) == screen.statements


LISTS: dict[str, dict[str, Any]] = {
    "SubscriptionsQuery": {},
    "ProcessesQuery": {"where": {"status": {"eq": "SUSPENDED"}}},
    "CustomersQuery": {},
}


@parity("GQ-11")
@pytest.mark.parametrize("operation", LISTS)
async def test_a_page_of_a_hundred_takes_the_statements_of_a_page_of_one(
    screens: ScreensHouse, statements: StatementLog, operation: str
) -> None:
    numbers: dict[int, int] = {}
    for size in (1, 100):
        with statements.recorded() as recorded:
            [page] = (await screens.show(operation, **LISTS[operation], first=size)).values()
        assert len(page.get("edges") or page["nodes"]) == size
        numbers[size] = len(counted(recorded.texts))

    assert numbers[1] == numbers[100]


async def test_the_start_page_counts_what_there_is(screens: ScreensHouse) -> None:
    shown = await screens.show("StartQuery")
    async with screens.database.writer() as connection:
        processes = await connection.fetchrow(
            "SELECT count(*) FILTER (WHERE is_task AND status = 'FAILED') AS failed_tasks,"
            " count(*) FILTER (WHERE NOT is_task AND status <> ALL ('{FAILED,ABORTED,COMPLETED}')) AS active"
            " FROM process"
        )
        counts = await connection.fetch(
            "SELECT name, subscription.status, count(*) AS number FROM subscription"
            " JOIN product ON product.id = product_id GROUP BY 1, 2"
        )

    assert processes is not None
    assert (shown["failedTasks"]["totalCount"], shown["active"]["totalCount"]) == tuple(processes)
    assert {process["createdBy"] for process in shown["mine"]["nodes"]} == {"developer"}
    assert {
        (product["name"], count["status"]): count["count"]
        for product in shown["products"]["nodes"]
        for count in product["subscriptionCounts"]
    } == {(row["name"], row["status"]): row["number"] for row in counts}
    for card in ("mine", "active", "failedTasks"):
        times = [process["startedAt"] for process in shown[card]["nodes"]]
        assert times == sorted(times, reverse=True)
        assert len(times) == 5


@parity("GQ-05")
async def test_the_detail_of_a_subscription_shows_its_tree_its_users_and_the_newest_of_its_processes(
    screens: ScreensHouse, sights: Sights
) -> None:
    shown = (await screens.show("SubscriptionDetailQuery", id=sights.vpn))["subscription"]
    node = (await screens.show("SubscriptionDetailQuery", id=sights.node))["subscription"]

    own = [place for place in shown["blockTree"] if not place["isReference"] and not place["isRepeated"]]
    fields = {place["field"] for place in own}
    kinds = {value["name"]: value["kind"] for place in own for value in place["block"]["values"]}
    assert (shown["blockTree"][0]["depth"], shown["blockTree"][0]["field"]) == (0, "vpn")
    assert fields >= {"vpn", "attachments"}
    assert (kinds["routeDistinguisher"], kinds["multicast"]) == ("STRING", "BOOLEAN")
    assert shown["vpn"]["id"] == shown["blockTree"][0]["block"]["id"]
    assert shown["dependsOn"]["totalCount"] >= len(shown["vpn"]["prefixes"]) > 0
    assert node["processes"]["totalCount"] > 100
    assert node["processes"]["pageInfo"]["hasNextPage"]
    assert node["inUseBy"]["totalCount"] > 10
    assert {action["workflow"]["name"] for action in node["actions"]} == {
        "modify_node",
        "validate_node",
        "terminate_node",
    }
    assert "IN_USE" in {
        blocker["code"] for action in node["actions"] for blocker in action["canStart"]["blockedBy"]
    }


@parity("GQ-06")
async def test_the_detail_of_a_process_shows_planned_and_executed_steps_alike(
    screens: ScreensHouse, sights: Sights
) -> None:
    suspended = (await screens.show("ProcessDetailQuery", id=sights.suspended))["process"]
    failed = (await screens.show("ProcessDetailQuery", id=sights.failed))["process"]
    changed = (await screens.show("ProcessDetailQuery", id=sights.changed))["process"]

    assert [(step["key"], step["status"]) for step in suspended["steps"]] == [
        ("note_change", "SUCCESS"),
        ("configure", "SUCCESS"),
        ("confirm", "SUSPENDED"),
        ("resync", "PENDING"),
    ]
    assert suspended["form"]["schema"]["properties"]["seen_by"]["minLength"] == 1
    assert (suspended["can"]["resume"]["allowed"], suspended["can"]["retry"]["code"]) == (
        True,
        "WRONG_STATUS",
    )
    assert [attempt["status"] for step in failed["steps"] for attempt in step["attempts"]][-2:] == [
        "FAILED",
        "FAILED",
    ]
    [change] = changed["changes"]
    [value] = change["changes"]
    assert (change["fromVersion"], change["toVersion"], value["field"]) == (1, 2, "description")
    assert value["before"] == f"New: {value['after']}"
