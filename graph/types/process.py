"""Processes: runs of workflows."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from engine.errors import Refusal
from engine.store.records import ProcessRecord, StepRecord
from engine.store.timeline import timeline
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.permissions import Permission, requires
from graph.selections import selected
from graph.types.enums import FailureKind, ProcessStatus, Target
from graph.types.form import FormPage, form_page
from graph.types.node import Node
from graph.types.scalars import Json
from graph.types.step import Step, step
from graph.types.workflow import Workflow, workflow

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription

_COLUMNS = {"steps": "planned_steps", "currentStep": "planned_steps", "state": "state"}


@strawberry.type(description="A run of a workflow.", directives=requires(Permission.READ_PROCESSES))
class Process(Node):
    """A run of a workflow.

    Attributes:
        executed: The steps that began, where they were read with the process; else they are loaded.
    """

    record: strawberry.Private[ProcessRecord]
    executed: strawberry.Private[list[StepRecord] | None] = None
    workflow_name: str = strawberry.field(description="The name of its workflow.")
    target: Target = strawberry.field(description="What its workflow does to its subject.")
    is_task: bool = strawberry.field(
        description="Whether it looks after things and changes nobody's services."
    )
    status: ProcessStatus = strawberry.field(description="Where it stands.")
    version: int = strawberry.field(
        description="Raised by one with every recorded change of it, without gaps."
    )
    customer_ids: list[str] = strawberry.field(description="The customers whose subscriptions it concerns.")
    created_by: str = strawberry.field(description="Who started it.")
    assignee: str | None = strawberry.field(description="Who is to fill in the form it waits for.")
    failure_kind: FailureKind | None = strawberry.field(
        description="Why it failed, as far as a reader can act on it."
    )
    failure_reason: str | None = strawberry.field(description="Why it failed, in words.")
    note: str | None = strawberry.field(description="What people have noted about it.")
    started_at: datetime = strawberry.field(description="When it was started.")
    modified_at: datetime = strawberry.field(description="When it last changed.")
    ended_at: datetime | None = strawberry.field(description="When it was completed or aborted.")

    @strawberry.field(description="Its workflow; null if the application does not have it any more.")
    def workflow(self, info: Info) -> Workflow | None:
        """Its workflow."""
        definition = info.context.dependencies.registry.find_workflow(self.record.workflow)
        return None if definition is None else workflow(definition)

    @strawberry.field(description="Its steps in order: those that began, and those that are planned.")
    async def steps(self, info: Info) -> list[Step]:
        """Its steps in order."""
        return [step(record) for record in await self._timeline(info)]

    @strawberry.field(description="The step it is at; null when it has ended.")
    async def current_step(self, info: Info) -> Step | None:
        """The step it is at."""
        key = self.record.current_step
        return None if key is None else await self.find_step(info, key)

    @strawberry.field(description="What its steps have put together so far.")
    def state(self) -> Json:
        """What its steps have put together so far."""
        return Json(self.record.state)

    @strawberry.field(description="The subscriptions it concerns.")
    async def subscriptions(
        self, info: Info
    ) -> list[Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")]]:
        """The subscriptions it concerns."""
        ids = await info.context.loaders.subscriptions_of_process.load(self.record.id)
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        records = await loader.load_many(ids or [])
        return [info.context.families.subscription(record) for record in records if record is not None]

    @strawberry.field(description="The first page of the form it waits for; null unless it is suspended.")
    async def form(self, info: Info) -> FormPage | None:
        """The first page of the form it waits for."""
        if self.record.status is not ProcessStatus.SUSPENDED:
            return None
        try:
            page = await info.context.dependencies.commands.form(
                self.record.id, scope=info.context.viewer.scope
            )
        except Refusal:
            # Between reading the process and asking for its form somebody has resumed it.
            return None
        return form_page(page)

    async def find_step(self, info: Info, key: str) -> Step | None:
        """Gives one of its steps by its key."""
        found = [record for record in await self._timeline(info) if record.key == key]
        return step(found[0]) if found else None

    async def _timeline(self, info: Info) -> list[StepRecord]:
        executed = self.executed
        if executed is None:
            executed = await info.context.loaders.steps.load(self.record.id) or []
        return timeline(self.record, executed)


def process(record: ProcessRecord, executed: list[StepRecord] | None = None) -> Process:
    """Gives a process as a result.

    Args:
        record: The process, with the columns that `process_columns` asks for.
        executed: The steps that began, where they were read with it.
    """
    return Process(
        id=strawberry.ID(encode_id(IdKind.PROCESS, record.id)),
        record=record,
        executed=executed,
        workflow_name=record.workflow,
        target=record.target,
        is_task=record.is_task,
        status=record.status,
        version=record.version,
        customer_ids=list(record.customers),
        created_by=record.created_by,
        assignee=record.assignee,
        failure_kind=record.failure_kind,
        failure_reason=record.failure_reason,
        note=record.note,
        started_at=record.started_at,
        modified_at=record.modified_at,
        ended_at=record.ended_at,
    )


def process_columns(info: Info, *path: str) -> frozenset[str]:
    """Gives the heavy columns of processes that are selected at a path below a field."""
    return frozenset(_COLUMNS[name] for name in selected(info, *path) if name in _COLUMNS)
