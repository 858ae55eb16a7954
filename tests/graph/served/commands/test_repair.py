"""Putting a subscription back in sync over HTTP."""

import asyncio
from typing import Any

from domain.storage.database import Database
from tests.graph.served.commands.house import CommandHouse
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

REPAIR = """
mutation ($id: ID!) { setSubscriptionInSync(subscription: $id) { __typename
  ... on SubscriptionUpdated { subscription { inSync version heldBy { id } } }
  ... on Refused { message } ... on NotFound { missingId }
  ... on WrongStatus { foundStatus expectedStatuses } } }
"""
ABORT = "mutation ($id: ID!) { abortProcess(process: $id) { __typename } }"


async def repair(house: CommandHouse, subscription: str, *, viewer: str = "senior") -> Any:
    return (await house.ask(viewer, REPAIR, id=subscription))["setSubscriptionInSync"]


async def held(house: CommandHouse, database: Database) -> tuple[str, str]:
    """A subscription, and the process that holds it and has failed."""
    node = subscription_of(await Stored(database).node())
    async with house.working():
        process = await house.start("check", subscription=node)
        await house.until(process, "FAILED")
    return node, process


@parity("PM-25")
async def test_a_subscription_is_put_in_sync_once_its_process_has_ended(
    commands: CommandHouse, database: Database
) -> None:
    node, process = await held(commands, database)

    too_early = await repair(commands, node)
    await commands.ask("senior", ABORT, id=process)
    done = await repair(commands, node)
    again = await repair(commands, node)
    deleted = await commands.ask(
        "senior", "mutation ($id: ID!) { deleteProcesses(processes: [$id]) { doneCount } }", id=process
    )

    assert too_early == {
        "__typename": "WrongStatus",
        "message": "The process is FAILED: expected ABORTED or COMPLETED.",
        "foundStatus": "FAILED",
        "expectedStatuses": ["ABORTED", "COMPLETED"],
    }
    assert done["subscription"] == {"inSync": True, "version": 1, "heldBy": None}
    assert again == done
    assert deleted["deleteProcesses"]["doneCount"] == 1


async def test_a_running_process_keeps_its_subscription(commands: CommandHouse, database: Database) -> None:
    node = subscription_of(await Stored(database).node())
    process = await commands.start("check", subscription=node)

    refused = await repair(commands, node)
    found = await commands.ask(
        "reader", "query ($id: ID!) { subscription(id: $id) { inSync heldBy { id } } }", id=node
    )

    assert (refused["__typename"], refused["foundStatus"]) == ("WrongStatus", "QUEUED")
    assert found["subscription"] == {"inSync": False, "heldBy": {"id": process}}


async def test_out_of_scope_or_without_the_permission_nothing_is_done(
    commands: CommandHouse, database: Database
) -> None:
    node, process = await held(commands, database)
    await commands.ask("senior", ABORT, id=process)

    hidden = await repair(commands, node, viewer="stranger")
    forbidden = await commands.post("reader", REPAIR, id=node)
    found = await commands.ask("reader", "query ($id: ID!) { subscription(id: $id) { inSync } }", id=node)

    assert hidden == {"__typename": "NotFound", "message": f"There is no {node}.", "missingId": node}
    assert forbidden.status_code == 403
    assert found["subscription"] == {"inSync": False}


async def test_two_at_once_agree(commands: CommandHouse, database: Database) -> None:
    node, process = await held(commands, database)
    await commands.ask("senior", ABORT, id=process)

    first, second = await asyncio.gather(repair(commands, node), repair(commands, node, viewer="junior"))

    assert first == second
    assert first["__typename"] == "SubscriptionUpdated"


async def test_a_repair_is_its_transaction_and_one_read(
    commands: CommandHouse, database: Database, statements: StatementLog
) -> None:
    node, process = await held(commands, database)
    await commands.ask("senior", ABORT, id=process)
    plain = "mutation ($id: ID!) { setSubscriptionInSync(subscription: $id) { __typename } }"

    with statements.recorded() as recorded:
        await commands.ask("senior", plain, id=node)

    assert recorded.verbs == ["SELECT", "BEGIN", "SELECT", "WITH", "COMMIT", "SELECT"]
