"""When a subscription was last found valid."""

from datetime import datetime

from domain.storage.database import Database
from tests.graph.served.house import House
from tests.graph.served.stored import Stored
from tests.parity import parity
from tests.postgres import StatementLog

VALIDATE = """
mutation ($id: ID!) {
  validateNode(input: { subscription: $id }) { ... on ProcessStarted { process { id } } } }
"""

LAST = (
    "query ($id: ID!) { subscription(id: $id) { lastValidatedAt processes(first: 1) { nodes { endedAt } } } }"
)


@parity("W-12")
@parity("GQ-05", mends="never-validated")
async def test_the_last_validation_that_was_completed_is_told(working_house: House) -> None:
    house = working_house
    subscription = await house.active_node(hostname="fine-1")
    never = (await house.ask(LAST, id=subscription))["subscription"]

    for _ in range(2):
        started = await house.ask(VALIDATE, id=subscription)
        await house.until(started["validateNode"]["process"]["id"], "COMPLETED")
    found = (await house.ask(LAST, id=subscription))["subscription"]

    assert never["lastValidatedAt"] is None
    assert found["lastValidatedAt"] == found["processes"]["nodes"][0]["endedAt"]
    assert datetime.fromisoformat(found["lastValidatedAt"]).utcoffset() is not None


@parity("W-12")
async def test_a_validation_that_failed_does_not_count(working_house: House) -> None:
    house = working_house
    subscription = await house.active_node(hostname="broken-1")

    started = await house.ask(VALIDATE, id=subscription)
    await house.until(started["validateNode"]["process"]["id"], "FAILED")

    assert (await house.ask(LAST, id=subscription))["subscription"]["lastValidatedAt"] is None


async def test_the_validations_of_a_page_are_one_statement(
    house: House, database: Database, statements: StatementLog
) -> None:
    stored = Stored(database)
    for _ in range(3):
        await stored.node()

    with statements.recorded() as recorded:
        found = await house.ask("{ subscriptions(first: 3) { nodes { lastValidatedAt } } }")

    assert found["subscriptions"]["nodes"] == [{"lastValidatedAt": None}] * 3
    assert recorded.verbs == ["SELECT", "SELECT"]
