"""The beginning of processes: their rows, their subjects and their first events, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue, encode
from domain.scope import Scope
from engine.states import ProcessStatus, Target
from engine.store.channels import woken_by
from engine.store.records import PlannedStep
from engine.store.scoping import customers_of, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProcess:
    """A process about to be written.

    Attributes:
        values: What its state begins with.
        customer: Whom it concerns, if anybody.
        key: What stands for the idempotency key and whose it is; None without one.
        start_digest: What a repetition under the same idempotency key must agree with.
        subject: The subscription that it starts on, if there is one.
        holds: Whether the process takes its subject: that is out of sync until it lets it go.
    """

    id: ProcessId
    workflow: str
    target: Target
    is_task: bool
    fingerprint: str
    steps: Sequence[PlannedStep]
    values: Mapping[str, JsonValue]
    customer: CustomerId | None
    actor: str
    key: str | None
    start_digest: bytes
    subject: SubscriptionId | None
    holds: bool = False


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
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(
        $8::uuid[], $9::text[], $10::text[], $11::bytea[], $12::varchar[], $13::uuid[], $14::bool[]
    ) AS t(id, state, key, digest, customer, subject, holds)
),
created AS (
    INSERT INTO process (id, workflow, target, is_task, fingerprint, steps, customers, created_by, run_by,
                         status, current_step, state, idempotency_key, start_digest)
    SELECT i.id, $1, $2, $3, $4, $5, array_remove(ARRAY[i.customer], NULL), $6, $6,
           'QUEUED', $7, i.state::json, i.key, i.digest
    FROM wanted AS i
    WHERE NOT EXISTS (SELECT FROM engine WHERE engine.status <> 'RUNNING')
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id, version, current_step
),
linked AS (
    INSERT INTO process_subscription (process_id, subscription_id)
    SELECT i.id, i.subject FROM created AS c JOIN wanted AS i ON i.id = c.id WHERE i.subject IS NOT NULL
),
held AS (
    UPDATE subscription AS s SET in_sync = false, held_by = i.id
    FROM created AS c JOIN wanted AS i ON i.id = c.id WHERE i.holds AND s.id = i.subject
),
events AS (
    INSERT INTO event (process_id, version, ordinal, kind, payload, at)
    SELECT c.id, c.version, 0, 'PROCESS_STATUS',
           json_build_object('status', 'QUEUED', 'currentStep', c.current_step), now()
    FROM created AS c
),
{woken_by("created")}
SELECT c.id, (SELECT count(*) FROM woken) FROM created AS c
"""  # noqa: S608  # made of constants of this package

_EARLIER = f"""
SELECT p.id, p.idempotency_key, p.start_digest, {visible("$2")} AS in_scope
FROM process AS p WHERE p.idempotency_key = ANY ($1::text[])
"""  # noqa: S608  # made of constants of this package

_LOCK_WORKFLOW = "SELECT pg_advisory_xact_lock(hashtextextended('orchestrion.start.' || $1, 0))"

_COUNT = "SELECT count(*) FROM process WHERE workflow = $1 AND status = ANY ($2::text[])"


async def insert(connection: asyncpg.Connection, processes: Sequence[NewProcess]) -> frozenset[ProcessId]:
    """Write processes of one workflow and one caller, QUEUED for their first runs; those that were written.

    None is while the engine is paused, and none whose idempotency key is taken. One statement.

    Args:
        connection: In a transaction that holds the rows of the subscriptions.
        processes: What to write.
    """
    first = processes[0]
    rows = await connection.fetch(
        _INSERT,
        first.workflow,
        first.target,
        first.is_task,
        first.fingerprint,
        [[step.key, step.name, step.kind, step.assignee] for step in first.steps],
        first.actor,
        first.steps[0].key,
        [process.id for process in processes],
        [encode(dict(process.values)) for process in processes],
        [process.key for process in processes],
        [process.start_digest for process in processes],
        [process.customer for process in processes],
        [process.subject for process in processes],
        [process.holds for process in processes],
    )
    return frozenset(ProcessId(row["id"]) for row in rows)


async def find_earlier(
    connection: asyncpg.Connection, keys: Collection[str], *, scope: Scope
) -> dict[str, EarlierStart]:
    """The processes started under these keys, in scope or not, by their keys."""
    rows = await connection.fetch(_EARLIER, list(keys), customers_of(scope))
    return {
        row["idempotency_key"]: EarlierStart(
            process_id=ProcessId(row["id"]), start_digest=row["start_digest"], in_scope=row["in_scope"]
        )
        for row in rows
    }


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
