"""The end of processes by a person's decision."""

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId
from engine.states import ProcessStatus
from engine.store.channels import notify_event, notify_inbox
from engine.store.payloads import STEP_SCALARS

_END_STEP = """
ended AS (
    UPDATE process_step AS s SET status = 'ABORTED', parked_as = NULL, assignee = NULL, finished_at = now()
    FROM aborted AS a
    WHERE a.status = 'ABORTED' AND s.process_id = a.id AND s.key = a.current_step
    RETURNING s.*
),
ended_attempt AS (
    UPDATE step_attempt AS t SET status = 'ABORTED', finished_at = now()
    FROM aborted AS a
    WHERE a.status = 'ABORTED' AND t.process_id = a.id AND t.step_key = a.current_step
      AND t.status IN ('RUNNING', 'SUSPENDED', 'AWAITING_CALLBACK')
),
closed AS (
    UPDATE callback AS c SET used_at = now()
    FROM aborted AS a
    WHERE a.status = 'ABORTED' AND c.process_id = a.id AND c.used_at IS NULL
),
"""
"""Closes what the process that `aborted` names had in flight, unless its owner will do it."""

_EVENTS = f"""
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT a.id, a.version, 0, 'STEP_FINISHED', {STEP_SCALARS}, now()
    FROM aborted AS a JOIN ended AS s ON s.process_id = a.id
    UNION ALL
    SELECT a.id, a.version, 1, 'PROCESS_STATUS',
           json_build_object('status', a.status, 'currentStep', a.current_step,
                             'failureReason', a.failure_reason), now()
    FROM aborted AS a
)
"""  # noqa: S608  # made of constants of this package

_OWNED = "p.status = 'RUNNING' AND p.lease_until > now()"

_ABORT = f"""
WITH aborted AS (
    UPDATE process AS p
    SET status = CASE WHEN {_OWNED} THEN 'ABORTING' ELSE 'ABORTED' END,
        ended_at = CASE WHEN {_OWNED} THEN NULL ELSE now() END,
        owner = CASE WHEN {_OWNED} THEN p.owner END,
        lease_until = CASE WHEN {_OWNED} THEN p.lease_until END,
        failure_kind = NULL, failure_reason = $2, run_by = $3, wake_at = NULL, assignee = NULL,
        version = p.version + 1, modified_at = now()
    WHERE p.id = ANY ($1::uuid[]) AND p.status NOT IN ('ABORTING', 'ABORTED', 'COMPLETED')
    RETURNING p.id, p.status, p.version, p.current_step, p.failure_reason
),
{_END_STEP}
{_EVENTS}
SELECT a.id, a.status, EXISTS (SELECT FROM process_step AS s WHERE s.process_id = a.id) AS began,
       {notify_event("a.id")}, {notify_inbox("a.id")}
FROM aborted AS a
"""  # noqa: S608  # made of constants of this package

_RELEASE = """
WITH held AS MATERIALIZED (
    SELECT s.id
    FROM process_subscription AS l JOIN subscription AS s ON s.id = l.subscription_id
    WHERE l.process_id = ANY ($1::uuid[]) AND s.held_by = l.process_id
    ORDER BY s.id
    FOR NO KEY UPDATE OF s
)
UPDATE subscription AS s SET in_sync = true, held_by = NULL FROM held WHERE s.id = held.id
"""

# SKIP LOCKED: a row that somebody holds for long must not hold up the rest.
_END_ABANDONED = f"""
WITH abandoned AS MATERIALIZED (
    SELECT p.id FROM process AS p WHERE p.id = ANY($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED
),
aborted AS (
    UPDATE process AS p
    SET status = 'ABORTED', owner = NULL, lease_until = NULL, ended_at = now(), version = p.version + 1,
        modified_at = now()
    FROM abandoned
    WHERE p.id = abandoned.id AND p.status = 'ABORTING' AND p.lease_until <= now()
    RETURNING p.id, p.status, p.version, p.current_step, p.failure_reason
),
{_END_STEP}
{_EVENTS}
SELECT a.id, {notify_event("a.id")} FROM aborted AS a
"""  # noqa: S608  # made of constants of this package


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted:
    """What an abort led to: ABORTED, or ABORTING while a step is in flight.

    Attributes:
        began: Whether any step was ever begun.
    """

    status: ProcessStatus
    began: bool


async def abort(
    connection: asyncpg.Connection, process_ids: Collection[ProcessId], *, reason: str | None, actor: str
) -> dict[ProcessId, Aborted]:
    """End processes, or ask their owners to do so and wake them. The caller has locked the processes.

    One that has ended, or whose abort was asked for before, is not among the answers, and stays as it is.
    """
    rows = await connection.fetch(_ABORT, list(process_ids), reason, actor)
    return {
        ProcessId(row["id"]): Aborted(status=ProcessStatus(row["status"]), began=row["began"]) for row in rows
    }


async def release(connection: asyncpg.Connection, process_ids: Collection[ProcessId]) -> None:
    """Put the subscriptions back in sync that the processes hold. The caller has locked the processes.

    Locks: the rows of the subscriptions, in the order of their ids.
    """
    await connection.execute(_RELEASE, list(process_ids))


async def end_abandoned(connection: asyncpg.Connection, process_ids: list[ProcessId]) -> list[ProcessId]:
    """End the aborts whose owner was lost before it could; those of them that were ended."""
    rows = await connection.fetch(_END_ABANDONED, process_ids)
    return [ProcessId(row["id"]) for row in rows]
