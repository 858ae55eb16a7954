"""How far a step is: said by itself or by the outside world, seen by those who watch, kept nowhere else."""

import asyncio
import math
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from domain.ids import ProcessId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from engine.context import StepContext
from engine.errors import CallbackUnknown, CallbackUsed, InvalidInput, WrongStatus
from engine.progress import LONGEST_MESSAGE, readable, within_bounds
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.follow import Told, follow
from engine.states import ProcessStatus, StepStatus
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.store import claims
from engine.store.records import EventKind, EventRecord, StepRecord
from engine.workflow_decorators import task
from tests.engine.run.application import CATALOG, Note
from tests.engine.run.house import ACTOR, QUIET, SETTINGS, House
from tests.engine.run.test_following import listening
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

EVERYTHING = Scope.all()
HIDDEN = "kxqz"
OFTEN = replace(SETTINGS, progress_interval_s=0.01)


async def progress_of(
    house: House, process_id: ProcessId, key: str
) -> tuple[float | None, str | None] | None:
    begun = (await house.steps(process_id)).get(key)
    if begun is None or begun.progress is None:
        return None
    return begun.progress.percent, begun.progress.message


async def until_said(
    house: House, process_id: ProcessId, key: str, said: tuple[float | None, str | None]
) -> None:
    async def is_said() -> bool:
        return await progress_of(house, process_id, key) == said

    await eventually(is_said)


@parity("WE-10")
async def test_a_step_says_how_far_it_is_while_it_lasts(house: House) -> None:
    gate = house.stage.hold("first")
    async with house.working(OFTEN):
        process_id = await house.start("linear")
        context = await house.stage.entry("first")
        before = await house.process(process_id)

        context.progress(percent=30, message="cables")
        await until_said(house, process_id, "first", (30.0, "cables"))
        context.progress(percent=60)
        await until_said(house, process_id, "first", (60.0, "cables"))
        context.progress(message="screws")
        await until_said(house, process_id, "first", (60.0, "screws"))

        assert await house.process(process_id) == before
        gate.set()
        process = await house.until(process_id, ProcessStatus.COMPLETED)
        context.progress(percent=99)

    assert await progress_of(house, process_id, "first") is None
    assert "cables" not in str(process.state)
    assert "cables" not in str(await house.processes.events_after(Scope.all(), process_id, 0))


@dataclass(frozen=True, slots=True)
class Signals:
    may_end: threading.Event


@step("In a thread")
def in_thread(ctx: StepContext, signals: Signals) -> None:
    for percent in range(101):
        ctx.progress(percent=percent)
    signals.may_end.wait(timeout=10)


@task(input=Note)
def threaded() -> StepList:
    return begin >> in_thread >> done


async def test_a_step_in_a_thread_says_how_far_it_is(house: House) -> None:
    signals = Signals(threading.Event())

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Signals]:
        yield signals

    registry = Registry([threaded], {Signals: opened})
    registry.check(CATALOG)
    own = House(house.database, registry=registry)
    async with own.working(OFTEN):
        process_id = await own.start("threaded")
        await until_said(own, process_id, "in_thread", (100.0, None))
        signals.may_end.set()
        await own.until(process_id, ProcessStatus.COMPLETED)


async def test_any_number_of_words_of_any_number_of_steps_is_one_statement_an_interval(
    house: House, statements: StatementLog
) -> None:
    gate = house.stage.hold("first")
    async with house.working(replace(QUIET, progress_interval_s=60.0)):
        process_ids = [await house.start("linear") for _ in range(5)]
        contexts = [await house.stage.entry("first") for _ in process_ids]

        with statements.recorded() as recorded:
            for number in range(1000):
                for context in contexts:
                    context.progress(percent=number / 10)
            for process_id in process_ids:
                await until_said(house, process_id, "first", (99.9, None))
        gate.set()
        for process_id in process_ids:
            await house.until(process_id, ProcessStatus.COMPLETED)

    writes = [text for text in recorded.texts if "SET progress_percent" in text]
    assert len(writes) == 1


async def test_those_who_watch_are_told_how_far_a_step_is_between_its_events(house: House) -> None:
    gate = house.stage.hold("first")
    async with listening(house) as bus, house.working(OFTEN):
        process_id = await house.start("single")
        context = await house.stage.entry("first")
        told: asyncio.Queue[Told] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(house, bus, process_id, told), name="watcher")
            assert [event.kind for event in await next_events(told)] == [
                EventKind.PROCESS_STATUS,
                EventKind.PROCESS_STATUS,
                EventKind.STEP_STARTED,
            ]

            context.progress(percent=30, message="cables")
            further = await asyncio.wait_for(told.get(), timeout=10)
            gate.set()

    assert isinstance(further, StepRecord)
    assert (further.key, further.status) == ("first", StepStatus.RUNNING)
    assert further.progress is not None
    assert (further.progress.percent, further.progress.message) == (30.0, "cables")


async def next_events(told: asyncio.Queue[Told]) -> list[EventRecord]:
    events = await asyncio.wait_for(told.get(), timeout=10)
    assert isinstance(events, list)
    return events


async def watch(house: House, bus: EventBus, process_id: ProcessId, told: asyncio.Queue[Told]) -> None:
    async with asyncio.timeout(10):
        async for each in follow(house.database, bus, process_id, scope=Scope.all(), after=0, poll_s=60):
            told.put_nowait(each)


async def test_a_worker_that_lost_its_process_says_nothing_and_the_next_attempt_begins_anew(
    house: House,
) -> None:
    house.stage.hold("first")
    async with house.working(OFTEN):
        process_id = await house.start("linear")
        context = await house.stage.entry("first")
        context.progress(percent=30)
        await until_said(house, process_id, "first", (30.0, None))
        await house.rows("UPDATE process SET lease_until = now() - interval '1 s' WHERE id = $1", process_id)
        async with house.database.writer() as connection:
            claim = await claims.claim(connection, process_id, run_no=1, worker_id=new_uuid7(), lease_s=60)
        assert claim is not None

        context.progress(percent=40)
        other = await house.start("single")
        second = await house.stage.entry("first")
        second.progress(percent=50)
        await until_said(house, other, "first", (50.0, None))

        assert (second.process_id, context.process_id) == (other, process_id)
        assert await progress_of(house, process_id, "first") is None


async def awaiting(house: House) -> tuple[ProcessId, str]:
    """A process that waits for its callback, and the token it gave away."""
    process_id = await house.start("ordered")
    await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
    return process_id, house.stage.callback_token("order")


@parity("WE-10")
async def test_the_outside_world_says_how_far_it_is_and_its_token_stays_good(house: House) -> None:
    async with house.working():
        process_id, token = await awaiting(house)
        before = await house.process(process_id)

        await house.commands.receive_progress(token, {"percent": 25, "message": f"on its way to /{token}"})
        halfway = await progress_of(house, process_id, "order")
        await house.commands.receive_progress(token, {"percent": 50.5})
        later = await progress_of(house, process_id, "order")
        unchanged = await house.process(process_id)
        await house.commands.receive_callback(token, {"parcel": "p"})
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert (halfway, later) == ((25.0, "on its way to /***"), (50.5, "on its way to /***"))
    assert unchanged == before
    assert await progress_of(house, process_id, "order") is None
    assert process.state == {"text": "a", "order_number": 1, "parcel": "p"}
    with pytest.raises(CallbackUsed):
        await house.commands.receive_progress(token, {"percent": 100})


@parity("WE-10")
async def test_progress_under_a_token_that_is_not_good_is_refused(house: House) -> None:
    with pytest.raises(CallbackUnknown):
        await house.commands.receive_progress("nobody's", {"percent": 1})
    async with house.working():
        process_id, token = await awaiting(house)
        await house.rows("UPDATE process SET status = 'SUSPENDED' WHERE id = $1", process_id)

        with pytest.raises(WrongStatus) as refused:
            await house.commands.receive_progress(token, {"percent": 1})

    assert (refused.value.process_id, refused.value.found) == (process_id, ProcessStatus.SUSPENDED)
    assert await progress_of(house, process_id, "order") is None


async def test_an_abort_makes_the_token_useless_for_progress_too(house: House) -> None:
    async with house.working():
        process_id, token = await awaiting(house)
        await house.commands.abort(process_id, actor=ACTOR, scope=EVERYTHING)

        with pytest.raises(CallbackUsed):
            await house.commands.receive_progress(token, {"percent": 1})


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({}, (), "value_error"),
        ({"percent": None}, (), "value_error"),
        ({"percent": -1}, ("percent",), "greater_than_equal"),
        ({"percent": 100.1}, ("percent",), "less_than_equal"),
        ({"percent": "50"}, ("percent",), "float_type"),
        ({"percent": True}, ("percent",), "float_type"),
        ({"message": ""}, ("message",), "string_too_short"),
        ({"message": "x" * (LONGEST_MESSAGE + 1)}, ("message",), "string_too_long"),
        ({"message": 5}, ("message",), "string_type"),
        ({"message": "x", "more": 1}, ("more",), "extra_forbidden"),
        ("halfway", (), "model_type"),
        ([], (), "model_type"),
        (None, (), "model_type"),
    ],
)
async def test_what_is_no_report_is_refused(
    house: House, body: JsonValue, path: tuple[str, ...], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await house.commands.receive_progress("any", body)

    assert [(error.path, error.code) for error in refused.value.errors] == [(path, code)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, None),
        (math.nan, None),
        (Decimal("sNaN"), None),
        ("half", None),
        (-5, 0.0),
        (50, 50.0),
        (100.5, 100.0),
        (math.inf, 100.0),
        (10**400, 100.0),
    ],
)
def test_a_share_out_of_bounds_is_kept_as_the_nearest(said: Any, kept: float | None) -> None:
    assert within_bounds(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, None),
        ("", None),
        (f"a {HIDDEN} here", "a *** here"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "?"),
        ("x" * 2000, "x" * LONGEST_MESSAGE),
        (ValueError("no disk"), "no disk"),
    ],
)
def test_a_message_is_kept_as_far_as_it_can_be(said: Any, kept: str | None) -> None:
    assert readable(said, secret=HIDDEN) == kept


def test_a_context_that_a_test_makes_lets_progress_pass() -> None:
    context = StepContext(
        process_id=ProcessId(new_uuid7()),
        step_key="first",
        attempt=1,
        idempotency_key="p:first",
        actor=ACTOR,
        reporter=ACTOR,
    )

    context.progress(percent=50, message="halfway")

    assert "on_progress" not in repr(context)
