"""The engine as a whole, and the workers that carry processes out."""

from datetime import datetime

import strawberry

from domain.type_ids import type_id
from engine.store.pauses import EngineView, WorkerView
from graph.permissions import Permission, requires
from graph.types.enums import EngineStatus

_WORKER = "worker"


@strawberry.type(
    description="An operating system process that carries out the steps of processes.",
    directives=requires(Permission.READ_ENGINE),
)
class Worker:
    """An operating system process that carries out the steps of processes."""

    id: strawberry.ID = strawberry.field(description="Its own as long as it lives; opaque.")
    host: str = strawberry.field(description="The machine it is on.")
    pid: int = strawberry.field(description="Its number among the machine's processes.")
    started_at: datetime = strawberry.field(description="When it began.")
    seen_at: datetime = strawberry.field(description="When it last gave a sign of life.")
    live: bool = strawberry.field(
        description="Whether it was heard of lately. One that is not is lost, and forgotten after a day."
    )
    paused: bool = strawberry.field(
        description="Whether it has acknowledged the pause that is asked for now: it begins no step."
    )
    running_steps: int = strawberry.field(description="How many steps it carries out at this moment.")


@strawberry.type(description="The engine as a whole.", directives=requires(Permission.READ_ENGINE))
class Engine:
    """The engine as a whole."""

    status: EngineStatus = strawberry.field(description="Whether processes are carried out.")
    changed_at: datetime | None = strawberry.field(
        description="When it was last paused or unpaused; null if it never was."
    )
    changed_by: str | None = strawberry.field(description="Who did that.")
    running_processes: int = strawberry.field(
        description="How many processes a worker is at work on at this moment."
    )
    workers: list[Worker] = strawberry.field(description="The workers that are known, the oldest first.")


def engine(view: EngineView) -> Engine:
    """Gives the engine as a result."""
    return Engine(
        status=view.status,
        changed_at=view.changed_at,
        changed_by=view.changed_by,
        running_processes=view.running_processes,
        workers=[_worker(each) for each in view.workers],
    )


def _worker(view: WorkerView) -> Worker:
    return Worker(
        id=strawberry.ID(type_id(_WORKER, view.id)),
        host=view.host,
        pid=view.pid,
        started_at=view.started_at,
        seen_at=view.seen_at,
        live=view.live,
        paused=view.paused,
        running_steps=view.running_steps,
    )
