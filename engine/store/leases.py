"""Staying the owner: one statement renews every lease of a worker and says what its processes' rows say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from domain.ids import ProcessId
from engine.states import ProcessStatus

# A worker that was killed leaves its row behind.
_REGISTER = """
WITH forgotten AS (
    DELETE FROM worker WHERE seen_at < now() - interval '1 day'
)
INSERT INTO worker (id, host, pid) VALUES ($1, $2, $3)
"""

_UNREGISTER = "DELETE FROM worker WHERE id = $1"

# SKIP LOCKED: a row that is locked is being written by a checkpoint, which renews the lease itself, or by a
# command; waiting for several rows in any order could deadlock with the writer.
_RENEW = """
WITH seen AS (
    UPDATE worker SET seen_at = now() WHERE id = $1
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
SELECT m.id, p.epoch = m.epoch AS owned, p.status
FROM mine AS m JOIN process AS p ON p.id = m.id
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


async def register(connection: asyncpg.Connection, worker_id: UUID, *, host: str, pid: int) -> None:
    """Make the worker known, and forget those that were not heard of for a day."""
    await connection.execute(_REGISTER, worker_id, host, pid)


async def unregister(connection: asyncpg.Connection, worker_id: UUID) -> None:
    """Forget the worker."""
    await connection.execute(_UNREGISTER, worker_id)


async def renew(
    connection: asyncpg.Connection,
    worker_id: UUID,
    *,
    epochs: Mapping[ProcessId, int],
    lease_s: float,
) -> Sequence[LeaseNews]:
    """Prolong the leases that are still the worker's, and what became of each process."""
    rows = await connection.fetch(_RENEW, worker_id, list(epochs.keys()), list(epochs.values()), lease_s)
    return [
        LeaseNews(process_id=ProcessId(row["id"]), owned=row["owned"], status=ProcessStatus(row["status"]))
        for row in rows
    ]
