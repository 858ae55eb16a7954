"""A process that parked under one release of its workflow goes on under another: by key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import ApiUnavailable
from engine.states import ProcessStatus
from engine.steps import Step, retry
from tests.engine.run.application import Stage, confirm, order, third
from tests.engine.run.house import ACTOR, House
from tests.engine.run.releases import carried_out, release, shown
from tests.parity import parity

A, B, C, D = (third.with_key(key) for key in "ABCD")


async def nothing(_house: House, _process_id: ProcessId) -> None:
    """A process that is queued goes on by itself."""


async def resume(house: House, process_id: ProcessId) -> None:
    await house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())


async def resume_without_fields(house: House, process_id: ProcessId) -> None:
    await house.commands.resume(process_id, pages=[{}], actor=ACTOR, scope=Scope.all())


async def try_again(house: House, process_id: ProcessId) -> None:
    await house.commands.retry(process_id, actor=ACTOR, scope=Scope.all())


async def call_back(house: House, _process_id: ProcessId) -> None:
    await house.commands.receive_callback(house.stage.callback_token("K"), {"parcel": "p"})


Push = Callable[[House, ProcessId], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A way in which a process comes to stand at its step K.

    Attributes:
        step: The step, under another key.
        push: What makes it go on.
        push_unneeded: What does if its step is not needed any more.
        attempts: How often K is attempted in all.
    """

    status: ProcessStatus
    step: Step
    push: Push
    push_unneeded: Push
    attempts: int

    def at(self, key: str) -> Step:
        return self.step.with_key(key)

    async def park(self, house: House) -> ProcessId:
        """A process that stands at K when no worker runs any more."""
        if self.status in {ProcessStatus.WAITING, ProcessStatus.FAILED}:
            house.stage.raising["K"] = [ApiUnavailable("not now")]
        gate = house.stage.hold("K") if self.status is ProcessStatus.QUEUED else None
        async with house.working():
            process_id = await house.start("changing")
            if gate is None:
                await house.until(process_id, self.status)
            else:
                await house.stage.entry("K")
        if gate is not None:
            gate.set()
        assert (await house.process(process_id)).status is self.status
        return process_id


_HOUR = timedelta(hours=1)
SUSPENDED = Parked(
    status=ProcessStatus.SUSPENDED,
    step=confirm,
    push=resume,
    push_unneeded=resume_without_fields,
    attempts=1,
)
WAITING = Parked(
    status=ProcessStatus.WAITING,
    step=retry(third, first_delay=_HOUR, max_delay=_HOUR),
    push=try_again,
    push_unneeded=try_again,
    attempts=2,
)
AWAITING_CALLBACK = Parked(
    status=ProcessStatus.AWAITING_CALLBACK,
    step=order,
    push=call_back,
    push_unneeded=call_back,
    attempts=1,
)
FAILED = Parked(status=ProcessStatus.FAILED, step=third, push=try_again, push_unneeded=try_again, attempts=2)
QUEUED = Parked(status=ProcessStatus.QUEUED, step=third, push=nothing, push_unneeded=nothing, attempts=2)

PARKED = [
    pytest.param(parked, id=parked.status.value)
    for parked in (SUSPENDED, WAITING, AWAITING_CALLBACK, FAILED, QUEUED)
]


@dataclass(frozen=True, slots=True)
class Change:
    """From one list of steps to another, and what a process that stood at K has carried out in the end."""

    before: str
    after: str
    expected: str
    replaces: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


CHANGES = [
    pytest.param(Change("A K B C", "A D K B C", "A K B C"), id="a step is inserted before"),
    pytest.param(Change("A K B C", "A K D B C", "A K D B C"), id="a step is inserted behind"),
    pytest.param(Change("A K B C", "A K C", "A K C"), id="the next is removed"),
    pytest.param(Change("A K B C", "K", "A K"), id="all others are removed"),
    pytest.param(Change("A K B C", "C A K B", "A K C B"), id="one to come is moved before"),
    pytest.param(Change("A B K C", "K A D B C", "A B K D C"), id="what is done is moved behind"),
    pytest.param(Change("A K B C", "A L B C", "A K B C", {"K": "L"}), id="the current one is renamed"),
    pytest.param(Change("A K B C", "D K B C", "A K B C", {"A": "D"}), id="a done one is renamed"),
    pytest.param(Change("A K B C", "K D B C", "A K B C", {"A": "D"}), id="a done one is renamed and moved"),
    pytest.param(
        Change("A K B C", "A B K D", "A K B D", {"C": "D"}), id="one to come is renamed and others moved"
    ),
]


@parity("WE-40", mends="positional")
@parity("W-16")
@pytest.mark.parametrize("parked", PARKED)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_parked_process_goes_on_by_key(database: Database, parked: Parked, change: Change) -> None:
    steps = {"A": A, "B": B, "C": C, "D": D, "K": parked.at("K"), "L": parked.at("L")}
    stage = Stage()
    old = release(database, *(steps[key] for key in change.before.split()), stage=stage)
    new = release(
        database, *(steps[key] for key in change.after.split()), stage=stage, replaces=change.replaces
    )
    process_id = await parked.park(old)
    before_it_goes_on = await shown(new, process_id)

    async with new.working():
        await parked.push(new, process_id)
        process = await new.until(process_id, ProcessStatus.COMPLETED, ProcessStatus.FAILED)

    assert (process.status, process.failure_reason) == (ProcessStatus.COMPLETED, None)
    assert await carried_out(new, process_id) == [
        (key, "SUCCESS", parked.attempts if key == "K" else 1) for key in change.expected.split()
    ]
    assert (before_it_goes_on, await shown(new, process_id)) == (change.expected, change.expected)


@pytest.mark.parametrize("parked", PARKED)
async def test_a_step_that_is_not_needed_any_more_is_left_out(database: Database, parked: Parked) -> None:
    stage = Stage()
    old = release(database, A, parked.at("K"), B, C, stage=stage)
    new = release(database, A, D, B, C, stage=stage, replaces={"K": None})
    process_id = await parked.park(old)
    before_it_goes_on = await shown(new, process_id)

    async with new.working():
        await parked.push_unneeded(new, process_id)
        await new.until(process_id, ProcessStatus.COMPLETED)

    assert await carried_out(new, process_id) == [
        ("A", "SUCCESS", 1),
        ("K", "SKIPPED", parked.attempts),
        ("D", "SUCCESS", 1),
        ("B", "SUCCESS", 1),
        ("C", "SUCCESS", 1),
    ]
    assert before_it_goes_on == "A K D B C"
