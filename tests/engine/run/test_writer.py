import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from domain.ids import ProcessId, new_uuid7
from engine.run.answers import Aborting, Fenced, InboxNotEmpty, Recorded, Refused
from engine.run.writer import CheckpointWriter
from engine.states import ProcessStatus, StepStatus
from engine.store import claims
from engine.store.checkpoints import Checkpoint, StepOutcome
from tests.engine.run.house import House
from tests.parity import parity
from tests.postgres import StatementLog


@asynccontextmanager
async def writing(house: House) -> AsyncGenerator[CheckpointWriter]:
    writer = CheckpointWriter(house.database, house.new_dispatcher(), lease_s=60)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(writer.run(), name="writer")
        yield writer
        running.cancel()


async def claimed(house: House, workflow: str = "single") -> ProcessId:
    process_id = await house.start(workflow, text="a")
    async with house.database.writer() as connection:
        claim = await claims.claim(connection, process_id, run_no=1, worker_id=new_uuid7(), lease_s=60)
    assert claim is not None
    return process_id


def success(process_id: ProcessId, key: str = "first") -> Checkpoint:
    return Checkpoint(
        process_id=process_id,
        epoch=1,
        number=0,
        status=ProcessStatus.COMPLETED,
        outcome=StepOutcome(
            key=key, status=StepStatus.SUCCESS, attempt=1, attempt_status=StepStatus.SUCCESS, delta="{}"
        ),
        state='{"done": true}',
        inbox_seen=0,
        inbox_taken=0,
    )


async def test_checkpoints_that_wait_together_are_one_statement(
    house: House, statements: StatementLog
) -> None:
    process_ids = [await claimed(house) for _ in range(5)]
    async with writing(house) as writer:
        with statements.recorded() as recorded:
            answers = await asyncio.gather(*(writer.write(success(process_id)) for process_id in process_ids))

    assert answers == [Recorded(version=3)] * 5
    assert recorded.verbs == ["WITH"]


@parity("WE-38")
async def test_what_cannot_be_stored_fails_alone(house: House) -> None:
    process_ids = [await claimed(house) for _ in range(5)]
    checkpoints = [success(process_id) for process_id in process_ids]
    checkpoints[2] = replace(checkpoints[2], state="{no JSON")
    async with writing(house) as writer:
        answers = await asyncio.gather(*(writer.write(checkpoint) for checkpoint in checkpoints))

    assert [type(answer) for answer in answers] == [Recorded, Recorded, Refused, Recorded, Recorded]
    assert (await house.process(process_ids[2])).status is ProcessStatus.RUNNING


async def test_each_row_is_fenced_and_answered_on_its_own(house: House) -> None:
    taken_over, aborting, arrived, aborted, fine = [await claimed(house) for _ in range(5)]
    await house.rows("UPDATE process SET epoch = 2 WHERE id = $1", taken_over)
    await house.rows("UPDATE process SET status = 'ABORTING' WHERE id = $1", aborting)
    await house.rows("UPDATE process SET inbox_no = 1 WHERE id = $1", arrived)
    await house.rows("UPDATE process SET status = 'ABORTED' WHERE id = $1", aborted)
    process_ids = (taken_over, aborting, arrived, aborted, fine, ProcessId(new_uuid7()))

    async with writing(house) as writer:
        answers = await asyncio.gather(*(writer.write(success(process_id)) for process_id in process_ids))

    assert answers == [Fenced(), Aborting(), InboxNotEmpty(), Fenced(), Recorded(version=3), Fenced()]


async def test_a_checkpoint_whose_answer_was_lost_is_not_written_twice(house: House) -> None:
    process_id = await claimed(house)
    async with writing(house) as writer:
        first = await writer.write(success(process_id))

        again = await writer.write(success(process_id))

    assert first == again == Recorded(version=3)
    assert await house.versions(process_id) == [1, 2, 3]


async def test_an_arrival_that_is_committed_while_the_process_parks_is_not_overlooked(house: House) -> None:
    process_id = await claimed(house, "ordered")
    parking = replace(
        success(process_id, "order"),
        status=ProcessStatus.AWAITING_CALLBACK,
        outcome=replace(
            success(process_id, "order").outcome,
            status=StepStatus.AWAITING_CALLBACK,
            attempt_status=StepStatus.AWAITING_CALLBACK,
        ),
    )
    async with writing(house) as writer:
        async with house.database.write() as connection:
            await connection.execute("UPDATE process SET inbox_no = inbox_no + 1 WHERE id = $1", process_id)
            answer = asyncio.create_task(writer.write(parking), name="parking")
            await house.until_blocked()
        assert await answer == InboxNotEmpty()

    assert (await house.process(process_id)).status is ProcessStatus.RUNNING


async def test_a_caller_that_stops_waiting_does_not_stop_the_commit(house: House) -> None:
    impatient, patient = await claimed(house), await claimed(house)
    async with writing(house) as writer:
        async with house.database.write() as connection:
            await connection.execute("SELECT FROM process FOR NO KEY UPDATE")
            leaving = asyncio.create_task(writer.write(success(impatient)), name="leaving")
            staying = asyncio.create_task(writer.write(success(patient)), name="staying")
            await house.until_blocked()
            leaving.cancel()
        assert await staying == Recorded(version=3)

    assert (await house.process(impatient)).status is ProcessStatus.COMPLETED


async def test_changes_of_subscriptions_are_undone_when_their_process_is_fenced(house: House) -> None:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=40)
    fenced = await house.patched_checkpoint(process_id, subscription_id, speed=80)
    other = await claimed(house)
    await house.rows("UPDATE process SET epoch = 7 WHERE id = $1", process_id)

    async with writing(house) as writer:
        answers = await asyncio.gather(writer.write(fenced), writer.write(success(other)))

    assert answers == [Fenced(), Recorded(version=3)]
    assert await house.rows("SELECT values FROM block") == [{"values": {"speed": 10}}]


@parity("WE-02")
@parity("WE-38")
@parity("WE-38", mends="two-commits")
@parity("WE-20")
async def test_a_change_of_a_subscription_is_committed_with_its_step(house: House) -> None:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=40)

    async with writing(house) as writer:
        answer = await writer.write(await house.patched_checkpoint(process_id, subscription_id, speed=80))

    assert answer == Recorded(version=3)
    assert await house.rows("SELECT values FROM block") == [{"values": {"speed": 80}}]


async def test_the_lease_of_a_checkpoint_that_waited_for_a_subscription_begins_with_the_step(
    house: House,
) -> None:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=80)
    checkpoint = await house.patched_checkpoint(process_id, subscription_id, speed=80)
    async with writing(house) as writer, asyncio.TaskGroup() as tasks:
        async with house.database.write() as holder:
            await holder.execute("SELECT FROM subscription WHERE id = $1 FOR UPDATE", subscription_id)
            waiting = tasks.create_task(writer.write(checkpoint), name="checkpoint")
            await house.until_blocked()
            freed_at = await holder.fetchval("SELECT clock_timestamp()")
        answer = await waiting

    assert isinstance(answer, Recorded)
    assert await house.rows(
        "SELECT lease_until >= $2::timestamptz + interval '60 seconds' AS whole FROM process WHERE id = $1",
        process_id,
        freed_at,
    ) == [{"whole": True}]


async def test_a_run_writes_one_checkpoint_at_a_time(house: House) -> None:
    writer = CheckpointWriter(house.database, house.new_dispatcher(), lease_s=60)
    process_id = ProcessId(new_uuid7())
    first = asyncio.create_task(writer.write(success(process_id)), name="first")
    await asyncio.sleep(0)

    with pytest.raises(AssertionError):
        await writer.write(success(process_id))

    first.cancel()


async def test_two_runs_of_one_process_are_answered_one_after_the_other(house: House) -> None:
    process_id = await claimed(house)
    lost = success(process_id)
    await house.rows("UPDATE process SET epoch = 2")
    async with writing(house) as writer:
        answers = await asyncio.gather(writer.write(lost), writer.write(replace(lost, epoch=2)))

    assert answers == [Fenced(), Recorded(version=3)]


async def test_the_statements_of_a_batch_with_changes_do_not_grow_with_it(
    house: House, statements: StatementLog
) -> None:
    counts: list[int] = []
    for number in (1, 4):
        checkpoints = [await ending_change(house, speed=40) for _ in range(number)]
        async with writing(house) as writer:
            with statements.recorded() as recorded:
                answers = await asyncio.gather(*(writer.write(checkpoint) for checkpoint in checkpoints))
        assert answers == [Recorded(version=3)] * number
        counts.append(len(recorded))

    assert counts == [5, 5]


async def ending_change(house: House, *, speed: int) -> Checkpoint:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=speed)
    return await house.patched_checkpoint(process_id, subscription_id, speed=speed)


async def test_a_row_that_somebody_holds_does_not_hold_up_the_steps_of_others(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working():
        held_id = await house.start("linear", text="held")
        await house.stage.entry("first")

        async with house.database.write() as holder:
            await holder.execute("SELECT FROM process WHERE id = $1 FOR UPDATE", held_id)
            gate.set()
            await house.until_blocked()
            other_id = await house.start("linear", text="other")
            await house.until(other_id, ProcessStatus.COMPLETED)
            held = await house.process(held_id)
        await house.until(held_id, ProcessStatus.COMPLETED)

    assert (held.status, held.current_step) == (ProcessStatus.RUNNING, "first")
    assert [step.attempts for step in (await house.steps(held_id)).values()] == [1] * 5
