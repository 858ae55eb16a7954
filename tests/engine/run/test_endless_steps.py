"""Steps that do not end when they should: they are cancelled, or waited for and given up."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import WrongStatus
from engine.registry import Registry
from engine.states import FailureKind, ProcessStatus, StepStatus
from engine.step_lists import StepList, begin, done
from engine.steps import retry, step
from engine.store.records import AttemptRecord
from engine.workflow_decorators import task
from tests.engine.run.application import CATALOG, Note, Rack, Text
from tests.engine.run.house import ACTOR, QUIET, House
from tests.parity import parity

ONE_THREAD = replace(QUIET, thread_pool_size=1, give_up_s=0.1)
GIVEN_UP = "the step did not end when it was cut short: it goes on nevertheless and was given up"


@dataclass(slots=True)
class Cell:
    """Where endless steps are kept until the test lets them go."""

    loop: asyncio.AbstractEventLoop
    entered: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    left: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    doors: list[threading.Event] = field(default_factory=list[threading.Event])
    stubborn_may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def stay(self, key: str) -> None:
        """What a step in a thread does."""
        door = threading.Event()
        self.doors.append(door)
        self.loop.call_soon_threadsafe(self.entered.put_nowait, key)
        door.wait(timeout=20)
        self.loop.call_soon_threadsafe(self.left.put_nowait, key)

    async def entry(self) -> str:
        return await asyncio.wait_for(self.entered.get(), timeout=10)


@step("In a thread without end")
def endless(cell: Cell) -> Rack:
    cell.stay("endless")
    return {"rack": "too late"}


@step("In a thread, in time", timeout=timedelta(milliseconds=50))
def limited(cell: Cell) -> Rack:
    cell.stay("limited")
    return {"rack": "too late"}


@step("Waiting, in time", timeout=timedelta(milliseconds=50))
async def waiting(cell: Cell) -> None:
    cell.entered.put_nowait("waiting")
    try:
        await asyncio.Event().wait()
    finally:
        cell.left.put_nowait("waiting")


@step("Deaf to cancellation")
async def deaf(cell: Cell) -> Rack:
    cell.entered.put_nowait("deaf")
    while not cell.stubborn_may_end.is_set():
        try:
            await cell.stubborn_may_end.wait()
        except asyncio.CancelledError:
            cell.left.put_nowait("deaf")
    return {"rack": "too late"}


@step("Plain")
def plain(text: str) -> Text:
    return {"text": f"{text}!"}


@step("Quick enough", timeout=timedelta(seconds=20))
def quick(text: str) -> Text:
    return {"text": f"{text}!"}


hasty = replace(plain, key="hasty", timeout_s=1.0)
clock = replace(waiting, key="clock", timeout_s=1.0)
twice = retry(waiting.with_key("twice"), attempts=2, first_delay=timedelta(), max_delay=timedelta())


@task(input=Note)
def do_endless() -> StepList:
    """Never ends."""
    return begin >> endless >> plain >> done


@task(input=Note)
def do_limited() -> StepList:
    """Ends late."""
    return begin >> limited >> plain >> done


@task(input=Note)
def do_waiting() -> StepList:
    """Is cancelled."""
    return begin >> waiting >> done


@task(input=Note)
def do_twice() -> StepList:
    """Is cancelled twice."""
    return begin >> twice >> done


@task(input=Note)
def do_deaf() -> StepList:
    """Goes on."""
    return begin >> deaf >> done


@task(input=Note)
def do_plain() -> StepList:
    """Ends."""
    return begin >> plain >> quick >> done


@task(input=Note)
def do_hasty() -> StepList:
    """Ends in time."""
    return begin >> hasty >> done


@task(input=Note)
def do_clock() -> StepList:
    """Is cancelled after the time that the hasty one has."""
    return begin >> clock >> done


@pytest_asyncio.fixture
async def cell() -> AsyncGenerator[Cell]:
    cell = Cell(asyncio.get_running_loop())
    yield cell
    cell.stubborn_may_end.set()
    for door in cell.doors:
        door.set()


@pytest.fixture
def house(database: Database, cell: Cell) -> House:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Cell]:
        yield cell

    workflows = (do_endless, do_limited, do_waiting, do_twice, do_deaf, do_plain, do_hasty, do_clock)
    registry = Registry(workflows, {Cell: opened})
    registry.check(CATALOG)
    return House(database, registry=registry)


async def attempts(house: House, process_id: ProcessId, key: str) -> list[AttemptRecord]:
    return (await house.processes.attempts_of([(process_id, key)]))[process_id, key]


@parity("WE-42")
@pytest.mark.parametrize(("workflow", "key"), [("do_endless", "endless"), ("do_deaf", "deaf")])
async def test_an_abort_ends_although_the_step_does_not(
    house: House, cell: Cell, workflow: str, key: str
) -> None:
    async with house.working(ONE_THREAD):
        process_id = await house.start(workflow, text="a")
        assert await cell.entry() == key

        assert await house.abort(process_id) is ProcessStatus.ABORTING
        aborted = await house.until(process_id, ProcessStatus.ABORTED)

        (attempt,) = await attempts(house, process_id, key)
        assert (attempt.status, attempt.error) == (StepStatus.ABORTED, GIVEN_UP)
        assert aborted.failure_reason == "enough"
        for door in cell.doors:
            door.set()
        cell.stubborn_may_end.set()
        neighbour = await house.start("do_plain", text="a")
        await house.until(neighbour, ProcessStatus.COMPLETED)

    assert await house.process(process_id) == aborted
    assert aborted.state == {"text": "a"}


async def test_another_thread_takes_the_place_of_one_that_was_given_up(house: House, cell: Cell) -> None:
    async with house.working(ONE_THREAD):
        for _ in range(2):
            process_id = await house.start("do_endless", text="a")
            await cell.entry()
            await house.abort(process_id)
            await house.until(process_id, ProcessStatus.ABORTED)

        neighbour = await house.start("do_plain", text="a")
        process = await house.until(neighbour, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a!!"}


async def test_a_plain_step_that_waits_for_a_thread_is_aborted_at_once(house: House, cell: Cell) -> None:
    async with house.working(replace(QUIET, thread_pool_size=1)):
        await house.start("do_endless", text="a")
        await cell.entry()
        waiting_id = await house.start("do_plain", text="a")
        await house.until(waiting_id, ProcessStatus.RUNNING)

        await house.abort(waiting_id)
        await house.until(waiting_id, ProcessStatus.ABORTED, deadline_s=5)
        cell.doors[0].set()

    (attempt,) = await attempts(house, waiting_id, "plain")
    assert (attempt.status, attempt.error) == (StepStatus.ABORTED, None)


async def test_an_async_step_that_takes_too_long_is_cancelled_and_fails(house: House, cell: Cell) -> None:
    async with house.working(ONE_THREAD):
        process_id = await house.start("do_waiting", text="a")
        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_kind is FailureKind.TIMEOUT
    assert process.failure_reason == "step 'waiting' took longer than its 0.05 s"
    assert cell.left.get_nowait() == "waiting"


async def test_a_timeout_counts_as_a_failed_attempt_of_a_retried_step(house: House) -> None:
    async with house.working(ONE_THREAD):
        process_id = await house.start("do_twice", text="a")
        await house.until(process_id, ProcessStatus.FAILED)

    assert [each.error_kind for each in await attempts(house, process_id, "twice")] == [
        FailureKind.TIMEOUT
    ] * 2


async def test_a_thread_that_takes_too_long_is_given_up_and_its_late_result_is_nothing(
    house: House, cell: Cell
) -> None:
    async with house.working(ONE_THREAD):
        process_id = await house.start("do_limited", text="a")
        failed = await house.until(process_id, ProcessStatus.FAILED)
        cell.doors[0].set()
        assert await asyncio.wait_for(cell.left.get(), timeout=10) == "limited"

    assert failed.failure_reason == (
        "step 'limited' took longer than its 0.05 s; it goes on nevertheless and was given up"
    )
    assert await house.process(process_id) == failed


async def test_a_thread_that_ends_soon_after_its_time_counts(house: House, cell: Cell) -> None:
    async with house.working(QUIET):
        process_id = await house.start("do_limited", text="a")
        await cell.entry()
        cell.doors[0].set()
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a!", "rack": "too late"}


async def test_nothing_leads_back_from_an_abort_that_gave_its_step_up(house: House, cell: Cell) -> None:
    async with house.working(ONE_THREAD):
        process_id = await house.start("do_endless", text="a")
        await cell.entry()
        await house.abort(process_id)
        await house.until(process_id, ProcessStatus.ABORTED)

        with pytest.raises(WrongStatus):
            await house.commands.retry(process_id, actor=ACTOR, scope=Scope.all())


async def test_the_wait_for_a_thread_is_no_part_of_a_steps_time(house: House, cell: Cell) -> None:
    async with house.working(replace(ONE_THREAD, give_up_s=30)):
        holder_id = await house.start("do_endless")
        await cell.entry()
        waiting_id = await house.start("do_hasty")
        await house.until(waiting_id, ProcessStatus.RUNNING)
        clock_id = await house.start("do_clock")
        timed_out = await house.until(clock_id, ProcessStatus.FAILED)

        meanwhile = await house.process(waiting_id)
        cell.doors[0].set()
        await house.until(holder_id, ProcessStatus.COMPLETED)
        process = await house.until(waiting_id, ProcessStatus.COMPLETED)

    assert (timed_out.failure_kind, meanwhile.status) == (FailureKind.TIMEOUT, ProcessStatus.RUNNING)
    assert process.state == {"text": "a!"}
