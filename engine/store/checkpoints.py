"""Recording what became of steps: one set-based statement for any number of processes.

Each row is fenced on its own, by the epoch of its claim and the number of its checkpoint within that claim,
and is answered on its own: a process that is not among the answers was not touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId, SubscriptionId
from domain.model.trees.patch import SubscriptionPatch
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus
from engine.store.channels import woken_by
from engine.store.payloads import STEP_SCALARS, step_scalars_with_error


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What became of the step in flight.

    Attributes:
        status: PENDING hands the step back: it will be attempted again, by whoever claims the process next.
        attempt_status: What becomes of the attempt: a step that waits for its next attempt has a FAILED one.
        delta: The outputs, as JSON text.
        closes_callbacks: Whether tokens given away for the step become void.
    """

    key: str
    status: StepStatus
    attempt: int
    attempt_status: StepStatus
    delta: str | None = None
    error: str | None = None
    error_kind: FailureKind | None = None
    traceback: str | None = None
    closes_callbacks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The step that begins with the checkpoint that ends the one before it, unless the run ends there too."""

    key: str
    position: int
    name: str
    kind: StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One commit of one run.

    Attributes:
        number: How many checkpoints this claim recorded before.
        expected: The status the process must have: RUNNING, or ABORTING for the checkpoint that ends an
            abort.
        status: The status it gets; anything but RUNNING gives up the lease.
        state: The new state as JSON text; None leaves it.
        inbox_seen: The last arrival the run has looked at: to give up the lease it must be the last one there
            is.
        inbox_taken: Arrivals up to this number are done with.
        wake_after_s: When somebody should look at a parked process again.
        requeue: Whether a new run is asked for.
        resync: Whether the subscriptions the process holds are in sync again.
        actor: Who the changes of subscriptions are attributed to.
        patches: Changes of subscriptions that are committed together with the step.
        subscriptions: Subscriptions the process concerns from now on.
    """

    process_id: ProcessId
    epoch: int
    number: int
    expected: ProcessStatus = ProcessStatus.RUNNING
    status: ProcessStatus
    outcome: StepOutcome
    next_step: NextStep | None = None
    state: str | None = None
    inbox_seen: int
    inbox_taken: int
    assignee: str | None = None
    wake_after_s: float | None = None
    failure_kind: FailureKind | None = None
    failure_reason: str | None = None
    requeue: bool = False
    resync: bool = False
    actor: str = ""
    patches: tuple[SubscriptionPatch, ...] = ()
    subscriptions: tuple[SubscriptionId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """A process whose checkpoint was applied: its new version and the number of its latest run."""

    version: int
    run_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceRow:
    """What a checkpoint is fenced by, as it is now."""

    epoch: int
    checkpoint_no: int
    status: ProcessStatus
    inbox_no: int
    version: int
    run_no: int


# Subscriptions are released after the process's row is locked, against the usual order, so that the fence
# decides: whoever waits for such a row holds nothing of the process that holds it. A lease begins now, not
# with the transaction, which may have waited for subscriptions as long as a lease holds.
_RECORD = f"""
WITH item AS MATERIALIZED (
    SELECT * FROM unnest(
        $2::uuid[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[],
        $10::text[], $11::float8[], $12::text[], $13::text[], $14::bool[], $15::bool[],
        $16::text[], $17::text[], $18::int[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
        $24::bool[], $25::text[], $26::int[], $27::text[], $28::text[]
    ) AS t(
        id, epoch, number, expected, status, state, inbox_seen, inbox_taken, assignee,
        wake_after_s, failure_kind, failure_reason, requeue, resync,
        step_key, step_status, attempt, attempt_status, delta, error, error_kind, traceback,
        closes_callbacks, next_key, next_position, next_name, next_kind
    )
),
recorded AS (
    UPDATE process AS p
    SET status = i.status, version = p.version + 1, checkpoint_no = p.checkpoint_no + 1,
        state = coalesce(i.state::json, p.state),
        current_step = CASE WHEN i.status <> 'COMPLETED' THEN coalesce(i.next_key, p.current_step) END,
        owner = CASE i.status WHEN 'RUNNING' THEN p.owner END,
        lease_until = CASE i.status WHEN 'RUNNING' THEN clock_timestamp() + make_interval(secs => $1) END,
        run_no = p.run_no + i.requeue::int, wake_at = now() + make_interval(secs => i.wake_after_s),
        assignee = i.assignee, failure_kind = i.failure_kind,
        failure_reason = CASE i.status WHEN 'ABORTED' THEN p.failure_reason ELSE i.failure_reason END,
        modified_at = now(), ended_at = CASE WHEN i.status IN ('COMPLETED', 'ABORTED') THEN now() END
    FROM item AS i
    WHERE p.id = i.id AND p.epoch = i.epoch AND p.checkpoint_no = i.number AND p.status = i.expected
      AND (i.status = 'RUNNING' OR i.status = 'ABORTED' OR p.inbox_no = i.inbox_seen)
      AND (i.status <> 'RUNNING' OR NOT EXISTS (SELECT FROM engine WHERE engine.status <> 'RUNNING'))
    RETURNING i.*, p.version AS process_version, p.run_no, p.run_by, p.owner, p.current_step
),
ended AS (
    UPDATE process_step AS s
    SET status = r.step_status, delta = coalesce(r.delta::json, s.delta), assignee = r.assignee,
        lost_attempts = 0,
        parked_as = CASE WHEN r.step_status IN ('SUSPENDED', 'AWAITING_CALLBACK') THEN r.step_status
                         WHEN r.failure_kind = 'WORKFLOW_CHANGED' THEN s.parked_as END,
        finished_at = CASE WHEN r.step_status IN ('SUCCESS', 'SKIPPED', 'FAILED', 'ABORTED') THEN now() END
    FROM recorded AS r
    WHERE s.process_id = r.id AND s.key = r.step_key
    RETURNING s.*
),
ended_attempt AS (
    UPDATE step_attempt AS a
    SET status = r.attempt_status, error = r.error, error_kind = r.error_kind, traceback = r.traceback,
        finished_at = CASE WHEN r.attempt_status NOT IN ('SUSPENDED', 'AWAITING_CALLBACK') THEN now() END
    FROM recorded AS r
    WHERE a.process_id = r.id AND a.step_key = r.step_key AND a.number = r.attempt
),
started AS (
    INSERT INTO process_step AS s
        (process_id, key, position, name, kind, status, attempts, first_attempt_at, started_at)
    SELECT r.id, r.next_key, r.next_position, r.next_name, r.next_kind,
           CASE r.status WHEN 'RUNNING' THEN 'RUNNING' ELSE 'PENDING' END, (r.status = 'RUNNING')::int,
           CASE r.status WHEN 'RUNNING' THEN now() END, CASE r.status WHEN 'RUNNING' THEN now() END
    FROM recorded AS r WHERE r.next_key IS NOT NULL
    RETURNING s.*
),
started_attempt AS (
    INSERT INTO step_attempt (process_id, step_key, number, epoch, status, actor, worker_id, started_at)
    SELECT r.id, r.next_key, 1, r.epoch, 'RUNNING', r.run_by, r.owner, now()
    FROM recorded AS r WHERE r.next_key IS NOT NULL AND r.status = 'RUNNING'
),
taken AS (
    UPDATE inbox AS b SET read_version = r.process_version
    FROM recorded AS r
    WHERE r.inbox_taken > 0 AND b.process_id = r.id AND b.number <= r.inbox_taken AND b.read_version IS NULL
),
closed AS (
    UPDATE callback AS c SET used_at = now()
    FROM recorded AS r
    WHERE r.closes_callbacks AND c.process_id = r.id AND c.step_key = r.step_key AND c.used_at IS NULL
),
released AS (
    UPDATE subscription AS b SET in_sync = true, held_by = NULL
    FROM recorded AS r JOIN process_subscription AS l ON l.process_id = r.id
    WHERE r.resync AND b.id = l.subscription_id AND b.held_by = r.id
),
linked AS (
    INSERT INTO process_subscription (process_id, subscription_id)
    SELECT l.process_id, l.subscription_id
    FROM unnest($29::uuid[], $30::uuid[]) AS l(process_id, subscription_id)
    JOIN recorded AS r ON r.id = l.process_id
    ON CONFLICT DO NOTHING
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT r.id, r.process_version, 0, 'STEP_FINISHED', {step_scalars_with_error("r.error")}, now()
    FROM recorded AS r JOIN ended AS s ON s.process_id = r.id
    UNION ALL
    SELECT r.id, r.process_version, 1, 'STEP_STARTED', {STEP_SCALARS}, now()
    FROM recorded AS r JOIN started AS s ON s.process_id = r.id WHERE s.status = 'RUNNING'
    UNION ALL
    SELECT r.id, r.process_version, 2, 'PROCESS_STATUS',
           json_build_object('status', r.status, 'currentStep', r.current_step,
                             'failureKind', r.failure_kind, 'failureReason', r.failure_reason), now()
    FROM recorded AS r WHERE r.status <> r.expected
),
{woken_by("recorded")}
SELECT r.id, r.process_version AS version, r.run_no, (SELECT count(*) FROM woken) AS woken FROM recorded AS r
"""  # noqa: S608  # made of constants of this package

_FENCES = """
SELECT p.id, p.epoch, p.checkpoint_no, p.status, p.inbox_no, p.version, p.run_no
FROM process AS p WHERE p.id = ANY($1::uuid[])
"""


async def record(
    connection: asyncpg.Connection, checkpoints: Sequence[Checkpoint], *, lease_s: float
) -> dict[ProcessId, RecordedRow]:
    """Apply the checkpoints whose fence holds, in one statement that also wakes the readers of their events.

    At most one checkpoint per process: an UPDATE that joins two silently applies one. Rows are locked in the
    order given, so callers sort by id.
    """
    outcomes = [checkpoint.outcome for checkpoint in checkpoints]
    starts = [checkpoint.next_step for checkpoint in checkpoints]
    links = [(c.process_id, subscription_id) for c in checkpoints for subscription_id in c.subscriptions]
    rows = await connection.fetch(
        _RECORD,
        lease_s,
        [c.process_id for c in checkpoints],
        [c.epoch for c in checkpoints],
        [c.number for c in checkpoints],
        [c.expected for c in checkpoints],
        [c.status for c in checkpoints],
        [c.state for c in checkpoints],
        [c.inbox_seen for c in checkpoints],
        [c.inbox_taken for c in checkpoints],
        [c.assignee for c in checkpoints],
        [c.wake_after_s for c in checkpoints],
        [c.failure_kind for c in checkpoints],
        [c.failure_reason for c in checkpoints],
        [c.requeue for c in checkpoints],
        [c.resync for c in checkpoints],
        [o.key for o in outcomes],
        [o.status for o in outcomes],
        [o.attempt for o in outcomes],
        [o.attempt_status for o in outcomes],
        [o.delta for o in outcomes],
        [o.error for o in outcomes],
        [o.error_kind for o in outcomes],
        [o.traceback for o in outcomes],
        [o.closes_callbacks for o in outcomes],
        [s and s.key for s in starts],
        [s and s.position for s in starts],
        [s and s.name for s in starts],
        [s and s.kind for s in starts],
        [process_id for process_id, _ in links],
        [subscription_id for _, subscription_id in links],
    )
    return {ProcessId(row["id"]): RecordedRow(version=row["version"], run_no=row["run_no"]) for row in rows}


async def fences(
    connection: asyncpg.Connection, process_ids: Sequence[ProcessId]
) -> dict[ProcessId, FenceRow]:
    """What the processes' checkpoints are fenced by now; a process that is gone is missing."""
    rows = await connection.fetch(_FENCES, process_ids)
    return {
        ProcessId(row["id"]): FenceRow(
            epoch=row["epoch"],
            checkpoint_no=row["checkpoint_no"],
            status=ProcessStatus(row["status"]),
            inbox_no=row["inbox_no"],
            version=row["version"],
            run_no=row["run_no"],
        )
        for row in rows
    }
