"""A process as a command finds it: read without a lock to prepare the command, or locked to carry it out."""

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from engine.authorizers import ProcessFacts
from engine.states import ProcessStatus
from engine.store.json_edge import as_list, as_object, text_of
from engine.store.scoping import customers_of, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessNow:
    """Where a process stands, with its state."""

    facts: ProcessFacts
    state: dict[str, JsonValue]

    @property
    def id(self) -> ProcessId:
        """The process."""
        return self.facts.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a process has behind it.

    Attributes:
        done: The keys of the steps that it has carried out or left out, in this order.
        planned: The keys of the steps its workflow had when it began.
    """

    done: tuple[str, ...]
    planned: frozenset[str]


_COLUMNS = "p.id, p.workflow, p.is_task, p.status, p.version, p.current_step, p.created_by, p.customers"

_FIND = f"""
SELECT {_COLUMNS}, p.state
FROM process AS p WHERE p.id = $1 AND {visible("$2")}
"""  # noqa: S608  # made of constants of this package

_FIND_ALL = f"""
SELECT {_COLUMNS}, p.state
FROM process AS p WHERE p.id = ANY ($1::uuid[]) AND {visible("$2")}
"""  # noqa: S608  # made of constants of this package

_FACTS = f"""
SELECT {_COLUMNS} FROM process AS p WHERE p.id = ANY ($1::uuid[]) AND {visible("$2")}
"""  # noqa: S608  # made of constants of this package

_FAILED_TASKS = f"""
SELECT {_COLUMNS} FROM process AS p
WHERE p.status = 'FAILED' AND p.is_task AND {visible("$1")}
ORDER BY p.id
"""  # noqa: S608  # made of constants of this package

_LOCK = f"{_FACTS} ORDER BY p.id FOR NO KEY UPDATE OF p"

_LOCK_TO_DELETE = f"{_FACTS} ORDER BY p.id FOR UPDATE OF p"

_PAST = """
SELECT p.steps,
       ARRAY(SELECT s.key FROM process_step AS s
             WHERE s.process_id = p.id AND s.status IN ('SUCCESS', 'SKIPPED') ORDER BY s.position) AS done
FROM process AS p WHERE p.id = $1
"""

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


async def facts(
    connection: asyncpg.Connection, process_ids: Collection[ProcessId], *, scope: Scope
) -> dict[ProcessId, ProcessFacts]:
    """Those of the processes that are in scope, as they are at this moment."""
    return _by_id(await connection.fetch(_FACTS, list(process_ids), customers_of(scope)))


async def failed_tasks(connection: asyncpg.Connection, *, scope: Scope) -> dict[ProcessId, ProcessFacts]:
    """The tasks in scope that are FAILED at this moment, the oldest first."""
    return _by_id(await connection.fetch(_FAILED_TASKS, customers_of(scope)))


async def lock(connection: asyncpg.Connection, process_id: ProcessId, *, scope: Scope) -> ProcessFacts | None:
    """Lock the process until the transaction ends, and what it is then.

    A statement that follows sees all that earlier holders of the lock have committed; one that waited for the
    lock itself would see the rows of other tables as they were before.
    """
    return (await lock_all(connection, [process_id], scope=scope)).get(process_id)


async def lock_all(
    connection: asyncpg.Connection,
    process_ids: Collection[ProcessId],
    *,
    scope: Scope,
    to_delete: bool = False,
) -> dict[ProcessId, ProcessFacts]:
    """Lock those of the processes that are in scope, each as `lock` does, in one statement."""
    query = _LOCK_TO_DELETE if to_delete else _LOCK
    return _by_id(await connection.fetch(query, list(process_ids), customers_of(scope)))


async def past(connection: asyncpg.Connection, process_id: ProcessId) -> Past:
    """What a process that is locked has behind it."""
    row = await connection.fetchrow(_PAST, process_id)
    assert row is not None, "it is locked"
    planned = frozenset(text_of(as_list(step)[0]) for step in as_list(row["steps"]))
    return Past(done=tuple(row["done"]), planned=planned)


async def subscriptions_of(connection: asyncpg.Connection, process_id: ProcessId) -> list[SubscriptionId]:
    """The subscriptions the process concerns, in the order in which they are locked."""
    rows = await connection.fetch(_SUBSCRIPTIONS, process_id)
    return [SubscriptionId(row["subscription_id"]) for row in rows]


def _by_id(rows: Collection[asyncpg.Record]) -> dict[ProcessId, ProcessFacts]:
    return {ProcessId(row["id"]): _facts_of(row) for row in rows}


def _facts_of(row: asyncpg.Record) -> ProcessFacts:
    return ProcessFacts(
        id=ProcessId(row["id"]),
        workflow=row["workflow"],
        is_task=row["is_task"],
        status=ProcessStatus(row["status"]),
        version=row["version"],
        current_step=row["current_step"],
        created_by=row["created_by"],
        customers=tuple(CustomerId(customer) for customer in row["customers"]),
    )


def _process_now(row: asyncpg.Record) -> ProcessNow:
    return ProcessNow(facts=_facts_of(row), state=as_object(row["state"]))
