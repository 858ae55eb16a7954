import asyncio

import pytest

from engine.states import ProcessStatus
from engine.store import aborts, deletions
from tests.engine.run.house import ACTOR, House
from tests.waiting import eventually


async def test_a_worker_that_was_forgotten_makes_itself_known_again(house: House) -> None:
    async with house.working() as worker:
        await house.rows("DELETE FROM worker")

        await _known(house)
        known = await house.rows("SELECT id, live_until > now() AS alive FROM worker")

    assert known == [{"id": worker.id, "alive": True}]
    assert await house.rows("SELECT id FROM worker") == []


async def test_a_forgotten_worker_with_a_step_under_way_acknowledges_no_pause(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working():
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")
        await house.rows("INSERT INTO engine (status, pause_no) VALUES ('PAUSING', 7)")
        await house.rows("DELETE FROM worker")

        await _known(house)
        busy = await house.rows("SELECT pause_seen FROM worker")
        gate.set()
        await house.until(process_id, ProcessStatus.QUEUED)
        await eventually(lambda: _has_seen(house, 7))

    assert busy == [{"pause_seen": 0}]
    assert (await house.process(process_id)).created_by == ACTOR


@pytest.mark.parametrize("deleted", [False, True], ids=["aborted", "deleted"])
async def test_a_step_is_cut_short_if_its_process_ended_while_nobody_heard_of_its_worker(
    house: House, *, deleted: bool
) -> None:
    house.stage.hold("first")
    async with house.working():
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")
        async with house.database.write() as connection:
            await connection.execute("UPDATE process SET lease_until = now() - interval '1 minute'")
            await aborts.abort(connection, [process_id], reason=None, actor=ACTOR)
            if deleted:
                await deletions.delete(connection, [process_id])

        assert await asyncio.wait_for(house.stage.cancelled.get(), timeout=5) == "first"

    assert await house.rows("SELECT status FROM process") == [{"status": "ABORTED"}] * (not deleted)


async def _known(house: House) -> None:
    async def known() -> bool:
        return await house.rows("SELECT FROM worker") != []

    await eventually(known)


async def _has_seen(house: House, pause_no: int) -> bool:
    return await house.rows("SELECT pause_seen FROM worker") == [{"pause_seen": pause_no}]
