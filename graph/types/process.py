"""Processes: runs of workflows."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from engine.errors import Refusal
from engine.store.records import ProcessRecord, StepRecord
from engine.store.timeline import timeline
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.loaders import ProcessRead, StepsKey, StepsRead
from graph.permissions import Permission, requires
from graph.selections import selected
from graph.types.command import ProcessCommands, process_commands
from graph.types.customer import Customer, load_customers
from graph.types.enums import FailureKind, ProcessStatus, Target
from graph.types.form import FormPage, form_page
from graph.types.node import Node
from graph.types.process_change import ProcessChange, process_changes
from graph.types.scalars import Json
from graph.types.step import Step, step
from graph.types.workflow import Workflow, workflow

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription

_STEP_FIELDS = frozenset({"steps", "currentStep"})


@strawberry.type(description="A run of a workflow.", directives=requires(Permission.READ_PROCESSES))
class Process(Node):
    """A run of a workflow.

    Attributes:
        steps_read: The steps that began, where they were read with the process; else they are loaded.
    """

    record: strawberry.Private[ProcessRecord]
    steps_read: strawberry.Private[StepsRead | None] = None
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
    last_actor: str = strawberry.field(
        description="Who last started, resumed, retried or aborted it, or skipped a step of it."
    )
    assignee: str | None = strawberry.field(description="Who is to fill in the form it waits for.")
    failure_kind: FailureKind | None = strawberry.field(
        description="Why it failed, as far as a reader can act on it."
    )
    failure_reason: str | None = strawberry.field(description="Why it failed, in words.")
    note: str | None = strawberry.field(description="What people have noted about it.")
    note_version: int = strawberry.field(
        description="Raised by one with every change of the note; 0 if there never was one."
    )
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
        read = await self._read_steps(info)
        return [step(record, delta_read=read.deltas) for record in self._timeline(info, read)]

    @strawberry.field(description="The step it is at; null when it has ended.")
    async def current_step(self, info: Info) -> Step | None:
        """The step it is at."""
        key = self.record.current_step
        return None if key is None else await self.find_step(info, key)

    @strawberry.field(
        description="What its steps have put together so far, as they keep it: ids in it are bare UUIDs. "
        "`subscriptions` has those it concerns, and `changes` what it made of them."
    )
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

    @strawberry.field(
        description="The customers whose subscriptions it concerns, as the directory of customers tells."
    )
    async def customers(self, info: Info) -> list[Customer]:
        """The customers whose subscriptions it concerns."""
        return await load_customers(info, self.record.customers)

    @strawberry.field(
        description="What it made of the subscriptions that it changed, before and after.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def changes(self, info: Info) -> list[ProcessChange]:
        """What it made of the subscriptions that it changed."""
        records = await info.context.loaders.changes_of_process.load(self.record.id)
        return process_changes(records or (), info)

    @strawberry.field(description="The first page of the form it waits for; null unless it is suspended.")
    async def form(self, info: Info) -> FormPage | None:
        """The first page of the form it waits for."""
        if self.record.status is not ProcessStatus.SUSPENDED:
            return None
        form = await info.context.loaders.forms.load(self.record.id)
        if form is None:
            # Between reading the process and asking for its form somebody has resumed it.
            return None
        try:
            return form_page(await info.context.dependencies.commands.view_form(form))
        except Refusal:
            return None

    @strawberry.field(description="The commands to it, and whether it would take them from the viewer.")
    def can(self) -> ProcessCommands:
        """The commands to it."""
        return process_commands(self.record)

    async def find_step(self, info: Info, key: str) -> Step | None:
        """Gives one of its steps by its key."""
        read = await self._read_steps(info)
        found = [record for record in self._timeline(info, read) if record.key == key]
        return step(found[0], delta_read=read.deltas) if found else None

    def _timeline(self, info: Info, read: StepsRead) -> list[StepRecord]:
        definition = info.context.dependencies.registry.find_workflow(self.record.workflow)
        return timeline(self.record, read.records, workflow=definition)

    async def _read_steps(self, info: Info) -> StepsRead:
        """The steps that began; their deltas only if this field selects them."""
        if self.steps_read is not None:
            return self.steps_read
        deltas = "delta" in selected(info)
        records = await info.context.loaders.steps.load(StepsKey(process_id=self.record.id, deltas=deltas))
        return StepsRead(records=records or [], deltas=deltas)


def process(read: ProcessRead) -> Process:
    """Gives a process as a result; what was read are the columns that `process_columns` asks for."""
    record = read.record
    return Process(
        id=strawberry.ID(encode_id(IdKind.PROCESS, record.id)),
        record=record,
        steps_read=read.steps,
        workflow_name=record.workflow,
        target=record.target,
        is_task=record.is_task,
        status=record.status,
        version=record.version,
        customer_ids=list(record.customers),
        created_by=record.created_by,
        last_actor=record.run_by,
        assignee=record.assignee,
        failure_kind=record.failure_kind,
        failure_reason=record.failure_reason,
        note=record.note,
        note_version=record.note_version,
        started_at=record.started_at,
        modified_at=record.modified_at,
        ended_at=record.ended_at,
    )


def process_columns(info: Info, *path: str) -> frozenset[str]:
    """Gives what is selected of processes at a path below a field, beyond their light columns."""
    names = selected(info, *path)
    columns = {"state"} & names
    for name in _STEP_FIELDS & names:
        columns |= {"planned_steps", "steps"}
        if "delta" in selected(info, *path, name):
            columns.add("deltas")
    return frozenset(columns)
