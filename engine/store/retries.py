"""Another try for processes that failed, or that wait for their next attempt."""

from collections.abc import Collection

import asyncpg

from domain.ids import ProcessId
from engine.store.channels import notify_event
from engine.store.payloads import STEP_SCALARS

# A process whose workflow had lost its step goes on where it was parked, with what arrived for it.
_RETRY = f"""
WITH retried AS (
    UPDATE process AS p
    SET status = 'QUEUED', run_no = p.run_no + 1, run_by = $2, failure_kind = NULL, failure_reason = NULL,
        wake_at = NULL, version = p.version + 1, modified_at = now()
    WHERE p.id = ANY ($1::uuid[]) AND p.status IN ('FAILED', 'WAITING')
    RETURNING p.id, p.run_no, p.version, p.current_step
),
step AS (
    UPDATE process_step AS s
    SET status = 'PENDING', finished_at = NULL, lost_attempts = 0,
        parked_as = CASE before.failure_kind WHEN 'WORKFLOW_CHANGED' THEN s.parked_as END,
        first_attempt = s.attempts + 1, first_attempt_at = NULL
    FROM retried AS r JOIN process AS before ON before.id = r.id
    WHERE s.process_id = r.id AND s.key = r.current_step
    RETURNING s.*
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT r.id, r.version, 0, 'STEP_FINISHED', {STEP_SCALARS}, now()
    FROM retried AS r JOIN step AS s ON s.process_id = r.id
    UNION ALL
    SELECT r.id, r.version, 1, 'PROCESS_STATUS',
           json_build_object('status', 'QUEUED', 'currentStep', r.current_step), now()
    FROM retried AS r
)
SELECT r.id, r.run_no, {notify_event("r.id")} FROM retried AS r
"""  # noqa: S608  # made of constants of this package


async def retry(
    connection: asyncpg.Connection, process_ids: Collection[ProcessId], *, actor: str
) -> dict[ProcessId, int]:
    """Queue processes again with a fresh budget of attempts for their steps; the numbers of their new runs.

    The caller has locked them in an earlier statement, in the order of their ids. One that neither failed nor
    waits is not among the answers, and stays as it is.
    """
    rows = await connection.fetch(_RETRY, list(process_ids), actor)
    return {ProcessId(row["id"]): row["run_no"] for row in rows}
