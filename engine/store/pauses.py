"""The engine's one row: whether runs are carried out, and how far a pause has come.

A pause is asked for in one statement (PAUSING), and is complete (PAUSED) as soon as no worker that is alive
can be at work: each has acknowledged this very pause, and no process has a live lease. That is read, not
written: so it is never said of an engine in which somebody has come back to life.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from engine.states import EngineStatus
from engine.store.channels import INBOX_CHANNEL

_AT_WORK = "SELECT FROM process WHERE status IN ('RUNNING', 'ABORTING') AND lease_until > now()"

_STATUS = f"""
CASE WHEN e.status = 'PAUSING'
      AND NOT EXISTS (SELECT FROM worker WHERE live_until > now() AND pause_seen < e.pause_no)
      AND NOT EXISTS ({_AT_WORK})
     THEN 'PAUSED' ELSE coalesce(e.status, 'RUNNING') END
"""  # made of constants of this module
"""An SQL expression; `e` is the engine's row, or null if nobody ever paused it."""

_PAUSE = f"""
WITH paused AS (
    INSERT INTO engine AS e (status, changed_by, pause_no) VALUES ('PAUSING', $1, 1)
    ON CONFLICT (singleton) DO UPDATE
    SET status = 'PAUSING', changed_at = now(), changed_by = $1, pause_no = e.pause_no + 1
    WHERE e.status = 'RUNNING'
    RETURNING e.pause_no
)
SELECT pg_notify('{INBOX_CHANNEL}', '*') FROM paused
"""  # noqa: S608  # made of constants of this package

_UNPAUSE = f"""
WITH unpaused AS (
    UPDATE engine SET status = 'RUNNING', changed_at = now(), changed_by = $1
    WHERE status <> 'RUNNING'
    RETURNING pause_no
)
SELECT pg_notify('{INBOX_CHANNEL}', '*') FROM unpaused
"""  # noqa: S608  # made of constants of this package

_READ_STATUS = f"SELECT {_STATUS} FROM (VALUES (1)) AS one LEFT JOIN engine AS e ON true"  # noqa: S608  # as above

_READ = f"""
SELECT {_STATUS} AS status, e.changed_at, e.changed_by,
       (SELECT count(*) FROM ({_AT_WORK}) AS at_work) AS running,
       w.id, w.host, w.pid, w.started_at, w.seen_at, w.live_until > now() AS live,
       e.status <> 'RUNNING' AND w.pause_seen >= e.pause_no AS acknowledged,
       (SELECT count(*) FROM process AS p
        WHERE p.status IN ('RUNNING', 'ABORTING') AND p.lease_until > now() AND p.owner = w.id) AS steps
FROM (VALUES (1)) AS one LEFT JOIN engine AS e ON true LEFT JOIN worker AS w ON true
ORDER BY w.started_at, w.id
"""  # noqa: S608  # made of constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """One worker.

    Attributes:
        live: Whether it was heard of lately; one that is not is lost, or long gone.
        paused: Whether it has acknowledged the pause that is asked for now.
        running_steps: How many steps it carries out at this moment.
    """

    id: UUID
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    live: bool
    paused: bool
    running_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """The engine as a whole.

    Attributes:
        changed_at: When it was paused or unpaused last; None if never.
        changed_by: By whom.
        workers: Those that are known, in the order they began.
        running_processes: How many processes somebody works on at this moment.
    """

    status: EngineStatus
    changed_at: datetime | None
    changed_by: str | None
    workers: tuple[WorkerView, ...]
    running_processes: int


async def pause(connection: asyncpg.Connection, *, actor: str) -> bool:
    """Ask every worker to stop before its next step; False, and nothing written, if that was asked before."""
    return await connection.fetchrow(_PAUSE, actor) is not None


async def unpause(connection: asyncpg.Connection, *, actor: str) -> bool:
    """Let the workers go on, and wake them; False, and nothing written, if none was asked to stop."""
    return await connection.fetchrow(_UNPAUSE, actor) is not None


async def engine_status(connection: asyncpg.Connection) -> EngineStatus:
    """Whether runs are carried out; an engine nobody ever paused is RUNNING."""
    return EngineStatus(await connection.fetchval(_READ_STATUS))


async def engine_view(connection: asyncpg.Connection) -> EngineView:
    """The engine with its workers, as of one moment."""
    rows = await connection.fetch(_READ)
    first = rows[0]
    return EngineView(
        status=EngineStatus(first["status"]),
        changed_at=first["changed_at"],
        changed_by=first["changed_by"],
        workers=tuple(_worker(row) for row in rows if row["id"] is not None),
        running_processes=first["running"],
    )


def _worker(row: asyncpg.Record) -> WorkerView:
    return WorkerView(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        live=row["live"],
        paused=row["acknowledged"] is True,
        running_steps=row["steps"],
    )
