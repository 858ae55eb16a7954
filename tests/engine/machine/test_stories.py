"""Single stories, told by hand: those that few random plays come to."""

from collections.abc import Iterator

import pytest

from tests.engine.machine.loops import in_background
from tests.engine.machine.machine import EngineMachine
from tests.engine.machine.orders import Abort, Callback, Pause, Release, Skip
from tests.engine.machine.plans import Deed, StepPlan, Subject, WorkflowPlan
from tests.engine.machine.plant import opened_plant
from tests.parity import parity

PLAIN = StepPlan(deed=Deed.PLAIN)
HELD = StepPlan(deed=Deed.PLAIN, holds=True)
ORDER = StepPlan(deed=Deed.CALLBACK)
HELD_ORDER = StepPlan(deed=Deed.CALLBACK, holds=True)


@pytest.fixture
def story(database_dsn: str) -> Iterator[EngineMachine]:
    """A machine whose rules are called by hand; at the end everything is looked at."""
    with in_background(opened_plant(database_dsn)) as (plant, loop):
        machine = EngineMachine(plant, loop)
        yield machine
        machine.teardown()


def workflow(*steps: StepPlan) -> WorkflowPlan:
    return WorkflowPlan(subject=Subject.NONE, steps=steps)


def test_a_callback_is_taken_in_once_although_its_step_is_begun_again(story: EngineMachine) -> None:
    story.begin(plan=workflow(HELD_ORDER), copies=1, orders=())
    story.command(which=0, order=Callback(parcel="P-1"))
    story.dismiss(number=0)
    story.dismiss(number=1)
    story.hire()

    story.command(which=0, order=Callback(parcel="P-2"))

    story.command(which=0, order=Release())


def test_the_callback_of_a_skipped_step_is_refused(story: EngineMachine) -> None:
    story.begin(plan=workflow(ORDER, HELD), copies=1, orders=())

    story.command(which=0, order=Skip())

    story.command(which=0, order=Callback())


@parity("WE-44", mends="double-run")
@parity("WE-44", mends="paused-while-running")
def test_a_step_that_goes_on_through_a_pause_is_carried_out_once(story: EngineMachine) -> None:
    story.begin(plan=workflow(HELD, PLAIN), copies=1, orders=())
    story.pause(waiting=True)
    story.unpause()
    story.pause(waiting=False)

    story.command(which=0, order=Release())

    story.unpause()


@parity("WE-42", mends="running")
def test_an_abort_a_pause_and_the_end_of_the_step_may_come_at_once(story: EngineMachine) -> None:
    story.begin(plan=workflow(HELD, PLAIN), copies=3, orders=())

    story.race(which=0, orders=[Abort(), Pause()])

    story.unpause()
