import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest

from domain.ids import ProcessId, new_uuid7
from engine.run.claimer import Claimer
from engine.run.runs import Run
from engine.store.claims import Claim
from tests.engine.run.house import House
from tests.postgres import StatementLog


@asynccontextmanager
async def claiming(house: House) -> AsyncGenerator[Claimer]:
    claimer = Claimer(house.database, worker_id=new_uuid7(), lease_s=60)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(claimer.run(), name="claimer")
        yield claimer
        running.cancel()


def first_run(process_id: ProcessId) -> Run:
    return Run(process_id=process_id, run_no=1)


def claimed(claims: Sequence[Claim | None]) -> list[ProcessId | None]:
    return [claim and claim.process_id for claim in claims]


async def test_runs_that_wait_together_are_claimed_in_one_statement(
    house: House, statements: StatementLog
) -> None:
    process_ids = [await house.start("single", text=str(number)) for number in range(5)]
    async with claiming(house) as claimer:
        with statements.recorded() as recorded:
            claims = await asyncio.gather(*(claimer.claim(first_run(each)) for each in process_ids))

    assert [(claim.process_id, claim.epoch, claim.state) for claim in claims if claim is not None] == [
        (process_id, 1, {"text": str(number)}) for number, process_id in enumerate(process_ids)
    ]
    assert recorded.verbs == ["WITH"]
    assert [await house.versions(process_id) for process_id in process_ids] == [[1, 2]] * 5


async def test_what_is_not_to_be_had_is_left_while_the_rest_is_claimed(house: House) -> None:
    free, stale, leased = [await house.start("single", text="a") for _ in range(3)]
    async with claiming(house) as claimer:
        await claimer.claim(first_run(leased))

        claims = await asyncio.gather(
            claimer.claim(first_run(free)),
            claimer.claim(Run(process_id=stale, run_no=2)),
            claimer.claim(first_run(leased)),
            claimer.claim(first_run(ProcessId(new_uuid7()))),
        )

    assert claimed(claims) == [free, None, None, None]


async def test_a_run_that_is_handed_over_twice_is_claimed_once(house: House) -> None:
    process_id = await house.start("single", text="a")
    async with claiming(house) as claimer:
        claims = await asyncio.gather(*(claimer.claim(first_run(process_id)) for _ in range(3)))

    assert claimed(claims) == [process_id, None, None]
    assert await house.rows("SELECT epoch FROM process") == [{"epoch": 1}]


async def test_a_row_that_somebody_holds_does_not_hold_up_the_claims_of_others(house: House) -> None:
    held, free, later = [await house.start("single", text="a") for _ in range(3)]
    async with claiming(house) as claimer, asyncio.TaskGroup() as tasks:
        async with house.database.write() as holder:
            await holder.execute("SELECT FROM process WHERE id = $1 FOR UPDATE", held)
            waiting = tasks.create_task(claimer.claim(first_run(held)), name="waiting")
            beside = await asyncio.wait_for(claimer.claim(first_run(free)), timeout=5)
            await house.until_blocked()
            after = await asyncio.wait_for(claimer.claim(first_run(later)), timeout=5)
            was_waiting = not waiting.done()
        at_last = await waiting

    assert was_waiting
    assert claimed([beside, after, at_last]) == [free, later, held]


async def test_a_claim_that_the_database_refuses_fails_alone(house: House) -> None:
    fine, broken, fine_too = [await house.start("single", text="a") for _ in range(3)]
    await house.rows("UPDATE process SET steps = '[]' WHERE id = $1", broken)
    async with claiming(house) as claimer:
        first, error, second = await asyncio.gather(
            *(claimer.claim(first_run(each)) for each in (fine, broken, fine_too)), return_exceptions=True
        )

    assert isinstance(error, asyncpg.NotNullViolationError)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert (await house.process(broken)).status.value == "QUEUED"


async def test_a_process_that_this_release_cannot_read_disturbs_no_other(house: House) -> None:
    fine, newer, fine_too = [await house.start("single", text="a") for _ in range(3)]
    await house.rows("UPDATE process SET target = 'MIGRATE' WHERE id = $1", newer)
    async with claiming(house) as claimer:
        first, error, second = await asyncio.gather(
            *(claimer.claim(first_run(each)) for each in (fine, newer, fine_too)), return_exceptions=True
        )

    assert isinstance(error, ValueError)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert claimed([first, second]) == [fine, fine_too]


async def test_a_caller_that_stops_waiting_does_not_disturb_the_others(house: House) -> None:
    leaving, staying = [await house.start("single", text="a") for _ in range(2)]
    async with claiming(house) as claimer, asyncio.TaskGroup() as tasks:
        impatient = tasks.create_task(claimer.claim(first_run(leaving)), name="impatient")
        patient = tasks.create_task(claimer.claim(first_run(staying)), name="patient")
        await asyncio.sleep(0)
        impatient.cancel()
        claim = await asyncio.wait_for(patient, timeout=5)

    assert claimed([claim]) == [staying]
    with pytest.raises(asyncio.CancelledError):
        impatient.result()
