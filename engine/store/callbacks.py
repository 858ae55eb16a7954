"""Callback tokens: kept as hashes, given away once, used once.

A token stays good while its step may still be waiting for it, also if the worker that gave it away was lost,
or the attempt failed and another one follows by itself: the outside world may have taken the first request
and answer only that one. Whatever ends the step, or fails it for a person to look at, closes its tokens.
"""

from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from domain.ids import ProcessId
from domain.json import JsonValue
from engine.states import ProcessStatus
from engine.store.channels import notify_event


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """The callback a token stands for, and where its process is."""

    process_id: ProcessId
    workflow: str
    step_key: str
    used: bool
    status: ProcessStatus
    current_step: str | None


class Arrival(StrEnum):
    """What became of a callback that arrived."""

    QUEUED = "QUEUED"
    KEPT = "KEPT"
    USED = "USED"
    NOT_AWAITED = "NOT_AWAITED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedCallback:
    """The answer to a callback; `run_no` is that of the new run if the process was queued by it."""

    arrival: Arrival
    status: ProcessStatus
    run_no: int


# A token that is there already was written by this statement, of which the answer was lost.
_ISSUE = """
INSERT INTO callback (token_hash, process_id, step_key, attempt, expires_at)
SELECT $1, p.id, $2, $3, now() + make_interval(secs => $4)
FROM process AS p
WHERE p.id = $5 AND p.epoch = $6 AND p.status = 'RUNNING'
ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at
RETURNING process_id
"""

# A step that is begun again gives away another token, though the answer to an earlier one may be there.
USED = """
(c.used_at IS NOT NULL
 OR EXISTS (SELECT FROM inbox AS i
            WHERE i.process_id = c.process_id AND i.step_key = c.step_key AND i.kind = 'CALLBACK'
              AND i.read_version IS NULL))
"""

_FIND = f"""
SELECT c.process_id, c.step_key, {USED} AS used, p.workflow, p.status, p.current_step
FROM callback AS c JOIN process AS p ON p.id = c.process_id
WHERE c.token_hash = $1
"""  # noqa: S608  # made of constants of this package

_ARRIVE = f"""
WITH token AS (
    SELECT c.process_id, c.step_key, {USED} AS used, p.status, p.run_no,
           p.current_step = c.step_key AND p.status IN ('QUEUED', 'RUNNING', 'WAITING', 'AWAITING_CALLBACK')
               AS awaited
    FROM callback AS c JOIN process AS p ON p.id = c.process_id
    WHERE c.token_hash = $1
),
closed AS (
    UPDATE callback AS c SET used_at = now()
    FROM token AS t
    WHERE NOT t.used AND t.awaited AND c.process_id = t.process_id AND c.step_key = t.step_key
      AND c.used_at IS NULL
),
taken_in AS (
    UPDATE process AS p
    SET inbox_no = p.inbox_no + 1,
        status = CASE p.status WHEN 'AWAITING_CALLBACK' THEN 'QUEUED' ELSE p.status END,
        run_no = p.run_no + (p.status = 'AWAITING_CALLBACK')::int,
        version = p.version + (p.status = 'AWAITING_CALLBACK')::int,
        wake_at = CASE p.status WHEN 'WAITING' THEN p.wake_at END, modified_at = now()
    FROM token AS t
    WHERE NOT t.used AND t.awaited AND p.id = t.process_id
    RETURNING p.id, p.run_no, p.inbox_no, p.version, p.current_step, p.status,
              t.status = 'AWAITING_CALLBACK' AS queued
),
arrived AS (
    INSERT INTO inbox (process_id, number, kind, step_key, payload, actor)
    SELECT i.id, i.inbox_no, 'CALLBACK', i.current_step, $2, $3 FROM taken_in AS i
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT i.id, i.version, 0, 'PROCESS_STATUS',
           json_build_object('status', i.status, 'currentStep', i.current_step), now()
    FROM taken_in AS i WHERE i.queued
)
SELECT CASE WHEN t.used THEN 'USED' WHEN NOT coalesce(t.awaited, false) THEN 'NOT_AWAITED'
            WHEN i.queued THEN 'QUEUED' ELSE 'KEPT' END AS arrival,
       coalesce(i.status, t.status) AS status, coalesce(i.run_no, t.run_no) AS run_no,
       CASE WHEN i.queued THEN {notify_event("i.id")} END
FROM token AS t LEFT JOIN taken_in AS i ON i.id = t.process_id
"""  # noqa: S608  # made of constants of this package


async def issue(
    connection: asyncpg.Connection,
    token_hash: bytes,
    *,
    process_id: ProcessId,
    epoch: int,
    step_key: str,
    attempt: int,
    timeout_s: float | None,
) -> bool:
    """Write a token down before it is given away; False if the run no longer owns the process.

    To be repeated with the same token if it is not known whether it was carried out.
    """
    issued = await connection.fetchval(_ISSUE, token_hash, step_key, attempt, timeout_s, process_id, epoch)
    return issued is not None


async def find(connection: asyncpg.Connection, token_hash: bytes) -> TokenRecord | None:
    """The callback this token stands for, used or not."""
    row = await connection.fetchrow(_FIND, token_hash)
    if row is None:
        return None
    return TokenRecord(
        process_id=ProcessId(row["process_id"]),
        workflow=row["workflow"],
        step_key=row["step_key"],
        used=row["used"],
        status=ProcessStatus(row["status"]),
        current_step=row["current_step"],
    )


async def arrive(
    connection: asyncpg.Connection,
    token_hash: bytes,
    *,
    payload: JsonValue,
    actor: str,
) -> ArrivedCallback:
    """Take a callback in, if its step still waits for it, and make its step's tokens void.

    The caller's transaction has locked the process in an earlier statement.
    """
    row = await connection.fetchrow(_ARRIVE, token_hash, payload, actor)
    assert row is not None, "a token is never deleted while its process exists"
    return ArrivedCallback(
        arrival=Arrival(row["arrival"]), status=ProcessStatus(row["status"]), run_no=row["run_no"]
    )
