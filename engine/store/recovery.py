"""Finding what nobody works on: what every worker asks every few seconds, and what it does then.

The process table is the truth and the queue a hint. Nothing here trusts that a job exists, or that a worker
that took one is alive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from domain.ids import ProcessId
from engine.store.channels import notify_event
from engine.store.payloads import step_scalars_with_error


class Neglect(StrEnum):
    """Why a process needs attention."""

    UNCLAIMED = "UNCLAIMED"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    OVERDUE = "OVERDUE"
    ABORT_ABANDONED = "ABORT_ABANDONED"
    CALLBACK_EXPIRED = "CALLBACK_EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeglectedProcess:
    """A process somebody has to look after, with the run that should have done it."""

    process_id: ProcessId
    run_no: int
    neglect: Neglect


_FIND = """
SELECT id, run_no, neglect FROM (
    (SELECT id, run_no, 'UNCLAIMED' AS neglect FROM process
     WHERE status = 'QUEUED' AND modified_at <= now() - make_interval(secs => $1) ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT id, run_no, 'LEASE_EXPIRED' FROM process
     WHERE status = 'RUNNING' AND lease_until <= now() ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT id, run_no, 'ABORT_ABANDONED' FROM process
     WHERE status = 'ABORTING' AND lease_until <= now() ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT id, run_no, CASE status WHEN 'WAITING' THEN 'OVERDUE' ELSE 'CALLBACK_EXPIRED' END FROM process
     WHERE wake_at IS NOT NULL
       AND ((status = 'WAITING' AND wake_at <= now() - make_interval(secs => $1))
            OR (status = 'AWAITING_CALLBACK' AND wake_at <= now()))
     ORDER BY wake_at LIMIT $2)
) AS neglected
WHERE neglect IN ('ABORT_ABANDONED', 'CALLBACK_EXPIRED')
   OR NOT EXISTS (SELECT FROM engine WHERE engine.status <> 'RUNNING')
"""

_FIND_RUNNABLE = """
SELECT id, run_no, CASE status WHEN 'QUEUED' THEN 'UNCLAIMED' WHEN 'RUNNING' THEN 'LEASE_EXPIRED'
                   ELSE 'OVERDUE' END AS neglect
FROM process
WHERE status = 'QUEUED' OR (status = 'RUNNING' AND lease_until <= now())
   OR (status = 'WAITING' AND wake_at <= now())
ORDER BY id
"""

# SKIP LOCKED, here and below: a row that somebody holds for long must not hold up the recovery of the rest;
# it is found again the next time.
_RAISE_RUN_NO = """
WITH stale AS MATERIALIZED (
    SELECT p.id, s.run_no
    FROM process AS p JOIN unnest($1::uuid[], $2::int[]) AS s(id, run_no) ON p.id = s.id
    FOR NO KEY UPDATE OF p SKIP LOCKED
)
UPDATE process AS p SET run_no = p.run_no + 1
FROM stale
WHERE p.id = stale.id AND p.run_no = stale.run_no
  AND (p.status = 'QUEUED'
       OR (p.status = 'RUNNING' AND p.lease_until <= now())
       OR (p.status = 'WAITING' AND p.wake_at <= now()))
RETURNING p.id, p.run_no
"""

_EXPIRE = f"""
WITH late AS MATERIALIZED (
    SELECT p.id FROM process AS p WHERE p.id = ANY($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED
),
expired AS (
    UPDATE process AS p
    SET status = 'FAILED', failure_kind = 'TIMEOUT', wake_at = NULL, version = p.version + 1,
        modified_at = now(),
        failure_reason = 'no callback came for step ''' || p.current_step || ''' before its deadline'
    FROM late
    WHERE p.id = late.id AND p.status = 'AWAITING_CALLBACK' AND p.wake_at <= now()
    RETURNING p.id, p.version, p.current_step, p.failure_kind, p.failure_reason
),
step AS (
    UPDATE process_step AS s SET status = 'FAILED', parked_as = NULL, finished_at = now()
    FROM expired AS e WHERE s.process_id = e.id AND s.key = e.current_step
    RETURNING s.*
),
attempt AS (
    UPDATE step_attempt AS a
    SET status = 'FAILED', finished_at = now(), error = e.failure_reason, error_kind = e.failure_kind
    FROM expired AS e
    WHERE a.process_id = e.id AND a.step_key = e.current_step AND a.status = 'AWAITING_CALLBACK'
),
closed AS (
    UPDATE callback AS c SET used_at = now()
    FROM expired AS e WHERE c.process_id = e.id AND c.step_key = e.current_step AND c.used_at IS NULL
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT e.id, e.version, 0, 'STEP_FINISHED', {step_scalars_with_error("e.failure_reason")}, now()
    FROM expired AS e JOIN step AS s ON s.process_id = e.id
    UNION ALL
    SELECT e.id, e.version, 1, 'PROCESS_STATUS',
           json_build_object('status', 'FAILED', 'currentStep', e.current_step,
                             'failureKind', e.failure_kind, 'failureReason', e.failure_reason), now()
    FROM expired AS e
)
SELECT e.id, {notify_event("e.id")} FROM expired AS e
"""  # noqa: S608  # made of constants of this package


async def find_neglected(
    connection: asyncpg.Connection, *, patience_s: float, limit: int
) -> list[NeglectedProcess]:
    """Processes nobody works on though somebody should; the oldest first, at most `limit` of each sort.

    Args:
        connection: Any connection.
        patience_s: How long a queued or overdue process may wait for a worker before it is looked into.
        limit: The most of each sort.
    """
    return [_neglected(row) for row in await connection.fetch(_FIND, patience_s, limit)]


async def find_runnable(connection: asyncpg.Connection) -> list[NeglectedProcess]:
    """Every process that a worker could claim at this moment, the oldest first."""
    return [_neglected(row) for row in await connection.fetch(_FIND_RUNNABLE)]


async def raise_run_numbers(
    connection: asyncpg.Connection, neglected: Sequence[NeglectedProcess]
) -> dict[ProcessId, int]:
    """Ask for a new run of each process that still is as it was found; the numbers of the new runs.

    A job of the old number can then do nothing, so a dead worker that holds one stands in nobody's way.
    """
    rows = await connection.fetch(
        _RAISE_RUN_NO, [n.process_id for n in neglected], [n.run_no for n in neglected]
    )
    return {ProcessId(row["id"]): row["run_no"] for row in rows}


async def expire_callbacks(
    connection: asyncpg.Connection, process_ids: Sequence[ProcessId]
) -> list[ProcessId]:
    """Fail the processes whose callback did not come in time; those that were failed."""
    rows = await connection.fetch(_EXPIRE, process_ids)
    return [ProcessId(row["id"]) for row in rows]


def _neglected(row: asyncpg.Record) -> NeglectedProcess:
    return NeglectedProcess(
        process_id=ProcessId(row["id"]), run_no=row["run_no"], neglect=Neglect(row["neglect"])
    )


RUNNABLE = frozenset({Neglect.UNCLAIMED, Neglect.LEASE_EXPIRED, Neglect.OVERDUE})
"""What a new run puts right."""
