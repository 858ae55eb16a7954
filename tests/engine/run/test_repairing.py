"""Putting subscriptions back in sync beside those who give them back themselves."""

import asyncio

from domain.scope import Scope
from engine.errors import SubjectChanged
from engine.run.commands import InSync
from tests.engine.run.house import ACTOR, House


async def test_a_repair_and_whoever_gives_the_subscription_back_wait_in_one_order(house: House) -> None:
    """A checkpoint locks the process, then what it holds: the other way round would be a deadlock."""
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=20)

    async with asyncio.TaskGroup() as tasks, house.database.write() as connection:
        await connection.execute("UPDATE process SET status = 'ABORTED' WHERE id = $1", process_id)
        repair = tasks.create_task(
            house.commands.repair_many([subscription_id], actor=ACTOR, scope=Scope.all()), name="repair"
        )
        await house.until_blocked()
        await connection.execute("UPDATE subscription SET in_sync = true, held_by = NULL")

    assert (await repair)[subscription_id] == InSync(subscription_id=subscription_id, repaired=False)


async def test_a_subscription_that_another_process_takes_meanwhile_is_left_to_it(house: House) -> None:
    subscription_id = await house.create_port()
    first = await house.modify(subscription_id, speed=20)
    other = await house.start("single", text="a")

    async with asyncio.TaskGroup() as tasks, house.database.write() as connection:
        await connection.execute("UPDATE process SET status = 'ABORTED' WHERE id = $1", first)
        repair = tasks.create_task(
            house.commands.repair_many([subscription_id], actor=ACTOR, scope=Scope.all()), name="repair"
        )
        await house.until_blocked()
        await connection.execute("UPDATE subscription SET held_by = $1", other)

    assert isinstance((await repair)[subscription_id], SubjectChanged)
    assert await house.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": False, "held_by": other}
    ]
