"""Taking a process: the statement that makes a worker its owner and says where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from domain.ids import CustomerId, ProcessId
from domain.json import JsonValue
from engine.states import StepStatus, Target
from engine.store.channels import woken_by
from engine.store.json_edge import as_list, as_object, integer_of, text_of
from engine.store.payloads import STEP_SCALARS
from engine.store.records import InboxItem, InboxKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A process as its new owner takes it over.

    Attributes:
        epoch: The fencing token: every write of the run carries it, and a later claim makes it void.
        attempt: The current step's attempt number, this one included.
        parked_as: How the step was parked when what it waited for arrived; None if its function is due.
        budget_attempt: The attempt's number since a person last started or retried the step.
        budget_elapsed_s: Seconds since the first of those attempts began.
        lost_attempts: How often a worker was lost while it carried out this step.
        fingerprint: That of the workflow's steps when the process began.
        done: The keys of the steps that were carried out or left out, in that order.
        inbox: What arrived and was not taken in yet, in order.
        inbox_seen: The number of the last thing that arrived, as of the claim.
    """

    process_id: ProcessId
    workflow: str
    fingerprint: str
    target: Target
    epoch: int
    created_by: str
    run_by: str
    customers: tuple[CustomerId, ...]
    state: dict[str, JsonValue]
    current_step: str
    attempt: int
    parked_as: StepStatus | None
    budget_attempt: int
    budget_elapsed_s: float
    lost_attempts: int
    done: tuple[str, ...]
    inbox: tuple[InboxItem, ...]
    inbox_seen: int


_ARRIVED = """
    SELECT coalesce(max(i.number), 0) AS inbox_seen,
           json_agg(json_build_array(i.number, i.kind, i.step_key, i.payload, i.actor) ORDER BY i.number)
               FILTER (WHERE i.read_version IS NULL) AS inbox
    FROM inbox AS i WHERE i.process_id = {process_id}
"""

# The rows are locked before they are changed, so that one which somebody holds can be left out. A claim that
# had to wait for a row's lock re-checks its conditions on the new row, but the sub-selects on other tables
# keep the statement's snapshot: so `inbox_seen` is read beside the rows it counts, never from the process.
# The lease begins when the row is there: `now()` is when the statement began, maybe a lease's time ago.
_CLAIM = f"""
WITH item AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[]) AS t(id, run_no)
),
free AS MATERIALIZED (
    SELECT p.id FROM item AS i JOIN process AS p ON p.id = i.id AND p.run_no = i.run_no
    WHERE (p.status = 'QUEUED'
           OR (p.status = 'RUNNING' AND p.lease_until <= now())
           OR (p.status = 'WAITING' AND p.wake_at <= now()))
      AND NOT EXISTS (SELECT FROM engine WHERE engine.status <> 'RUNNING')
    FOR NO KEY UPDATE OF p
),
claimed AS (
    UPDATE process AS p
    SET status = 'RUNNING', epoch = p.epoch + 1, checkpoint_no = 0, owner = $3,
        lease_until = clock_timestamp() + make_interval(secs => $4), wake_at = NULL, assignee = NULL,
        version = p.version + 1, modified_at = now()
    FROM free AS f WHERE p.id = f.id
    RETURNING p.*
),
prior AS (
    SELECT s.process_id, s.parked_as FROM process_step AS s
    JOIN claimed AS c ON s.process_id = c.id AND s.key = c.current_step
),
step AS (
    INSERT INTO process_step AS s
        (process_id, key, position, name, kind, status, attempts, first_attempt_at, started_at)
    SELECT c.id, c.current_step, 0, c.steps -> 0 ->> 1, c.steps -> 0 ->> 2, 'RUNNING', 1, now(), now()
    FROM claimed AS c
    ON CONFLICT (process_id, key) DO UPDATE
    SET status = 'RUNNING', assignee = NULL, finished_at = NULL,
        progress_percent = NULL, progress_message = NULL, progress_at = NULL,
        attempts = s.attempts + (s.parked_as IS NULL OR s.status = 'PENDING')::int,
        lost_attempts = s.lost_attempts + (s.status = 'RUNNING')::int,
        first_attempt_at = coalesce(s.first_attempt_at, now()), started_at = coalesce(s.started_at, now())
    RETURNING s.*
),
prior_attempt AS (
    UPDATE step_attempt AS a
    SET status = CASE WHEN p.parked_as IS NULL THEN 'ABORTED' ELSE 'RUNNING' END,
        finished_at = CASE WHEN p.parked_as IS NULL THEN now() END,
        error = CASE WHEN p.parked_as IS NULL THEN 'the worker was lost while it carried out the step' END
    FROM claimed AS c JOIN prior AS p ON p.process_id = c.id
    WHERE a.process_id = c.id AND a.step_key = c.current_step
      AND a.status IN ('RUNNING', 'SUSPENDED', 'AWAITING_CALLBACK')
),
attempt AS (
    INSERT INTO step_attempt (process_id, step_key, number, epoch, status, actor, worker_id, started_at)
    SELECT c.id, s.key, s.attempts, c.epoch, 'RUNNING', c.run_by, $3, now()
    FROM claimed AS c JOIN step AS s ON s.process_id = c.id
    ON CONFLICT (process_id, step_key, number) DO NOTHING
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT c.id, c.version, 0, 'PROCESS_STATUS',
           json_build_object('status', c.status, 'currentStep', c.current_step), now()
    FROM claimed AS c
    UNION ALL
    SELECT c.id, c.version, 1, 'STEP_STARTED', {STEP_SCALARS}, now()
    FROM claimed AS c JOIN step AS s ON s.process_id = c.id
),
{woken_by("claimed")}
SELECT c.id, c.workflow, c.fingerprint, c.target, c.epoch, c.created_by, c.run_by, c.customers, c.state,
       c.current_step, s.attempts, s.lost_attempts, s.attempts - s.first_attempt + 1 AS budget_attempt,
       extract(epoch FROM now() - s.first_attempt_at)::float8 AS budget_elapsed_s,
       prior.parked_as,
       ARRAY(SELECT d.key FROM process_step AS d
             WHERE d.process_id = c.id AND d.status IN ('SUCCESS', 'SKIPPED') ORDER BY d.position) AS done,
       arrived.inbox_seen, arrived.inbox, (SELECT count(*) FROM woken) AS woken
FROM claimed AS c JOIN step AS s ON s.process_id = c.id LEFT JOIN prior ON prior.process_id = c.id
CROSS JOIN LATERAL ({_ARRIVED.format(process_id="c.id")}) AS arrived
"""  # noqa: S608  # made of constants of this package

_CLAIM_FREE = _CLAIM.replace("FOR NO KEY UPDATE OF p", "FOR NO KEY UPDATE OF p SKIP LOCKED")

_UNREAD = _ARRIVED.format(process_id="$1")


async def claim(
    connection: asyncpg.Connection,
    process_id: ProcessId,
    *,
    run_no: int,
    worker_id: UUID,
    lease_s: float,
) -> Claim | None:
    """Make the worker the process's owner and its current step RUNNING, in one statement.

    An attempt that a lost worker left open is closed. Waits for whoever holds the process's row. None if
    there is nothing to take: another worker was first, the process has moved on since this run was asked for,
    or the engine is paused.
    """
    rows = await connection.fetch(_CLAIM, [process_id], [run_no], worker_id, lease_s)
    return _claim(rows[0]) if rows else None


async def claim_free(
    connection: asyncpg.Connection, runs: Mapping[ProcessId, int], *, worker_id: UUID, lease_s: float
) -> dict[ProcessId, Claim | Exception]:
    """As `claim`, for many processes in one statement, but for those whose rows somebody holds just now.

    What another release has written may be unreadable to this one: for such a process it is why.

    Args:
        connection: Any connection.
        runs: The number of the run by its process.
        worker_id: The new owner.
        lease_s: How long it stays the owner without a heartbeat.
    """
    rows = await connection.fetch(_CLAIM_FREE, list(runs.keys()), list(runs.values()), worker_id, lease_s)
    return {ProcessId(row["id"]): _claim_or_error(row) for row in rows}


def _claim_or_error(row: asyncpg.Record) -> Claim | Exception:
    try:
        return _claim(row)
    except Exception as error:  # noqa: BLE001  # one row must not cost the others, which are claimed as well
        return error


def _claim(row: asyncpg.Record) -> Claim:
    return Claim(
        process_id=ProcessId(row["id"]),
        workflow=row["workflow"],
        fingerprint=row["fingerprint"],
        target=Target(row["target"]),
        epoch=row["epoch"],
        created_by=row["created_by"],
        run_by=row["run_by"],
        customers=tuple(CustomerId(customer) for customer in row["customers"]),
        state=as_object(row["state"]),
        current_step=row["current_step"],
        attempt=row["attempts"],
        parked_as=None if row["parked_as"] is None else StepStatus(row["parked_as"]),
        budget_attempt=row["budget_attempt"],
        budget_elapsed_s=row["budget_elapsed_s"],
        lost_attempts=row["lost_attempts"],
        done=tuple(row["done"]),
        inbox=_inbox_items(row["inbox"]),
        inbox_seen=row["inbox_seen"],
    )


async def planned_keys(connection: asyncpg.Connection, process_id: ProcessId) -> frozenset[str]:
    """The keys of the steps that the process's workflow had when the process began."""
    steps = await connection.fetchval("SELECT steps FROM process WHERE id = $1", process_id)
    return frozenset(text_of(as_list(step)[0]) for step in as_list(steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What arrived for a process and was not taken in yet, and the number of the last thing that arrived."""

    items: tuple[InboxItem, ...]
    seen: int


async def unread(connection: asyncpg.Connection, process_id: ProcessId) -> Unread:
    """What the process's inbox holds now."""
    row = await connection.fetchrow(_UNREAD, process_id)
    assert row is not None
    return Unread(items=_inbox_items(row["inbox"]), seen=row["inbox_seen"])


def _inbox_items(rows: JsonValue) -> tuple[InboxItem, ...]:
    return tuple(_inbox_item(as_list(row)) for row in as_list(rows))


def _inbox_item(row: Sequence[JsonValue]) -> InboxItem:
    number, kind, step_key, payload, actor = row
    return InboxItem(
        number=integer_of(number),
        kind=InboxKind(text_of(kind)),
        step_key=text_of(step_key),
        payload=payload,
        actor=text_of(actor),
    )
