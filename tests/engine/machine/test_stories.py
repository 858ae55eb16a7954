"""Single stories, told by hand: the rare ones that random play seldom comes to."""

from tests.engine.machine.loops import in_background
from tests.engine.machine.machine import EngineMachine
from tests.engine.machine.orders import Callback, Release
from tests.engine.machine.plans import Deed, StepPlan, Subject, WorkflowPlan
from tests.engine.machine.plant import opened_plant

HELD_ORDER = WorkflowPlan(subject=Subject.NONE, steps=(StepPlan(deed=Deed.CALLBACK, holds=True),))


def test_a_callback_is_taken_in_once_although_its_step_is_begun_again(database_dsn: str) -> None:
    with in_background(opened_plant(database_dsn)) as (plant, loop):
        story = EngineMachine(plant, loop)
        story.begin(plan=HELD_ORDER, copies=1, orders=())
        story.command(which=0, order=Callback(parcel="P-1"))
        story.dismiss(number=0)
        story.dismiss(number=1)
        story.hire()
        story.command(which=0, order=Callback(parcel="P-2"))
        story.command(which=0, order=Release())
        story.teardown()
