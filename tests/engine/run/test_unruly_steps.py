"""Whatever a step's author does, the process ends with a reason and the worker goes on."""

import asyncio
from datetime import timedelta
from typing import Any, TypedDict

import pytest

from domain.scope import Scope
from domain.storage.database import Database
from engine.context import CallbackContext
from engine.errors import ApiUnavailable
from engine.registry import Registry
from engine.states import ProcessStatus, StepStatus
from engine.step_lists import begin, done
from engine.steps import Step, callback_step, retry, step
from engine.workflow_decorators import task
from engine.workflows import Workflow
from tests.engine.run.application import CATALOG, Delivery, Note
from tests.engine.run.house import House


class Speechless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Stubborn(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


class Unusual(BaseException):
    pass


class Anything(TypedDict):
    anything: Any


class Address(TypedDict):
    address: str


@step("A plain function whose iterator is empty")
def exhausted() -> None:
    next(iter(()))


@step("A plain function that is interrupted")
def interrupted_in_a_thread() -> None:
    raise KeyboardInterrupt


@step("A plain function that is cancelled")
def cancelled_in_a_thread() -> None:
    raise asyncio.CancelledError


@step("An interrupted one")
async def interrupted() -> None:
    raise KeyboardInterrupt


@step("One that leaves")
async def leaving() -> None:
    raise SystemExit(3)


@step("One that is cancelled")
async def cancelled() -> None:
    raise asyncio.CancelledError


@step("One that is no exception")
async def unusual() -> None:
    raise Unusual("rare")


@step("One that says nothing")
async def speechless() -> None:
    raise Speechless


@step("One whose error interrupts whoever reads it")
async def stubborn() -> None:
    raise Stubborn


@step("One that gives what holds itself")
async def circular() -> Anything:
    loop: list[object] = []
    loop.append(loop)
    return {"anything": loop}


@step("One that gives what nests without end")
async def bottomless() -> Anything:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    return {"anything": nested}


@step("One that gives a list")
async def listing() -> Anything:
    return {"anything": {"racks": ["A"]}}


@step("One that changes what it takes")
async def careless(anything: Any) -> Address:
    anything["racks"].append("B")
    return {"address": "here"}


@callback_step("One that tells its secret when it fails", Delivery)
async def telling(ctx: CallbackContext) -> None:
    raise ApiUnavailable(f"POST {ctx.callback_url}: refused") from ValueError(ctx.callback_url)


@callback_step("One that gives its secret away", Delivery)
async def giving_away(ctx: CallbackContext) -> Address:
    return {"address": ctx.callback_url}


telling_twice = retry(
    telling.with_key("telling_twice"), attempts=2, first_delay=timedelta(), max_delay=timedelta()
)


def workflow_of(*steps: Step) -> Workflow:
    def unruly():  # noqa: ANN202  # given a name below
        steps_so_far = begin
        for each in steps:
            steps_so_far = steps_so_far >> each
        return steps_so_far >> done

    unruly.__name__ = f"do_{steps[-1].key}"
    return task(input=Note)(unruly)


WORKFLOWS = (
    *(
        workflow_of(each)
        for each in (
            exhausted,
            interrupted_in_a_thread,
            cancelled_in_a_thread,
            interrupted,
            leaving,
            cancelled,
            unusual,
            speechless,
            stubborn,
            circular,
            bottomless,
            telling,
            telling_twice,
            giving_away,
        )
    ),
    workflow_of(listing, careless),
)


@pytest.fixture
def house(database: Database) -> House:
    registry = Registry(WORKFLOWS, {})
    registry.check(CATALOG)
    return House(database, registry=registry)


@pytest.mark.parametrize(
    ("step_key", "reason"),
    [
        ("exhausted", "StopIteration"),
        ("interrupted_in_a_thread", "KeyboardInterrupt"),
        ("cancelled_in_a_thread", "CancelledError"),
        ("interrupted", "KeyboardInterrupt"),
        ("leaving", "3"),
        ("cancelled", "the step cancelled itself"),
        ("unusual", "rare"),
        ("speechless", "Speechless"),
        ("stubborn", "Stubborn"),
        ("circular", "step 'circular': output 'anything': Circular reference detected (id repeated)"),
        ("bottomless", "step 'bottomless': output 'anything': Maximum serialization depth exceeded"),
    ],
)
async def test_a_step_that_breaks_the_rules_fails_alone(house: House, step_key: str, reason: str) -> None:
    async with house.working():
        process_id = await house.start(f"do_{step_key}")
        process = await house.until(process_id, ProcessStatus.FAILED)

        neighbour_id = await house.start("do_careless")
        neighbour = await house.until(neighbour_id, ProcessStatus.COMPLETED)

    assert process.failure_reason == reason
    assert neighbour.status is ProcessStatus.COMPLETED
    (attempt,) = (await house.processes.attempts_of([(process_id, step_key)]))[process_id, step_key]
    assert (attempt.status, attempt.error) == (StepStatus.FAILED, reason)
    assert attempt.traceback


async def test_what_a_step_changes_in_what_it_takes_is_not_given(house: House) -> None:
    async with house.working():
        process_id = await house.start("do_careless")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "anything": {"racks": ["A"]}, "address": "here"}


@pytest.mark.parametrize("step_key", ["telling", "telling_twice", "giving_away"])
async def test_a_callbacks_address_is_not_recorded_whatever_the_step_does_with_it(
    house: House, step_key: str
) -> None:
    async with house.working():
        process_id = await house.start(f"do_{step_key}")
        process = await house.until(process_id, ProcessStatus.FAILED)

    attempts = (await house.processes.attempts_of([(process_id, step_key)]))[process_id, step_key]
    tokens = await house.rows("SELECT token_hash FROM callback")
    assert len(tokens) == len(attempts)
    assert all("/callbacks/" not in str(attempt.error).replace("/callbacks/***", "") for attempt in attempts)
    recorded = repr(
        (
            process,
            attempts,
            await house.processes.events_after(Scope.all(), process_id, 0),
            await house.steps(process_id),
        )
    )
    assert "/callbacks/" not in recorded.replace("/callbacks/***", "")
