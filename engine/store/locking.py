"""A process as a command finds it: read without a lock to prepare the command, or locked to carry it out."""

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from engine.states import ProcessStatus
from engine.store.json_edge import as_object
from engine.store.scoping import customers_of, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessNow:
    """Where a process stands."""

    id: ProcessId
    workflow: str
    status: ProcessStatus
    version: int
    current_step: str | None
    created_by: str
    state: dict[str, JsonValue]


_FIND = f"""
SELECT p.id, p.workflow, p.status, p.version, p.current_step, p.created_by, p.state
FROM process AS p WHERE p.id = $1 AND {visible("$2")}
"""  # noqa: S608  # made of constants of this package

_FIND_ALL = f"""
SELECT p.id, p.workflow, p.status, p.version, p.current_step, p.created_by, p.state
FROM process AS p WHERE p.id = ANY ($1::uuid[]) AND {visible("$2")}
"""  # noqa: S608  # made of constants of this package

_LOCK = f"""
SELECT p.status FROM process AS p WHERE p.id = $1 AND {visible("$2")} FOR NO KEY UPDATE OF p
"""  # noqa: S608  # made of constants of this package

_SUBSCRIPTIONS = (
    "SELECT subscription_id FROM process_subscription WHERE process_id = $1 ORDER BY subscription_id"
)


async def find(connection: asyncpg.Connection, process_id: ProcessId, *, scope: Scope) -> ProcessNow | None:
    """The process as it is at this moment; it may have moved on before the caller acts."""
    row = await connection.fetchrow(_FIND, process_id, customers_of(scope))
    return None if row is None else _process_now(row)


async def find_all(
    connection: asyncpg.Connection, process_ids: Collection[ProcessId], *, scope: Scope
) -> list[ProcessNow]:
    """Those of the processes that are in scope, each as `find` gives it, in one statement."""
    rows = await connection.fetch(_FIND_ALL, list(process_ids), customers_of(scope))
    return [_process_now(row) for row in rows]


async def lock(
    connection: asyncpg.Connection, process_id: ProcessId, *, scope: Scope
) -> ProcessStatus | None:
    """Lock the process until the transaction ends, and its status.

    A statement that follows sees all that earlier holders of the lock have committed; one that waited for the
    lock itself would see the rows of other tables as they were before.
    """
    status = await connection.fetchval(_LOCK, process_id, customers_of(scope))
    return None if status is None else ProcessStatus(status)


async def subscriptions_of(connection: asyncpg.Connection, process_id: ProcessId) -> list[SubscriptionId]:
    """The subscriptions the process concerns, in the order in which they are locked."""
    rows = await connection.fetch(_SUBSCRIPTIONS, process_id)
    return [SubscriptionId(row["subscription_id"]) for row in rows]


def _process_now(row: asyncpg.Record) -> ProcessNow:
    return ProcessNow(
        id=ProcessId(row["id"]),
        workflow=row["workflow"],
        status=ProcessStatus(row["status"]),
        version=row["version"],
        current_step=row["current_step"],
        created_by=row["created_by"],
        state=as_object(row["state"]),
    )
