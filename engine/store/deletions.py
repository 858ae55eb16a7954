"""Removing processes with all that was recorded of them."""

from collections.abc import Collection

import asyncpg

from domain.ids import ProcessId

_HOLDERS = """
SELECT DISTINCT l.process_id
FROM process_subscription AS l JOIN subscription AS s ON s.id = l.subscription_id
WHERE l.process_id = ANY ($1::uuid[]) AND s.held_by = l.process_id
"""

# What has a foreign key to the process goes with it.
_DELETE = """
WITH deleted AS (
    DELETE FROM process AS p
    WHERE p.id = ANY ($1::uuid[]) AND p.is_task AND p.status IN ('COMPLETED', 'ABORTED')
    RETURNING p.id
),
steps AS (
    DELETE FROM process_step AS s USING deleted AS d WHERE s.process_id = d.id
),
attempts AS (
    DELETE FROM step_attempt AS a USING deleted AS d WHERE a.process_id = d.id
),
events AS (
    DELETE FROM event AS e USING deleted AS d WHERE e.process_id = d.id
)
SELECT d.id FROM deleted AS d
"""


async def holders(connection: asyncpg.Connection, process_ids: Collection[ProcessId]) -> frozenset[ProcessId]:
    """Those of the processes that hold a subscription."""
    rows = await connection.fetch(_HOLDERS, list(process_ids))
    return frozenset(ProcessId(row["process_id"]) for row in rows)


async def delete(connection: asyncpg.Connection, process_ids: Collection[ProcessId]) -> frozenset[ProcessId]:
    """Delete those of the processes that are tasks and have ended; the caller has locked them."""
    rows = await connection.fetch(_DELETE, list(process_ids))
    return frozenset(ProcessId(row["id"]) for row in rows)
