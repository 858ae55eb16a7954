"""The beginning of a process: its row, its subjects and its first event, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue, encode
from domain.scope import Scope
from engine.states import ProcessStatus, Target
from engine.store.channels import notify_event
from engine.store.records import PlannedStep
from engine.store.scoping import customers_of, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProcess:
    """A process about to be written.

    Attributes:
        values: What its state begins with.
        start_digest: What a repetition under the same idempotency key must agree with.
    """

    id: ProcessId
    workflow: str
    target: Target
    is_task: bool
    fingerprint: str
    steps: Sequence[PlannedStep]
    values: Mapping[str, JsonValue]
    customers: Sequence[CustomerId]
    actor: str
    idempotency_key: str | None
    start_digest: bytes
    subscriptions: Sequence[SubscriptionId]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierStart:
    """The process that was started under an idempotency key before.

    Attributes:
        in_scope: Whether the caller may see it.
    """

    process_id: ProcessId
    start_digest: bytes
    in_scope: bool


_INSERT = f"""
WITH created AS (
    INSERT INTO process (id, workflow, target, is_task, fingerprint, steps, customers, created_by, run_by,
                         status, current_step, state, idempotency_key, start_digest)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8, 'QUEUED', $9, $10::text::json, $11, $12
    WHERE NOT EXISTS (SELECT FROM engine WHERE engine.status <> 'RUNNING')
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id, version, current_step
),
linked AS (
    INSERT INTO process_subscription (process_id, subscription_id)
    SELECT c.id, subject.id FROM created AS c CROSS JOIN unnest($13::uuid[]) AS subject(id)
),
held AS (
    UPDATE subscription AS s SET in_sync = false, held_by = c.id
    FROM created AS c WHERE $14 AND s.id = ANY ($13::uuid[])
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT c.id, c.version, 0, 'PROCESS_STATUS',
           json_build_object('status', 'QUEUED', 'currentStep', c.current_step), now()
    FROM created AS c
)
SELECT c.id, {notify_event("c.id")} FROM created AS c
"""  # noqa: S608  # made of constants of this package

_EARLIER = f"""
SELECT p.id, p.start_digest, {visible("$2")} AS in_scope FROM process AS p WHERE p.idempotency_key = $1
"""  # noqa: S608  # made of constants of this package

_LOCK_WORKFLOW = "SELECT pg_advisory_xact_lock(hashtextextended('orchestrion.start.' || $1, 0))"

_COUNT = "SELECT count(*) FROM process WHERE workflow = $1 AND status = ANY ($2::text[])"


async def insert(connection: asyncpg.Connection, process: NewProcess, *, holds: bool) -> bool:
    """Write the process, QUEUED for its first run; False, and nothing written, if that cannot be.

    It cannot if the engine is paused or the idempotency key is taken.

    Args:
        connection: In a transaction that holds the rows of the subscriptions.
        process: What to write.
        holds: Whether the process takes its subscriptions: they are out of sync until it lets them go.
    """
    row = await connection.fetchrow(
        _INSERT,
        process.id,
        process.workflow,
        process.target,
        process.is_task,
        process.fingerprint,
        [[step.key, step.name, step.kind, step.assignee] for step in process.steps],
        process.customers,
        process.actor,
        process.steps[0].key,
        encode(dict(process.values)),
        process.idempotency_key,
        process.start_digest,
        process.subscriptions,
        holds,
    )
    return row is not None


async def find_earlier(
    connection: asyncpg.Connection, idempotency_key: str, *, scope: Scope
) -> EarlierStart | None:
    """The process started under this key, in scope or not, if there is one."""
    row = await connection.fetchrow(_EARLIER, idempotency_key, customers_of(scope))
    if row is None:
        return None
    return EarlierStart(
        process_id=ProcessId(row["id"]), start_digest=row["start_digest"], in_scope=row["in_scope"]
    )


async def lock_workflow(connection: asyncpg.Connection, workflow: str) -> None:
    """Let the starts of one workflow be decided one after the other, until the transaction ends.

    A statement that follows sees the processes that earlier holders of the lock have started.
    """
    await connection.execute(_LOCK_WORKFLOW, workflow)


async def count_processes(
    connection: asyncpg.Connection, workflow: str, statuses: Collection[ProcessStatus]
) -> int:
    """How many processes of the workflow have one of the statuses."""
    return await connection.fetchval(_COUNT, workflow, list(statuses))
