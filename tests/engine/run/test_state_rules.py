"""What a step gives must fit into the state; what does not fails that step, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict

from domain.scope import Scope
from domain.storage.database import Database
from engine.context import StepContext
from engine.registry import Registry
from engine.states import FailureKind, ProcessStatus, StepStatus
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.store.records import ProcessRecord
from engine.workflow_decorators import task
from tests.engine.run.application import CATALOG, Note, Stage, Text, third
from tests.engine.run.house import ACTOR, House
from tests.parity import parity


class Anything(TypedDict):
    anything: Any


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    inside: Any


class Shelf(BaseModel):
    shelf: Open


GIVEN: dict[str, object] = {
    "an object": {"anything": {"racks": [1, {"owner": object()}]}},
    "a set inside a model": {"anything": Open(inside=({}, [object()]))},
    "infinity": {"anything": [1.0, float("inf")]},
    "a zero byte": {"anything": {"name": "a\0b"}},
    "half a character": {"anything": ["\ud800"]},
    "a huge number": {"anything": {"count": 2**70}},
    "a name that is not declared": {"anything": 1, "process_id": "mine"},
    "the context's name": {"anything": 1, "ctx": {}},
    "nothing": None,
    "another type": ["anything"],
    "a large value": {"anything": "x" * 1_100_000},
}
REASONS = {
    "an object": "step 'give': output 'anything': Unable to serialize unknown type: <class 'object'>"
    " at racks.1.owner",
    "a set inside a model": "step 'give': output 'anything': Unable to serialize unknown type:"
    " <class 'object'> at inside.1.0",
    "infinity": "step 'give': output 'anything': cannot be written as JSON: the number inf at 1",
    "a zero byte": "step 'give': output 'anything': cannot be written as JSON: the character U+0000 in"
    " 'a\\x00b' at name",
    "half a character": "step 'give': output 'anything': cannot be written as JSON: half of a surrogate pair"
    " in '\\ud800' at 0",
    "a huge number": "step 'give': output 'anything': cannot be written as JSON: an integer of 71 bits (at"
    " most 64 fit) at count",
    "a name that is not declared": "step 'give': output 'process_id': is not among the declared outputs"
    " (anything)",
    "the context's name": "step 'give': output 'ctx': is not among the declared outputs (anything)",
    "nothing": "step 'give': gave NoneType, expected anything",
    "another type": "step 'give': gave list, expected anything",
    "a large value": "the state would be 1100038 bytes of JSON, at most 1000000 are allowed; the largest"
    " value is 'anything' with 1100002 bytes",
}


@step("Give")
async def give(stage: Stage, ctx: StepContext, text: str) -> Anything:
    await stage.play(ctx)
    given = GIVEN.get(text, {"anything": 1})
    if text == "an object, once":
        given = {"anything": object() if ctx.attempt == 1 else 2}
    return given  # pyright: ignore[reportReturnType]  # wrong on purpose


@step("Note down")
async def note_down(anything: Any) -> Text:
    return {"text": f"{anything}"}


@task(input=Note)
def giving() -> StepList:
    """A step that gives what it should not."""
    return begin >> give >> note_down >> third >> done


@pytest.fixture
def house(database: Database) -> House:
    stage = Stage()

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    registry = Registry([giving], {Stage: opened})
    registry.check(CATALOG)
    return House(database, registry=registry, stage=stage)


@parity("WE-20")
@parity("WE-21")
@pytest.mark.parametrize("what", REASONS)
async def test_a_step_that_gives_what_the_state_cannot_hold_fails_with_the_place(
    house: House, what: str
) -> None:
    async with house.working():
        process_id = await house.start("giving", text=what)
        process = await house.until(process_id, ProcessStatus.FAILED)

    (attempt,) = (await house.processes.attempts_of([(process_id, "give")]))[process_id, "give"]
    assert process.failure_reason == REASONS[what]
    assert (attempt.status, attempt.error) == (StepStatus.FAILED, process.failure_reason)
    assert (process.failure_kind, process.current_step) == (FailureKind.ERROR, "give")
    assert process.state == {"text": what}


async def test_the_process_is_repairable_by_a_retry(house: House) -> None:
    async with house.working():
        process_id = await house.start("giving", text="an object, once")
        await house.until(process_id, ProcessStatus.FAILED)
        await house.commands.retry(process_id, actor=ACTOR, scope=Scope.all())
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "2", "anything": 2}


async def test_processes_in_the_same_batch_are_not_disturbed(house: House) -> None:
    gate = house.stage.hold("give")
    async with house.working():
        bad = [await house.start("giving", text=what) for what in REASONS]
        good = [await house.start("giving", text=f"good {number}") for number in range(8)]
        for _ in (*bad, *good):
            await house.stage.entry("give")
        gate.set()
        ended = await asyncio.gather(
            *(house.until(each, ProcessStatus.FAILED) for each in bad),
            *(house.until(each, ProcessStatus.COMPLETED) for each in good),
        )

    assert [process.status for process in ended] == [ProcessStatus.FAILED] * len(bad) + [
        ProcessStatus.COMPLETED
    ] * len(good)
    assert [process.state for process in ended[len(bad) :]] == [{"text": "1", "anything": 1}] * len(good)
    assert _texts(ended[: len(bad)]) == set(REASONS)


def _texts(processes: list[ProcessRecord]) -> set[str]:
    return {str(process.state["text"]) for process in processes if isinstance(process.state, dict)}
