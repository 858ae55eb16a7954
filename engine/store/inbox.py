"""What arrives for a process from outside: a row under the process's lock, and a new run if it was parked."""

import asyncpg

from domain.ids import ProcessId
from domain.json import JsonValue
from engine.store.channels import notify_event

_INPUT = f"""
WITH resumed AS (
    UPDATE process AS p
    SET status = 'QUEUED', run_no = p.run_no + 1, inbox_no = p.inbox_no + 1, run_by = $5, wake_at = NULL,
        assignee = NULL, version = p.version + 1, modified_at = now()
    WHERE p.id = $1 AND p.status = 'SUSPENDED' AND p.current_step = $2 AND p.version = $3
    RETURNING p.id, p.run_no, p.inbox_no, p.version, p.current_step
),
arrived AS (
    INSERT INTO inbox (process_id, number, kind, step_key, payload, actor)
    SELECT r.id, r.inbox_no, 'INPUT', r.current_step, $4, $5 FROM resumed AS r
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT r.id, r.version, 0, 'PROCESS_STATUS',
           json_build_object('status', 'QUEUED', 'currentStep', r.current_step), now()
    FROM resumed AS r
)
SELECT r.run_no, {notify_event("r.id")} FROM resumed AS r
"""  # noqa: S608  # made of constants of this package


async def add_input(
    connection: asyncpg.Connection,
    process_id: ProcessId,
    *,
    step_key: str,
    version: int,
    values: JsonValue,
    actor: str,
) -> int | None:
    """Give a suspended process the input it asked for and queue it; the number of its new run.

    None, and nothing written, if the process is no longer suspended at that step in that version.
    """
    return await connection.fetchval(_INPUT, process_id, step_key, version, values, actor)
