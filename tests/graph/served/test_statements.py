"""How many statements a frontend's operations take, BEGIN and COMMIT counted: the numbers of the docs."""

from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.served.house import House
from tests.postgres import StatementLog

SUBSCRIPTION_LIST = """
{ subscriptions(first: 100) { nodes {
    id customerId status description inSync version note startAt createdAt
    ... on NodeSubscription { vendor } } pageInfo { endCursor hasNextPage } } }
"""

SUBSCRIPTION_DETAIL = """
query ($id: ID!) { subscription(id: $id) {
    id status inSync version product { name }
    ... on NodeSubscription { node { hostname ports { name speed } uplink { name } } active { vendor } }
    blocks { id blockName ... on Block { values { name kind value } } }
    blockTree { field position parent { id } block { id } }
    heldBy { id status } processes(first: 10) { nodes { id status workflowName } } } }
"""

PROCESS_LIST = """
{ processes(first: 100) { nodes {
    id workflowName status createdBy startedAt currentStep { name status }
    form { title } subscriptions { id description } } pageInfo { endCursor hasNextPage } } }
"""

PROCESS_DETAIL = """
query ($id: ID!) { process(id: $id) {
    id status version workflow { name } currentStep { key status } form { title schema }
    steps { key name status startedAt finishedAt delta attempts { number actor error } }
    subscriptions { id } } }
"""


async def count(house: House, statements: StatementLog, query: str, **variables: Any) -> int:
    """How many statements the server takes to answer without an error."""
    with statements.recorded() as recorded:
        await house.ask(query, **variables)
    return len(recorded)


@pytest.mark.parametrize("rows", [1, 4])
async def test_reads_take_the_same_few_statements_for_any_number_of_rows(
    house: House, statements: StatementLog, rows: int
) -> None:
    async with house.working():
        processes = [await house.start_node(hostname=f"lab-{number}") for number in range(rows)]
        for process in processes:
            await house.until(process, "SUSPENDED")
    [subscription, *_] = (await house.ask("{ subscriptions { nodes { id } } }"))["subscriptions"]["nodes"]

    found = {
        "subscription list": await count(house, statements, SUBSCRIPTION_LIST),
        "subscription detail": await count(house, statements, SUBSCRIPTION_DETAIL, id=subscription["id"]),
        "process list": await count(house, statements, PROCESS_LIST),
        "process detail": await count(house, statements, PROCESS_DETAIL, id=processes[0]),
    }

    assert found == {
        "subscription list": 1,
        "subscription detail": 5,
        "process list": 5,
        "process detail": 5,
    }


async def test_a_page_of_a_hundred_subscriptions_with_ten_fields_is_one_statement(
    house: House, statements: StatementLog, database: Database
) -> None:
    async with database.writer() as connection:
        await connection.execute(
            "INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)"
            " SELECT gen_random_uuid(), (SELECT id FROM product LIMIT 1), 'customer 1', 'ACTIVE',"
            " 'Node ' || n, true, 1 FROM generate_series(1, 101) AS n"
        )

    with statements.recorded() as recorded:
        found = await house.ask(SUBSCRIPTION_LIST)
    reads = [text for text in recorded if not text.startswith("LISTEN")]

    assert len(found["subscriptions"]["nodes"]) == 100
    assert len(reads) == 1


async def test_a_start_is_its_transaction_and_one_read_of_the_process(
    house: House, statements: StatementLog
) -> None:
    await house.start_node(hostname="warm-up")

    with statements.recorded() as recorded:
        await house.start_node()

    assert recorded.verbs == ["BEGIN", "WITH", "WITH", "COMMIT", "SELECT"]


async def test_the_answer_to_a_command_agrees_with_itself_because_it_is_read_at_once(
    house: House, statements: StatementLog
) -> None:
    process = await house.start_node()

    with statements.recorded() as recorded:
        await house.ask(
            """mutation ($id: ID!) { abortProcess(process: $id) { ... on ProcessUpdated {
                 process { status version currentStep { key } steps { key status } } } } }""",
            id=process,
        )
    with statements.recorded() as reading:
        await house.ask("query ($id: ID!) { process(id: $id) { status steps { status } } }", id=process)

    assert recorded.verbs == ["SELECT", "BEGIN", "SELECT", "WITH", "WITH", "COMMIT", "SELECT"]
    assert "LEFT OUTER JOIN process_step" in recorded.texts[-1]
    assert len(reading) == 1


async def test_deltas_are_read_only_where_they_are_selected(house: House, statements: StatementLog) -> None:
    process = await house.start_node()

    with statements.recorded() as light:
        await house.ask("query ($id: ID!) { process(id: $id) { steps { key } } }", id=process)
        await house.ask("{ processes { nodes { steps { key } currentStep { key } } } }")
    with statements.recorded() as heavy:
        await house.ask("query ($id: ID!) { process(id: $id) { currentStep { delta } } }", id=process)
        await house.ask(
            "{ processes { nodes { steps { key } currentStep { ...F } } } } fragment F on Step { delta }"
        )

    assert [text for text in light if "process_step.delta" in text] == []
    assert (len(light), len(heavy)) == (3, 3)
    assert len([text for text in heavy if "process_step.delta" in text]) == 2
