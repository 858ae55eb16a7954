"""What the engine tells of the made processes: its workers, and the events of those that are not over."""

import asyncpg

from bench.seeding.processes import WORKERS
from engine.store.payloads import STEP_SCALARS

_WORKERS = """
INSERT INTO worker (id, host, pid, live_until)
SELECT id, 'worker-' || number, 100 + number, 'infinity'
FROM unnest($1::uuid[]) WITH ORDINALITY AS made(id, number)
"""

# One version for its start, one for its claim, and one for each step that it has been through.
_EVENTS = f"""
WITH going AS (SELECT * FROM process WHERE status NOT IN ('COMPLETED', 'ABORTED'))
INSERT INTO event (process_id, version, ordinal, kind, payload, at)
SELECT id, 1, 0, 'PROCESS_STATUS',
       json_build_object('status', 'QUEUED', 'currentStep', steps->0->>0), started_at
FROM going
UNION ALL
SELECT id, 2, 2, 'PROCESS_STATUS',
       json_build_object('status', 'RUNNING', 'currentStep', steps->0->>0), started_at
FROM going WHERE status <> 'QUEUED'
UNION ALL
SELECT id, version, 2, 'PROCESS_STATUS',
       json_build_object('status', status, 'currentStep', current_step,
                         'failureKind', failure_kind, 'failureReason', failure_reason), modified_at
FROM going WHERE status NOT IN ('QUEUED', 'RUNNING')
UNION ALL
SELECT s.process_id, s.position + 2, 1, 'STEP_STARTED', {STEP_SCALARS}, s.started_at
FROM going JOIN process_step AS s ON s.process_id = going.id
UNION ALL
SELECT s.process_id, s.position + 3, 0, 'STEP_FINISHED', {STEP_SCALARS}, coalesce(s.finished_at, s.started_at)
FROM going JOIN process_step AS s ON s.process_id = going.id WHERE s.status <> 'RUNNING'
"""  # noqa: S608  # made of constants


async def write_engine(connection: asyncpg.Connection) -> dict[str, int]:
    """Write workers and events; gives how many, by table."""
    workers = await connection.execute(_WORKERS, WORKERS)
    events = await connection.execute(_EVENTS)
    return {"worker": _number(workers), "event": _number(events)}


def _number(status: str) -> int:
    return int(status.rpartition(" ")[2])
