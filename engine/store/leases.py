"""Staying the owner: one statement renews every lease of a worker and says what its processes' rows say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from domain.ids import ProcessId
from engine.states import ProcessStatus

# A worker that was killed leaves its row behind. One whose row is there already was not told so.
_REGISTER = """
WITH forgotten AS (
    DELETE FROM worker WHERE seen_at < now() - interval '1 day'
)
INSERT INTO worker (id, host, pid, live_until, pause_seen)
VALUES ($1, $2, $3, now() + make_interval(secs => $4),
        CASE WHEN $5 THEN coalesce((SELECT pause_no FROM engine), 0) ELSE 0 END)
ON CONFLICT (id) DO UPDATE
SET seen_at = now(), live_until = excluded.live_until, pause_seen = excluded.pause_seen
"""

_UNREGISTER = "DELETE FROM worker WHERE id = $1"

# SKIP LOCKED: a row that is locked is being written by a checkpoint, which renews the lease itself, or by a
# command; waiting for several rows in any order could deadlock with the writer.
_RENEW = """
WITH seen AS (
    UPDATE worker
    SET seen_at = now(), live_until = now() + make_interval(secs => $4), pause_seen = coalesce($5, pause_seen)
    WHERE id = $1
    RETURNING id
),
mine AS (
    SELECT * FROM unnest($2::uuid[], $3::int[]) AS t(id, epoch)
),
held AS MATERIALIZED (
    SELECT p.id FROM process AS p JOIN mine AS m ON p.id = m.id AND p.epoch = m.epoch
    WHERE p.status IN ('RUNNING', 'ABORTING')
    FOR NO KEY UPDATE OF p SKIP LOCKED
),
renewed AS (
    UPDATE process AS p SET lease_until = now() + make_interval(secs => $4)
    FROM held AS h WHERE p.id = h.id
)
SELECT m.id, p.epoch = m.epoch AS owned, p.status,
       (SELECT pause_no FROM engine WHERE status <> 'RUNNING') AS pause_no,
       EXISTS (SELECT FROM seen) AS known
FROM (VALUES (1)) AS one LEFT JOIN (mine AS m JOIN process AS p ON p.id = m.id) ON true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseNews:
    """What the row of an owned process says.

    Attributes:
        owned: Whether the claim still holds: if not, another worker has taken the process over.
    """

    process_id: ProcessId
    owned: bool
    status: ProcessStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What a heartbeat learns.

    Attributes:
        leases: Of the worker's processes; one that was deleted is not among them.
        pause_no: Which pause the engine is in; None if runs are carried out.
        known: Whether the worker is known; it was forgotten if it was not heard of for a day.
    """

    leases: Sequence[LeaseNews]
    pause_no: int | None
    known: bool


async def register(
    connection: asyncpg.Connection, worker_id: UUID, *, host: str, pid: int, lease_s: float, idle: bool = True
) -> None:
    """Make the worker known, and forget those that were not heard of for a day.

    To be repeated if it is not known whether it was carried out, or if the worker was forgotten.

    Args:
        connection: Any connection.
        worker_id: The worker.
        host: Where it is.
        pid: Its process there.
        lease_s: How long it counts as alive without a sign of life.
        idle: Whether nothing of it is under way, so that it acknowledges a pause by this.
    """
    await connection.execute(_REGISTER, worker_id, host, pid, lease_s, idle)


async def unregister(connection: asyncpg.Connection, worker_id: UUID) -> None:
    """Forget the worker."""
    await connection.execute(_UNREGISTER, worker_id)


async def renew(
    connection: asyncpg.Connection,
    worker_id: UUID,
    *,
    epochs: Mapping[ProcessId, int],
    lease_s: float,
    pause_seen: int | None = None,
) -> Renewal:
    """Prolong the leases that are still the worker's, and what became of each process.

    Args:
        connection: Any connection.
        worker_id: The worker.
        epochs: The epoch of the worker's claim of each process.
        lease_s: How long the leases, and the worker, hold without a sign of life.
        pause_seen: The pause that the worker acknowledges: it is idle, and begins nothing before it learns
            that the engine goes on.
    """
    rows = await connection.fetch(
        _RENEW, worker_id, list(epochs.keys()), list(epochs.values()), lease_s, pause_seen
    )
    return Renewal(
        leases=[
            LeaseNews(
                process_id=ProcessId(row["id"]), owned=row["owned"], status=ProcessStatus(row["status"])
            )
            for row in rows
            if row["id"] is not None
        ],
        pause_no=rows[0]["pause_no"],
        known=rows[0]["known"],
    )
