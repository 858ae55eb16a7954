"""A process as the database has it, in one statement, with all that is compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.storage.database import Database
from engine.states import FailureKind, ProcessStatus, StepStatus
from engine.store.json_edge import as_list, as_object, text_of

_LOOK = """
SELECT p.id, p.status, p.current_step, p.state, p.failure_kind, p.owner,
       p.wake_at IS NOT NULL AS wakes, coalesce(p.wake_at <= now() + interval '1 minute', false) AS due,
       (SELECT count(*) FROM inbox AS i WHERE i.process_id = p.id) AS arrivals,
       (SELECT count(*) FROM inbox AS i WHERE i.process_id = p.id AND i.read_version IS NULL) AS unread,
       (SELECT count(*) FROM callback AS c
        WHERE c.process_id = p.id AND c.used_at IS NULL
          AND NOT EXISTS (SELECT FROM inbox AS i
                          WHERE i.process_id = p.id AND i.read_version IS NULL)) AS tokens,
       (SELECT coalesce(json_object_agg(s.key, json_build_array(s.status, s.attempts, s.delta,
            ARRAY(SELECT a.status FROM step_attempt AS a
                  WHERE a.process_id = p.id AND a.step_key = s.key ORDER BY a.number))), '{}')
        FROM process_step AS s WHERE s.process_id = p.id) AS steps,
       (SELECT min(l.subscription_id::text)::uuid FROM process_subscription AS l WHERE l.process_id = p.id)
            AS port_id
FROM process AS p WHERE p.id = ANY($1::uuid[])
"""
_LOOK_AT_PORTS = """
SELECT s.id, s.status, s.in_sync, s.held_by, b.values -> 'speed' AS speed
FROM subscription AS s JOIN block AS b ON b.subscription_id = s.id WHERE s.id = ANY($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step's row, and its attempts."""

    status: StepStatus
    attempts: tuple[StepStatus, ...]
    count: int
    delta: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """A process's row, its steps, and what arrived for it.

    Attributes:
        due: Whether something happens by itself within the next minute.
        tokens: How many callback tokens are good.
    """

    id: ProcessId
    status: ProcessStatus
    current_step: str | None
    state: dict[str, JsonValue]
    failure: FailureKind | None
    owner: UUID | None
    wakes: bool
    due: bool
    arrivals: int
    unread: int
    tokens: int
    steps: dict[str, StepView]
    port_id: SubscriptionId | None


@dataclass(frozen=True, slots=True)
class PortView:
    """A subscription's row."""

    status: str
    speed: int
    in_sync: bool
    held_by: UUID | None


async def look_at(database: Database, process_ids: Sequence[ProcessId]) -> dict[ProcessId, ProcessView]:
    """The processes, as of one moment."""
    async with database.writer() as connection:
        rows = await connection.fetch(_LOOK, process_ids)
    return {
        ProcessId(row["id"]): ProcessView(
            id=ProcessId(row["id"]),
            status=ProcessStatus(row["status"]),
            current_step=row["current_step"],
            state=as_object(row["state"]),
            failure=None if row["failure_kind"] is None else FailureKind(row["failure_kind"]),
            owner=row["owner"],
            wakes=row["wakes"],
            due=row["due"],
            arrivals=row["arrivals"],
            unread=row["unread"],
            tokens=row["tokens"],
            steps={key: _step_view(value) for key, value in as_object(row["steps"]).items()},
            port_id=None if row["port_id"] is None else SubscriptionId(row["port_id"]),
        )
        for row in rows
    }


async def look_at_ports(database: Database, ids: Sequence[SubscriptionId]) -> dict[SubscriptionId, PortView]:
    """The subscriptions, as of one moment."""
    async with database.writer() as connection:
        rows = await connection.fetch(_LOOK_AT_PORTS, ids)
    return {
        SubscriptionId(row["id"]): PortView(row["status"], row["speed"], row["in_sync"], row["held_by"])
        for row in rows
    }


def _step_view(row: JsonValue) -> StepView:
    status, attempt_count, delta, attempts = as_list(row)
    assert isinstance(attempt_count, int)
    return StepView(
        StepStatus(text_of(status)),
        tuple(StepStatus(text_of(attempt)) for attempt in as_list(attempts)),
        attempt_count,
        delta,
    )
