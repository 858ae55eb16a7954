import asyncio

from domain.ids import ProcessId, new_uuid7
from engine.run.reconciler import Reconciler
from engine.states import ProcessStatus, StepStatus
from engine.store import claims
from tests.engine.run.house import IMPATIENT, QUIET, SETTINGS, House
from tests.parity import parity
from tests.waiting import eventually


async def claim(
    house: House, process_id: ProcessId, *, run_no: int = 1, lease_s: float = 60
) -> claims.Claim | None:
    async with house.database.writer() as connection:
        return await claims.claim(
            connection, process_id, run_no=run_no, worker_id=new_uuid7(), lease_s=lease_s
        )


async def test_of_many_workers_one_claims_a_process(house: House) -> None:
    process_id = await house.start("single", text="a")

    taken = await asyncio.gather(*(claim(house, process_id) for _ in range(4)))

    (only,) = [claimed for claimed in taken if claimed is not None]
    assert (only.epoch, only.attempt, only.current_step, only.state) == (1, 1, "first", {"text": "a"})
    assert await house.rows("SELECT count(*) FROM step_attempt") == [{"count": 1}]


async def test_two_workers_share_the_processes_and_run_each_once(house: House) -> None:
    async with house.working(), house.working():
        process_ids = [await house.start("linear", text=str(number)) for number in range(20)]

        for process_id in process_ids:
            await house.until(process_id, ProcessStatus.COMPLETED)

    assert await house.rows("SELECT count(*) AS steps, max(attempts) AS attempts FROM process_step") == [
        {"steps": 100, "attempts": 1}
    ]


async def test_a_claim_skips_a_leased_process_an_older_run_and_a_paused_engine(house: House) -> None:
    process_id = await house.start("single", text="a")
    assert await claim(house, process_id, run_no=2) is None
    await house.rows("INSERT INTO engine (status) VALUES ('PAUSING')")
    assert await claim(house, process_id) is None
    await house.rows("DELETE FROM engine")
    assert await claim(house, process_id) is not None

    assert await claim(house, process_id) is None


async def test_a_claim_after_an_expired_lease_closes_the_lost_attempt(house: House) -> None:
    process_id = await house.start("single", text="a")
    await claim(house, process_id, lease_s=0)

    again = await claim(house, process_id)

    assert again is not None
    assert (again.epoch, again.attempt, again.lost_attempts) == (2, 2, 1)
    attempts = (await house.processes.attempts_of([(process_id, "first")]))[process_id, "first"]
    assert [(attempt.status, attempt.error) for attempt in attempts] == [
        (StepStatus.ABORTED, "the worker was lost while it carried out the step"),
        (StepStatus.RUNNING, None),
    ]


async def test_the_lease_of_a_claim_that_had_to_wait_begins_with_the_claim(house: House) -> None:
    process_id = await house.start("single", text="a")
    async with asyncio.TaskGroup() as tasks:
        async with house.database.write() as holder:
            await holder.execute("SELECT FROM process WHERE id = $1 FOR UPDATE", process_id)
            waiting = tasks.create_task(claim(house, process_id, lease_s=60), name="claim")
            await house.until_blocked()
            freed_at = await holder.fetchval("SELECT clock_timestamp()")
        assert await waiting is not None

    assert await house.rows(
        "SELECT lease_until >= $1::timestamptz + interval '60 seconds' AS whole FROM process", freed_at
    ) == [{"whole": True}]


@parity("WE-39")
async def test_a_worker_that_lost_its_lease_cannot_write(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET) as sleeper:
        process_id = await house.start("single", text="a")
        await house.stage.entry("first")
        await house.rows("UPDATE process SET lease_until = now() - interval '1 second'")
        usurper = await claim(house, process_id)
        assert usurper is not None
        before = await house.process(process_id)

        with sleeper.signals.released.armed() as released:
            gate.set()
            await asyncio.wait_for(released.get(), timeout=5)

    assert await house.process(process_id) == before
    assert (await house.steps(process_id))["first"].delta is None


async def test_a_heartbeat_keeps_a_long_step_and_tells_of_a_lost_one(house: House) -> None:
    house.stage.hold("first")
    async with house.working(IMPATIENT):
        process_id = await house.start("single", text="a")
        await house.stage.entry("first")
        (taken,) = await house.rows("SELECT lease_until FROM process")

        await _renewed(house, taken["lease_until"])
        await house.rows("UPDATE process SET epoch = epoch + 1, lease_until = now() + interval '1 minute'")
        cut_short = await asyncio.wait_for(house.stage.cancelled.get(), timeout=5)

    assert cut_short == "first"
    assert (await house.process(process_id)).status is ProcessStatus.RUNNING


@parity("WE-33")
@parity("W-15")
async def test_a_process_whose_job_was_lost_is_found(house: House) -> None:
    process_id = await house.start("single", text="a")
    await house.rows("DELETE FROM pgqueuer")
    await house.rows("UPDATE process SET modified_at = now() - interval '1 minute'")

    async with house.working(IMPATIENT):
        await house.until(process_id, ProcessStatus.COMPLETED)


async def test_a_job_in_the_hands_of_a_dead_worker_stands_in_nobodys_way(house: House) -> None:
    process_id = await house.start("single", text="a")
    await house.rows(
        "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), heartbeat = now()"
    )
    await house.rows("UPDATE process SET modified_at = now() - interval '1 minute'")

    async with house.working(IMPATIENT):
        await house.until(process_id, ProcessStatus.COMPLETED)


async def test_processes_that_merely_wait_their_turn_are_left_alone(house: House) -> None:
    for number in range(3):
        await house.start("single", text=str(number))
    await house.rows("UPDATE process SET modified_at = now() - interval '1 minute'")
    worker = _idle_worker(house)

    requested = await worker.reconcile()

    assert requested == 0
    assert await house.rows("SELECT count(*) FROM pgqueuer") == [{"count": 3}]


async def test_a_step_that_kills_worker_after_worker_fails(house: House) -> None:
    process_id = await house.start("single", text="a")
    for _ in range(SETTINGS.lost_attempts_limit + 1):
        await claim(house, process_id, lease_s=0)

    async with house.working(IMPATIENT):
        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_reason == "6 workers were lost while they carried out step 'first'"


async def test_an_answer_that_was_being_taken_in_when_the_worker_was_lost_is_not_lost(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
    await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})
    dead = await claim(house, process_id, run_no=2, lease_s=0)
    assert dead is not None
    house.stage.contexts.clear()

    async with house.working(IMPATIENT):
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "order_number": 1, "parcel": "P-1"}
    assert "order" not in house.stage.contexts


async def test_an_early_answer_to_a_lost_attempt_counts_for_the_next(house: House) -> None:
    gate = house.stage.hold("order")
    async with house.working(QUIET):
        process_id = await house.start("ordered", text="a")
        await house.stage.entry("order")
        await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})
        await house.rows("UPDATE process SET lease_until = now() - interval '1 second'")

        async with house.working(IMPATIENT):
            await house.stage.entry("order")
            gate.set()
            process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "order_number": 2, "parcel": "P-1"}


def _idle_worker(house: House) -> Reconciler:
    return Reconciler(house.database, house.new_dispatcher(), patience_s=1)


async def _renewed(house: House, lease_until: object) -> None:
    async def later() -> bool:
        (row,) = await house.rows("SELECT lease_until FROM process")
        return row["lease_until"] != lease_until

    await eventually(later)


async def test_a_row_that_somebody_holds_does_not_hold_up_the_recovery_of_others(house: House) -> None:
    held_id, lost_id = [await house.start("single", text="a") for _ in range(2)]
    for process_id in (held_id, lost_id):
        await claim(house, process_id, lease_s=0)
    await house.rows("DELETE FROM pgqueuer")
    reconciler = Reconciler(house.database, house.new_dispatcher(), patience_s=60)

    async with house.database.write() as holder:
        await holder.execute("SELECT FROM process WHERE id = $1 FOR UPDATE", held_id)
        requested_beside = await asyncio.wait_for(reconciler.reconcile(), timeout=5)
    requested_after = await reconciler.reconcile()

    assert (requested_beside, requested_after) == (1, 1)
    assert await house.rows("SELECT id, run_no FROM process ORDER BY id") == [
        {"id": held_id, "run_no": 2},
        {"id": lost_id, "run_no": 2},
    ]


async def test_abandoned_aborts_and_expired_callbacks_are_not_held_up_either(house: House) -> None:
    process_ids = [await house.start("single", text="a") for _ in range(4)]
    await house.rows(
        "UPDATE process SET status = 'ABORTING', lease_until = now() WHERE id = ANY($1)", process_ids[:2]
    )
    await house.rows(
        "UPDATE process SET status = 'AWAITING_CALLBACK', wake_at = now() WHERE id = ANY($1)", process_ids[2:]
    )
    reconciler = Reconciler(house.database, house.new_dispatcher(), patience_s=60)

    async with house.database.write() as holder:
        await holder.execute("SELECT FROM process WHERE id = ANY($1) FOR UPDATE", process_ids[::2])
        await asyncio.wait_for(reconciler.reconcile(), timeout=5)
        beside = await house.rows("SELECT status FROM process ORDER BY id")
    await reconciler.reconcile()

    assert [row["status"] for row in beside] == ["ABORTING", "ABORTED", "AWAITING_CALLBACK", "FAILED"]
    assert [row["status"] for row in await house.rows("SELECT status FROM process ORDER BY id")] == [
        "ABORTED",
        "ABORTED",
        "FAILED",
        "FAILED",
    ]


async def test_a_worker_forgets_those_that_were_killed_long_ago(house: House) -> None:
    await house.rows(
        "INSERT INTO worker (id, host, pid, seen_at)"
        " SELECT gen_random_uuid(), 'gone', 1, now() - make_interval(hours => h)"
        " FROM unnest(ARRAY[23, 25]) AS h"
    )

    async with house.working(QUIET) as worker:
        known = await house.rows("SELECT id, seen_at < now() - interval '1 hour' AS silent FROM worker")

    assert sorted((row["id"] == worker.id, row["silent"]) for row in known) == [(False, True), (True, False)]
