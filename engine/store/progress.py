"""How far steps in flight are: kept beside the step, for whoever looks, and told to those who watch.

A hint has no version and no event, and nobody waits for it to be safe on disk. No write here waits for a lock
either: a step that is being recorded at the moment has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId
from engine.states import ProcessStatus
from engine.store.callbacks import USED
from engine.store.channels import PROGRESS_CHANNEL, woken_by


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedProgress:
    """How far a step is that a worker carries out; what is None stays as it was."""

    process_id: ProcessId
    epoch: int
    step_key: str
    percent: float | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedProgress:
    """What became of a report from outside.

    Attributes:
        used: Whether the token it came under was used before.
        awaited: Whether the process is at the token's step.
    """

    process_id: ProcessId
    status: ProcessStatus
    used: bool
    awaited: bool


_SET = """
    SET progress_percent = coalesce({percent}, s.progress_percent),
        progress_message = coalesce({message}, s.progress_message), progress_at = now()
"""
_UNSAFE = "set_config('synchronous_commit', 'off', true)"

_RECORD = f"""
WITH item AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::float8[], $5::text[])
        AS t(id, epoch, step_key, percent, message)
),
free AS MATERIALIZED (
    SELECT i.*
    FROM item AS i
    JOIN process AS p ON p.id = i.id AND p.epoch = i.epoch AND p.current_step = i.step_key
    JOIN process_step AS s ON s.process_id = i.id AND s.key = i.step_key
    WHERE p.status = 'RUNNING' AND s.status = 'RUNNING'
    FOR NO KEY UPDATE OF s SKIP LOCKED
),
written AS (
    UPDATE process_step AS s {_SET.format(percent="f.percent", message="f.message")}
    FROM free AS f WHERE s.process_id = f.id AND s.key = f.step_key
    RETURNING s.process_id AS id
),
{woken_by("written", channel=PROGRESS_CHANNEL)}
SELECT {_UNSAFE}, (SELECT count(*) FROM woken)
"""  # noqa: S608  # made of constants of this package

_RECEIVE = f"""
WITH token AS (
    SELECT c.process_id, c.step_key, {USED} AS used, p.status,
           p.current_step = c.step_key AND p.status IN ('QUEUED', 'RUNNING', 'AWAITING_CALLBACK') AS awaited
    FROM callback AS c JOIN process AS p ON p.id = c.process_id
    WHERE c.token_hash = $1
),
free AS MATERIALIZED (
    SELECT s.process_id, s.key
    FROM token AS t JOIN process_step AS s ON s.process_id = t.process_id AND s.key = t.step_key
    WHERE NOT t.used AND t.awaited
    FOR NO KEY UPDATE OF s SKIP LOCKED
),
written AS (
    UPDATE process_step AS s {_SET.format(percent="$2", message="$3")}
    FROM free AS f WHERE s.process_id = f.process_id AND s.key = f.key
    RETURNING s.process_id AS id
),
{woken_by("written", channel=PROGRESS_CHANNEL)}
SELECT t.process_id, t.status, t.used, coalesce(t.awaited, false) AS awaited,
       {_UNSAFE}, (SELECT count(*) FROM woken)
FROM token AS t
"""  # noqa: S608  # made of constants of this package


async def record(connection: asyncpg.Connection, reports: Sequence[ReportedProgress]) -> None:
    """Keep how far the steps are whose runs still own their process, and tell those who watch."""
    await connection.execute(
        _RECORD,
        [report.process_id for report in reports],
        [report.epoch for report in reports],
        [report.step_key for report in reports],
        [report.percent for report in reports],
        [report.message for report in reports],
    )


async def receive(
    connection: asyncpg.Connection, token_hash: bytes, *, percent: float | None, message: str | None
) -> ReceivedProgress | None:
    """As `record`, for the step of a callback's token, if that is good; None if it was never given away."""
    row = await connection.fetchrow(_RECEIVE, token_hash, percent, message)
    if row is None:
        return None
    return ReceivedProgress(
        process_id=ProcessId(row["process_id"]),
        status=ProcessStatus(row["status"]),
        used=row["used"],
        awaited=row["awaited"],
    )
