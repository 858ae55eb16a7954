"""What can be started on a subscription, and what stands in the way."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from engine.actions import Action as ActionData
from engine.blockers import Blocker as BlockerData
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.enums import BlockerCode, SubscriptionStatus
from graph.types.process import Process, process, process_columns
from graph.types.start_check import StartCheck, start_check
from graph.types.workflow import Workflow, workflow

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription


@strawberry.type(
    description="One thing that keeps a workflow from being started.", directives=requires(Permission.CONNECT)
)
class Blocker:
    """One thing that keeps a workflow from being started."""

    data: strawberry.Private[BlockerData]
    code: BlockerCode = strawberry.field(description="What, for programs.")
    message: str = strawberry.field(description="What, for people.")
    found_status: SubscriptionStatus | None = strawberry.field(
        description="The subscription's status, if that is in the way."
    )
    expected_statuses: list[SubscriptionStatus] = strawberry.field(
        description="The statuses that would not be in the way; empty if the status is not."
    )

    @strawberry.field(
        description="The related subscriptions in the way, as far as the viewer may see them.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscriptions(
        self, info: Info
    ) -> list[Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")]]:
        """The related subscriptions in the way."""
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        records = await loader.load_many(self.data.subscriptions)
        return [info.context.families.subscription(record) for record in records if record is not None]

    @strawberry.field(
        description="The processes that hold what is in the way, as far as the viewer may see them.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def processes(self, info: Info) -> list[Process]:
        """The processes that hold what is in the way."""
        reads = await info.context.loaders.processes(process_columns(info)).load_many(self.data.processes)
        return [process(read) for read in reads if read is not None]


@strawberry.type(
    description="A workflow that is made for a subscription, and whether it can be started on it now.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class Action:
    """A workflow that is made for a subscription."""

    data: strawberry.Private[ActionData]
    workflow: Workflow = strawberry.field(description="The workflow.")

    @strawberry.field(
        description="Whether the viewer could start it on the subscription now, and why not: what `canStart` "
        "of the workflow tells of this subscription."
    )
    def can_start(self, info: Info) -> StartCheck:
        """Whether the viewer could start it on the subscription now."""
        return start_check(info, self.data.refusal)


def action(data: ActionData) -> Action:
    """Gives an action as a result."""
    return Action(data=data, workflow=workflow(data.workflow))


def blocker(data: BlockerData) -> Blocker:
    """Gives a blocker as a result."""
    return Blocker(
        data=data,
        code=data.code,
        message=f"{data.message}.",
        found_status=data.found_status,
        expected_statuses=list(data.admitted_statuses),
    )
