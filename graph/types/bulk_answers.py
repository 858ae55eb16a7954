"""What comes of bulk mutations: commands to several things at once, with a result for each.

All have one shape: how many were done, how many were not, and each thing once with the result that the
mutation for one of them would have given.
"""

import strawberry

from graph.permissions import Permission, requires
from graph.types.process_answers import DeleteProcessResult
from graph.types.refusals import AbortProcessResult, RetryProcessResult, StartWorkflowResult
from graph.types.subscription_answers import RepairResult

_ITEMS = "Each once, in the order in which they were named."


@strawberry.interface(
    description="What became of several things at once.", directives=requires(Permission.CONNECT)
)
class BulkResult:
    """What became of several things at once."""

    done_count: int = strawberry.field(description="With how many of them it was done.")
    refused_count: int = strawberry.field(description="With how many it was not; `items` tells why.")


@strawberry.type(
    description="What became of one of several subscriptions.", directives=requires(Permission.CONNECT)
)
class StartItem:
    """What became of one of several subscriptions."""

    subscription_id: strawberry.ID = strawberry.field(description="The subscription, as it was named.")
    result: StartWorkflowResult = strawberry.field(description="That the workflow was started, or why not.")


@strawberry.type(
    description="What became of starting a workflow on several subscriptions.",
    directives=requires(Permission.CONNECT),
)
class StartedWorkflows(BulkResult):
    """What became of starting a workflow on several subscriptions."""

    items: list[StartItem] = strawberry.field(description=_ITEMS)


@strawberry.type(
    description="What became of one of several processes.", directives=requires(Permission.CONNECT)
)
class RetryItem:
    """What became of one of several processes."""

    process_id: strawberry.ID = strawberry.field(description="The process, as it was named.")
    result: RetryProcessResult = strawberry.field(description="That it will be tried again, or why not.")


@strawberry.type(
    description="What became of several processes that were to be tried again.",
    directives=requires(Permission.CONNECT),
)
class RetriedProcesses(BulkResult):
    """What became of several processes that were to be tried again."""

    items: list[RetryItem] = strawberry.field(description=f"{_ITEMS} The oldest first where none were named.")


@strawberry.type(
    description="What became of one of several processes.", directives=requires(Permission.CONNECT)
)
class AbortItem:
    """What became of one of several processes."""

    process_id: strawberry.ID = strawberry.field(description="The process, as it was named.")
    result: AbortProcessResult = strawberry.field(description="That it ends, or why not.")


@strawberry.type(
    description="What became of several processes that were to end.",
    directives=requires(Permission.CONNECT),
)
class AbortedProcesses(BulkResult):
    """What became of several processes that were to end."""

    items: list[AbortItem] = strawberry.field(description=_ITEMS)


@strawberry.type(
    description="What became of one of several processes.", directives=requires(Permission.CONNECT)
)
class DeleteItem:
    """What became of one of several processes."""

    process_id: strawberry.ID = strawberry.field(description="The process, as it was named.")
    result: DeleteProcessResult = strawberry.field(description="That it is gone, or why not.")


@strawberry.type(
    description="What became of several processes that were to be deleted.",
    directives=requires(Permission.CONNECT),
)
class DeletedProcesses(BulkResult):
    """What became of several processes that were to be deleted."""

    items: list[DeleteItem] = strawberry.field(description=_ITEMS)


@strawberry.type(
    description="What became of one of several subscriptions.", directives=requires(Permission.CONNECT)
)
class RepairItem:
    """What became of one of several subscriptions."""

    subscription_id: strawberry.ID = strawberry.field(description="The subscription, as it was named.")
    result: RepairResult = strawberry.field(description="That it is in sync, or why not.")


@strawberry.type(
    description="What became of several subscriptions that were to be put back in sync.",
    directives=requires(Permission.CONNECT),
)
class RepairedSubscriptions(BulkResult):
    """What became of several subscriptions that were to be put back in sync."""

    items: list[RepairItem] = strawberry.field(description=_ITEMS)
