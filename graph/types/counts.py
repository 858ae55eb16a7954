"""How many subscriptions, or processes, there are of each kind."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain.storage.subscriptions import CountBy, GroupCount
from engine.store.process_counts import ProcessCountBy, ProcessGroup
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.customer import Customer, load_customer
from graph.types.enums import FailureKind, ProcessStatus, SubscriptionStatus, Target, define_enum

define_enum(
    CountBy,
    name="SubscriptionGroup",
    description="What subscriptions are counted by.",
    values={
        "STATUS": "By status.",
        "PRODUCT": "By product.",
        "CUSTOMER": "By customer.",
        "IN_SYNC": "By whether they are in sync.",
    },
)
define_enum(
    ProcessCountBy,
    name="ProcessGroup",
    description="What processes are counted by.",
    values={
        "STATUS": "By status.",
        "WORKFLOW": "By workflow.",
        "TARGET": "By what the workflow does to its subject.",
        "IS_TASK": "By whether they are tasks.",
        "FAILURE_KIND": "By why they failed; those that have not are counted together.",
        "CREATED_BY": "By who started them.",
        "ASSIGNEE": "By who is to fill in the form they wait for; those that wait for none are counted "
        "together.",
    },
)

SubscriptionGroups = Annotated[
    list[CountBy],
    strawberry.argument(description="What they are counted by; by several, each combination is counted."),
]
ProcessGroups = Annotated[
    list[ProcessCountBy],
    strawberry.argument(description="What they are counted by; by several, each combination is counted."),
]


@strawberry.type(
    description="How many subscriptions have something in common: what they were counted by, which alone is "
    "not null.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionCount:
    """How many subscriptions have something in common."""

    count: int = strawberry.field(description="How many they are.")
    status: SubscriptionStatus | None = strawberry.field(
        description="The status of all of them.", default=None
    )
    product_name: str | None = strawberry.field(description="The name of their product.", default=None)
    customer_id: str | None = strawberry.field(description="Who holds them.", default=None)

    @strawberry.field(description="Who holds them, as the directory of customers tells.")
    async def customer(self, info: Info) -> Customer | None:
        """Who holds them."""
        return None if self.customer_id is None else await load_customer(info, self.customer_id)

    in_sync: bool | None = strawberry.field(description="Whether they are in sync.", default=None)


@strawberry.type(
    description="How many processes have something in common: what they were counted by. The rest is null, "
    "as is what none of them has.",
    directives=requires(Permission.READ_PROCESSES),
)
class ProcessCount:
    """How many processes have something in common."""

    count: int = strawberry.field(description="How many they are.")
    status: ProcessStatus | None = strawberry.field(description="The status of all of them.", default=None)
    workflow_name: str | None = strawberry.field(description="The name of their workflow.", default=None)
    target: Target | None = strawberry.field(
        description="What their workflows do to their subjects.", default=None
    )
    is_task: bool | None = strawberry.field(description="Whether they are tasks.", default=None)
    failure_kind: FailureKind | None = strawberry.field(
        description="Why they failed; null for those that have not.", default=None
    )
    created_by: str | None = strawberry.field(description="Who started them.", default=None)
    assignee: str | None = strawberry.field(
        description="Who is to fill in the forms they wait for; null for those that wait for none.",
        default=None,
    )


def subscription_count(group_by: Sequence[CountBy], group: GroupCount) -> SubscriptionCount:
    """Gives the number of a group as a result."""
    count = SubscriptionCount(count=group.number)
    for by, key in zip(group_by, group.keys, strict=True):
        match by:
            case CountBy.STATUS:
                count.status = SubscriptionStatus(key)
            case CountBy.PRODUCT:
                count.product_name = str(key)
            case CountBy.CUSTOMER:
                count.customer_id = str(key)
            case CountBy.IN_SYNC:
                count.in_sync = bool(key)
    return count


def process_count(group_by: Sequence[ProcessCountBy], group: ProcessGroup) -> ProcessCount:
    """Gives the number of a group as a result."""
    count = ProcessCount(count=group.number)
    for by, key in zip(group_by, group.keys, strict=True):
        if key is not None:
            _put(count, by, key)
    return count


def _put(count: ProcessCount, by: ProcessCountBy, key: str | bool) -> None:  # what the groups have in common
    match by:
        case ProcessCountBy.STATUS:
            count.status = ProcessStatus(key)
        case ProcessCountBy.WORKFLOW:
            count.workflow_name = str(key)
        case ProcessCountBy.TARGET:
            count.target = Target(key)
        case ProcessCountBy.IS_TASK:
            count.is_task = bool(key)
        case ProcessCountBy.FAILURE_KIND:
            count.failure_kind = FailureKind(key)
        case ProcessCountBy.CREATED_BY:
            count.created_by = str(key)
        case ProcessCountBy.ASSIGNEE:
            count.assignee = str(key)
