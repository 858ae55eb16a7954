"""Commands to several processes at once: an answer for each, whatever becomes of the others."""

import asyncio

import pytest

from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.scope import Scope
from domain.storage.saving.locks import set_in_sync
from engine.errors import HoldsSubscriptions, NotATask, ProcessNotFound, WrongStatus
from engine.run.commands import Deleted, Queued
from engine.states import ProcessStatus
from tests.engine.run.house import ACTOR, PORT, QUIET, House
from tests.parity import parity
from tests.postgres import StatementLog

EVERYBODY = Scope.all()
COUNTS = """
SELECT (SELECT count(*) FROM process) AS processes, (SELECT count(*) FROM process_step) AS steps,
       (SELECT count(*) FROM step_attempt) AS attempts, (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM inbox) AS inbox, (SELECT count(*) FROM callback) AS callbacks
"""


async def failed_tasks(house: House, count: int) -> list[ProcessId]:
    house.stage.raising["first"] = [RuntimeError("no") for _ in range(count)]
    async with house.working(QUIET):
        process_ids = [await house.start("single", text=str(number)) for number in range(count)]
        for process_id in process_ids:
            await house.until(process_id, ProcessStatus.FAILED)
    return process_ids


async def completed(house: House, workflow: str = "single") -> ProcessId:
    async with house.working(QUIET):
        process_id = await house.start(workflow, text="a")
        await house.until(process_id, ProcessStatus.COMPLETED)
    return process_id


@parity("WE-41")
async def test_several_processes_are_tried_again_each_with_its_answer(house: House) -> None:
    first, second = await failed_tasks(house, 2)
    ended = await completed(house)
    unknown = ProcessId(new_uuid7())

    answers = await house.commands.retry_many([second, ended, unknown, first], actor="bob", scope=EVERYBODY)

    assert list(answers) == [second, ended, unknown, first]
    assert (answers[first], answers[second]) == (Queued(process_id=first), Queued(process_id=second))
    assert isinstance(answers[ended], WrongStatus)
    assert isinstance(answers[unknown], ProcessNotFound)
    async with house.working():
        for process_id in (first, second):
            process = await house.until(process_id, ProcessStatus.COMPLETED)
            assert await house.versions(process_id) == list(range(1, process.version + 1))


@parity("WE-41")
async def test_all_tasks_that_failed_are_tried_again_and_nothing_else(house: House) -> None:
    tasks = await failed_tasks(house, 3)
    house.stage.raising["construct"] = [RuntimeError("no")]
    async with house.working(QUIET):
        business = await house.start("create_port", **PORT)
        await house.until(business, ProcessStatus.FAILED)

    unseen = await house.commands.retry_many(None, actor="bob", scope=Scope.of(CustomerId("acme")))
    answers = await house.commands.retry_many(None, actor="bob", scope=EVERYBODY)
    again = await house.commands.retry_many(None, actor="bob", scope=EVERYBODY)

    assert (unseen, again) == ({}, {})
    assert answers == {process_id: Queued(process_id=process_id) for process_id in tasks}
    assert (await house.process(business)).status is ProcessStatus.FAILED


@parity("WE-41", mends="lock")
async def test_many_retries_at_once_queue_each_process_once(house: House) -> None:
    tasks = await failed_tasks(house, 5)

    answers = await asyncio.gather(
        *(house.commands.retry_many(None, actor="bob", scope=EVERYBODY) for _ in range(4))
    )

    queued = [process_id for each in answers for process_id in each if isinstance(each[process_id], Queued)]
    assert sorted(queued) == sorted(tasks)
    assert {type(answer) for each in answers for answer in each.values()} <= {Queued, WrongStatus}
    assert await house.rows("SELECT DISTINCT run_no FROM process") == [{"run_no": 2}]


async def test_several_retries_are_as_many_statements_as_one(house: House, statements: StatementLog) -> None:
    tasks = await failed_tasks(house, 12)

    recordings: list[list[str]] = []
    for some in (tasks[:1], tasks[1:]):
        with statements.recorded() as recorded:
            await house.commands.retry_many(some, actor="bob", scope=EVERYBODY)
        recordings.append(recorded.verbs)

    assert recordings == [["SELECT", "BEGIN", "SELECT", "WITH", "WITH", "COMMIT"]] * 2


@parity("WE-43")
async def test_a_task_that_has_ended_is_deleted_with_all_that_was_recorded(house: House) -> None:
    await completed(house)
    before = await house.rows(COUNTS)
    async with house.working(QUIET):
        ordered = await house.start("ordered", text="a")
        await house.until(ordered, ProcessStatus.AWAITING_CALLBACK)
        await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})
        await house.until(ordered, ProcessStatus.COMPLETED)
        suspended = await house.start("confirmed", text="a")
        await house.until(suspended, ProcessStatus.SUSPENDED)
        await house.abort(suspended)
    answers = await house.commands.delete([ordered, suspended], actor="bob", scope=EVERYBODY)

    assert answers == {process_id: Deleted(process_id=process_id) for process_id in (ordered, suspended)}
    assert await house.rows(COUNTS) == before


@parity("WE-43", mends="running")
@parity("W-49")
async def test_what_is_no_task_or_has_not_ended_is_not_deleted(house: House) -> None:
    (failed,) = await failed_tasks(house, 1)
    queued = await house.start("single", text="a")
    gate = house.stage.hold("first")
    async with house.working(QUIET):
        await house.stage.entry("first")
        business = await house.start("create_port", **PORT)
        await house.until(business, ProcessStatus.COMPLETED)
        unknown = ProcessId(new_uuid7())

        answers = await house.commands.delete(
            [failed, queued, business, unknown], actor="bob", scope=EVERYBODY
        )
        gate.set()
        await house.until(queued, ProcessStatus.COMPLETED)

    assert [type(answers[each]) for each in (failed, queued, business, unknown)] == [
        WrongStatus,
        WrongStatus,
        NotATask,
        ProcessNotFound,
    ]
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 3}]


async def test_a_task_that_holds_a_subscription_is_deleted_when_that_is_put_in_sync(house: House) -> None:
    subscription_id = await house.create_port()
    process_id = await held_by_a_task(house, subscription_id)

    held = await house.commands.delete([process_id], actor="bob", scope=EVERYBODY)
    async with house.database.write() as connection:
        await set_in_sync(connection, EVERYBODY, subscription_id, actor="bob", expected_holder=process_id)
    released = await house.commands.delete([process_id], actor="bob", scope=EVERYBODY)

    assert isinstance(held[process_id], HoldsSubscriptions)
    assert released == {process_id: Deleted(process_id=process_id)}
    assert await house.rows("SELECT in_sync FROM subscription") == [{"in_sync": True}]


async def held_by_a_task(house: House, subscription_id: SubscriptionId) -> ProcessId:
    """A task that was aborted in the middle of its work on the subscription."""
    house.stage.raising["change"] = [RuntimeError("no")]
    async with house.working(QUIET):
        process_id = await house.modify(subscription_id, speed=20)
        await house.until(process_id, ProcessStatus.FAILED)
    await house.abort(process_id)
    await house.rows("UPDATE process SET is_task = true WHERE id = $1", process_id)
    return process_id


async def test_deleting_several_is_as_many_statements_as_one(house: House, statements: StatementLog) -> None:
    async with house.working(QUIET):
        tasks = [await house.start("single", text=str(number)) for number in range(6)]
        for process_id in tasks:
            await house.until(process_id, ProcessStatus.COMPLETED)

    recordings: list[list[str]] = []
    for some in (tasks[:1], tasks[1:]):
        with statements.recorded() as recorded:
            await house.commands.delete(some, actor="bob", scope=EVERYBODY)
        recordings.append(recorded.verbs)

    assert recordings == [["SELECT", "BEGIN", "SELECT", "SELECT", "WITH", "COMMIT"]] * 2


@pytest.mark.parametrize("scope", [Scope.of(CustomerId("acme")), Scope.of()])
async def test_what_is_out_of_scope_is_not_deleted(house: House, scope: Scope) -> None:
    process_id = await completed(house)

    answers = await house.commands.delete([process_id], actor=ACTOR, scope=scope)

    assert isinstance(answers[process_id], ProcessNotFound)
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 1}]
