"""What must hold of everything that was told and done of a process, in whatever way it came to its end."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from domain.json import JsonValue
from domain.scope import Scope
from engine.states import LEGAL_TRANSITIONS, ProcessStatus, StepStatus
from engine.store.processes import ProcessRepository
from engine.store.records import EventKind, EventRecord
from tests.engine.machine.plans import Deed, WorkflowPlan
from tests.engine.machine.plant import Plant
from tests.engine.machine.script import Effect, Script
from tests.engine.machine.views import ProcessView

_WITHOUT_EFFECT = frozenset({Deed.INPUT, Deed.SET_STATUS, Deed.RESYNC})


async def verify_history(plant: Plant, view: ProcessView, plan: WorkflowPlan) -> None:
    """Fail unless the events of a process tell its story without a gap, and its steps did nothing twice."""
    processes = ProcessRepository(plant.database)
    events = await processes.events_after(Scope.all(), view.id, 0)
    (record,) = (await processes.by_ids(Scope.all(), [view.id])).values()
    assert sorted({event.version for event in events}) == list(range(1, record.version + 1))
    _verify_moves(events, view.status)
    _verify_steps(events, view)
    _verify_effects(plant.script, view, plan)


def _verify_moves(events: Sequence[EventRecord], end: ProcessStatus) -> None:
    """Every change of status is legal."""
    told = [_told(event, "status") for event in events if event.kind is EventKind.PROCESS_STATUS]
    statuses = [ProcessStatus(str(status)) for status in told]
    assert statuses[0] is ProcessStatus.QUEUED
    assert statuses[-1] is end
    for before, behind in pairwise(statuses):
        assert behind in LEGAL_TRANSITIONS[before], f"{before} -> {behind} in {statuses}"


def _verify_steps(events: Sequence[EventRecord], view: ProcessView) -> None:
    """Each success was told once, and the last that was told of each step is what its row says."""
    of_steps = [event for event in events if event.kind is not EventKind.PROCESS_STATUS]
    told = {str(_told(event, "key")): _told(event, "status") for event in of_steps}
    began = {key: step for key, step in view.steps.items() if key in told}
    assert told == {key: step.status for key, step in began.items()}
    assert {step.status for key, step in view.steps.items() if key not in told} <= {StepStatus.PENDING}
    ends = Counter(
        str(_told(event, "key")) for event in of_steps if _told(event, "status") in ("SUCCESS", "SKIPPED")
    )
    assert ends == {
        key: 1 for key, step in began.items() if step.status in (StepStatus.SUCCESS, StepStatus.SKIPPED)
    }


def _verify_effects(script: Script, view: ProcessView, plan: WorkflowPlan) -> None:
    """A step that succeeded took effect once, and every call of a step has an attempt and the step's key."""
    for key, step_plan in plan.keyed:
        place = (view.id, key)
        began, done = script.began.get(place, []), script.done.get(place, [])
        step = view.steps.get(key)
        attempts = 0 if step is None else step.count
        assert {effect.idempotency_key for effect in began} <= {f"{view.id}:{key}"}
        numbers = [effect.attempt for effect in began]
        assert numbers == sorted(set(numbers))
        assert set(numbers) <= set(range(1, attempts + 1))
        if step is None or step.status is not StepStatus.SUCCESS or step_plan.deed in _WITHOUT_EFFECT:
            continue
        _verify_success(done, attempts, waits=step_plan.deed is Deed.CALLBACK)


def _verify_success(done: Sequence[Effect], attempts: int, *, waits: bool) -> None:
    """The last attempt came to a good end; only one whose callback never came is made once more."""
    assert done
    assert done[-1].attempt == attempts
    assert waits or len(done) == 1


def _told(event: EventRecord, name: str) -> JsonValue:
    assert isinstance(event.payload, dict)
    return event.payload[name]
