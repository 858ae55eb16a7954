"""Notes on processes: written whatever the process does, and without a trace in what runs are fenced by."""

import asyncio

import pytest

from domain.ids import CustomerId, ProcessId, new_uuid7
from domain.scope import Scope
from engine.errors import InvalidInput, ProcessNotFound, StaleNote
from engine.run.bus import EventBus
from engine.run.follow import follow
from engine.states import ProcessStatus
from engine.store.records import NoteRecord
from tests.engine.run.house import ACTOR, QUIET, House
from tests.waiting import eventually

FENCES = "SELECT version, epoch, checkpoint_no, run_no, inbox_no, modified_at FROM process"


async def note(house: House, process_id: ProcessId, text: str | None, version: int | None = None) -> int:
    return await house.commands.set_note(process_id, text, expected_version=version, scope=Scope.all())


async def suspended(house: House) -> ProcessId:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)
    return process_id


async def test_a_note_has_a_version_of_its_own_and_touches_nothing_else(house: House) -> None:
    process_id = await suspended(house)
    before = await house.rows(FENCES)

    versions = [await note(house, process_id, text) for text in ("seen", "seen", "solved", " ", None)]
    record = await house.process(process_id)

    assert versions == [1, 1, 2, 3, 3]
    assert (record.note, record.note_version) == (None, 3)
    assert await house.rows(FENCES) == before
    assert await house.versions(process_id) == list(range(1, record.version + 1))


async def test_a_stale_version_an_unknown_process_and_a_bad_note_change_nothing(house: House) -> None:
    process_id = await suspended(house)
    await note(house, process_id, "seen", 0)
    record = await house.process(process_id)

    for version in (0, 2, -1, 2**40):
        with pytest.raises(StaleNote) as stale:
            await note(house, process_id, "other", version)
        assert (stale.value.expected, stale.value.found) == (version, 1)
    with pytest.raises(ProcessNotFound):
        await note(house, ProcessId(new_uuid7()), "other")
    with pytest.raises(ProcessNotFound):
        await house.commands.set_note(process_id, "other", scope=Scope.of(CustomerId("acme")))
    for text in ("n" * 5001, "nul \x00"):
        with pytest.raises(InvalidInput) as refusal:
            await note(house, process_id, text)
        assert [error.path for error in refusal.value.errors] == [("note",)]

    assert await house.process(process_id) == record
    assert (record.note, record.note_version) == ("seen", 1)


async def test_notes_in_the_middle_of_a_run_disturb_it_no_more_than_answers_to_its_form(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        while (await house.process(process_id)).status is not ProcessStatus.SUSPENDED:
            await note(house, process_id, str(new_uuid7()))
        await asyncio.gather(
            house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all()),
            *(note(house, process_id, str(number)) for number in range(5)),
        )
        await house.until(process_id, ProcessStatus.COMPLETED)

    attempts = await house.rows("SELECT max(attempts) AS most FROM process_step")
    assert attempts == [{"most": 1}]


async def test_of_two_who_have_read_the_same_note_one_is_told(house: House) -> None:
    process_id = await house.start("single", text="a")

    answers = await asyncio.gather(
        *(note(house, process_id, text, 0) for text in ("one", "two")), return_exceptions=True
    )

    assert len([answer for answer in answers if isinstance(answer, StaleNote)]) == 1
    assert (await house.process(process_id)).note_version == 1


async def test_a_note_waits_for_whoever_writes_the_process_and_loses_nothing(house: House) -> None:
    process_id = await house.start("single", text="a")

    async with asyncio.TaskGroup() as tasks, house.database.write() as connection:
        await connection.execute("UPDATE process SET version = version + 1, run_no = 7")
        waiting = tasks.create_task(note(house, process_id, "seen"), name="note")
        await house.until_blocked()

    assert await waiting == 1
    assert await house.rows("SELECT note, version, run_no FROM process") == [
        {"note": "seen", "version": 2, "run_no": 7}
    ]


async def test_those_who_watch_are_told(house: House) -> None:
    bus = EventBus(house.database)

    async def watched() -> bool:
        return bus.watched == 1

    async with house.working(QUIET):
        process_id = await house.start("confirmed", text="a")
        version = (await house.until(process_id, ProcessStatus.SUSPENDED)).version
    with bus.listening.armed() as listening:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(bus.run(), name="bus")
            await asyncio.wait_for(listening.get(), timeout=10)
            told = follow(house.database, bus, process_id, scope=Scope.all(), after=version, poll_s=60)
            first = tasks.create_task(anext(told), name="follower")
            await eventually(watched)

            await note(house, process_id, "seen")
            found = await asyncio.wait_for(first, timeout=10)
            await told.aclose()
            running.cancel()

    assert found == NoteRecord(process_id=process_id, note="seen", version=1)
