"""What must hold after anything went wrong: the same for every scenario."""

from collections.abc import Sequence

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from engine.states import ProcessStatus, StepStatus
from engine.store.records import EventKind, EventRecord, ProcessRecord, StepRecord
from tests.faults.ledger import Effect
from tests.faults.site import Site

_WITHOUT_EFFECT = frozenset({"confirm", "resync", "set_status"})
_BROKEN = ("run.broken", "run.fault", "Traceback")

_HELD = "SELECT id, owner, lease_until FROM process WHERE owner IS NOT NULL OR lease_until IS NOT NULL"
_UNREAD = """
SELECT i.process_id, i.number FROM inbox AS i JOIN process AS p ON p.id = i.process_id
WHERE i.read_version IS NULL AND p.status <> 'ABORTED'
"""
_OUT_OF_SYNC = """
SELECT s.id, s.held_by FROM subscription AS s LEFT JOIN process AS p ON p.id = s.held_by
WHERE (NOT s.in_sync OR s.held_by IS NOT NULL) AND p.status IS DISTINCT FROM 'ABORTED'
"""


async def verify(
    site: Site,
    process_ids: Sequence[ProcessId],
    *,
    ends: ProcessStatus = ProcessStatus.COMPLETED,
    attempts: dict[str, int] | None = None,
) -> None:
    """Fail unless every process has ended well and left nothing behind.

    Args:
        site: Where they were carried out.
        process_ids: Those that were started.
        ends: How each has to have ended.
        attempts: The attempts at the steps that needed more than one; None where nobody can say.
    """
    for process_id in process_ids:
        process = await site.house.process(process_id)
        steps = list((await site.house.steps(process_id)).values())
        assert process.status is ends, f"{process}\n{site.logs()}"
        await _verify_steps(site, process, steps)
        if attempts is not None:
            assert {step.key: step.attempts for step in steps if step.attempts != 1} == attempts
        _verify_effects(site.ledger.effects_of(process_id), process, steps)
        _verify_events(await site.house.processes.events_after(Scope.all(), process_id, 0), process, steps)
    assert await site.house.rows(_HELD) == []
    assert await site.house.rows(_UNREAD) == []
    assert await site.house.rows(_OUT_OF_SYNC) == []
    for said in _BROKEN:
        assert said not in site.logs()


async def _verify_steps(site: Site, process: ProcessRecord, steps: Sequence[StepRecord]) -> None:
    """Each step is recorded once, with one attempt that succeeded, the last."""
    if process.status is ProcessStatus.COMPLETED:
        assert [step.key for step in steps] == [step.key for step in process.planned_steps]
        assert {step.status for step in steps} == {StepStatus.SUCCESS}
    else:
        assert {step.status for step in steps[:-1]} <= {StepStatus.SUCCESS}
        assert {step.status for step in steps[-1:]} <= {StepStatus.SUCCESS, StepStatus.ABORTED}
    found = await site.house.processes.attempts_of([(process.id, step.key) for step in steps])
    for step in steps:
        attempts = found[process.id, step.key]
        assert [attempt.number for attempt in attempts] == list(range(1, step.attempts + 1))
        assert attempts[-1].status is step.status
        assert {attempt.status for attempt in attempts[:-1]} <= {StepStatus.ABORTED, StepStatus.FAILED}
        assert None not in {attempt.finished_at for attempt in attempts}


def _verify_effects(
    effects: dict[str, list[Effect]], process: ProcessRecord, steps: Sequence[StepRecord]
) -> None:
    """A step took effect at least once and at most once per attempt, always under the same key."""
    for step in steps:
        found = effects.pop(step.key, [])
        assert found or step.status is not StepStatus.SUCCESS or step.key in _WITHOUT_EFFECT
        assert {effect.idempotency_key for effect in found} <= {f"{process.id}:{step.key}"}
        numbers = [effect.attempt for effect in found]
        assert len(numbers) == len(set(numbers))
        assert set(numbers) <= set(range(1, step.attempts + 1))
    assert effects == {}


def _verify_events(
    events: Sequence[EventRecord], process: ProcessRecord, steps: Sequence[StepRecord]
) -> None:
    """The events have no gap, tell of each success once, and lead to what the rows say."""
    assert sorted({event.version for event in events}) == list(range(1, process.version + 1))
    told: dict[str, JsonValue] = {}
    told_of_steps: dict[str, dict[str, JsonValue]] = {}
    successes: list[JsonValue] = []
    for event in events:
        assert isinstance(event.payload, dict)
        if event.kind is EventKind.PROCESS_STATUS:
            told |= event.payload
            continue
        key = event.payload["key"]
        assert isinstance(key, str)
        told_of_steps[key] = event.payload
        if event.payload["status"] == StepStatus.SUCCESS:
            successes.append(key)
    assert (told["status"], told["currentStep"]) == (process.status, process.current_step)
    names = ("key", "position", "name", "kind", "status", "assignee", "attempts")
    assert [[told_of_steps[step.key][name] for name in names] for step in steps] == [
        [getattr(step, name) for name in names] for step in steps
    ]
    assert len(told_of_steps) == len(steps)
    assert successes == [step.key for step in steps if step.status is StepStatus.SUCCESS]
