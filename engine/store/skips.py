"""Leaving out the step at which a process is parked or has failed."""

from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId
from engine.store.channels import notify_event
from engine.store.checkpoints import NextStep
from engine.store.payloads import STEP_SCALARS

_STEP_SCALARS = f"""{STEP_SCALARS.removesuffix(")")},
        'skippedBy', s.skipped_by, 'skipReason', s.skip_reason)"""

_SKIP = f"""
WITH skipped AS (
    UPDATE process AS p
    SET status = CASE WHEN $7::text IS NULL THEN 'COMPLETED' ELSE 'QUEUED' END, current_step = $7,
        run_no = p.run_no + ($7::text IS NOT NULL)::int, run_by = $4,
        state = coalesce($6::text::json, p.state),
        failure_kind = NULL, failure_reason = NULL, wake_at = NULL, assignee = NULL,
        ended_at = CASE WHEN $7::text IS NULL THEN now() END, version = p.version + 1, modified_at = now()
    WHERE p.id = $1 AND p.version = $2 AND p.current_step = $3
      AND p.status IN ('FAILED', 'WAITING', 'SUSPENDED', 'AWAITING_CALLBACK')
    RETURNING p.id, p.run_no, p.version, p.status, p.current_step
),
step AS (
    UPDATE process_step AS s
    SET status = 'SKIPPED', parked_as = NULL, assignee = NULL, finished_at = now(), lost_attempts = 0,
        skipped_by = $4, skip_reason = $5, delta = coalesce($8::text::json, s.delta)
    FROM skipped AS k
    WHERE s.process_id = k.id AND s.key = $3
    RETURNING s.*
),
attempt AS (
    UPDATE step_attempt AS a SET status = 'SKIPPED', finished_at = now()
    FROM skipped AS k
    WHERE a.process_id = k.id AND a.step_key = $3 AND a.status IN ('SUSPENDED', 'AWAITING_CALLBACK')
),
closed AS (
    UPDATE callback AS c SET used_at = now()
    FROM skipped AS k
    WHERE c.process_id = k.id AND c.step_key = $3 AND c.used_at IS NULL
),
taken AS (
    UPDATE inbox AS b SET read_version = k.version
    FROM skipped AS k
    WHERE b.process_id = k.id AND b.step_key = $3 AND b.read_version IS NULL
),
following AS (
    INSERT INTO process_step (process_id, key, position, name, kind, status, attempts)
    SELECT k.id, $7, $9, $10, $11, 'PENDING', 0 FROM skipped AS k WHERE $7::text IS NOT NULL
    ON CONFLICT (process_id, key) DO NOTHING
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT k.id, k.version, 0, 'STEP_FINISHED', {_STEP_SCALARS}, now()
    FROM skipped AS k JOIN step AS s ON s.process_id = k.id
    UNION ALL
    SELECT k.id, k.version, 1, 'PROCESS_STATUS',
           json_build_object('status', k.status, 'currentStep', k.current_step), now()
    FROM skipped AS k
)
SELECT k.run_no, {notify_event("k.id")} FROM skipped AS k
"""  # noqa: S608  # made of constants of this package


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedStep:
    """A step that is left out.

    Attributes:
        reason: Why, for the record.
        delta: What stands for its outputs, as JSON text; None keeps what it gave before it was parked.
        state: The state behind it, as JSON text; None leaves it.
        following: Where the process goes on; None if it is at its end.
    """

    key: str
    reason: str
    delta: str | None
    state: str | None
    following: NextStep | None


async def skip(
    connection: asyncpg.Connection, process_id: ProcessId, step: SkippedStep, *, version: int, actor: str
) -> int | None:
    """Record the step as SKIPPED and queue the process behind it, or end it; the number of its latest run.

    The caller has locked the process in an earlier statement.
    None, and nothing written, if the process has another version, or is neither parked at that step nor has
    failed there.
    """
    following = step.following
    return await connection.fetchval(
        _SKIP,
        process_id,
        version,
        step.key,
        actor,
        step.reason,
        step.state,
        following and following.key,
        step.delta,
        following and following.position,
        following and following.name,
        following and following.kind,
    )
