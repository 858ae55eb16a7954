"""What a process, or a step of one, made of the subscriptions that it changed."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.history import sides_of
from domain.storage.changes import ChangeRecord
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.value_change import ValueChange, value_changes

if TYPE_CHECKING:
    from graph.types.subscription import ProductSubscription


@strawberry.type(
    description="What a process, or one step of it, made of a subscription: from what it was before the "
    "first change to what it was after the last.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class ProcessChange:
    """What a process, or one step of it, made of a subscription.

    Attributes:
        records: The changes, at least one, in the order of their versions.
    """

    records: strawberry.Private[Sequence[ChangeRecord]]
    from_version: int | None = strawberry.field(
        description="The version that was found; null for a subscription that was made."
    )
    to_version: int = strawberry.field(description="The version that was left behind.")

    @strawberry.field(
        description="The subscription as it is now; null if the viewer may not see it any more."
    )
    async def subscription(
        self, info: Info
    ) -> Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")] | None:
        """The subscription as it is now."""
        loader = info.context.loaders.subscriptions(info.context.families.columns(info))
        record = await loader.load(self.records[0].subscription_id)
        return None if record is None else info.context.families.subscription(record)

    @strawberry.field(description="Whether the subscription was made.")
    def created(self) -> bool:
        """Whether the subscription was made."""
        return self.from_version is None

    @strawberry.field(description="Whether the subscription was terminated.")
    def terminated(self) -> bool:
        """Whether the subscription was terminated."""
        before, after = sides_of(self.records)
        ended = SubscriptionStatus.TERMINATED
        return after.columns.get("status") == ended and before.columns.get("status") != ended

    @strawberry.field(
        description="Every value that is not what it was, before and after; all of them for a subscription "
        "that was made."
    )
    def changes(self, info: Info) -> list[ValueChange]:
        """Every value that is not what it was."""
        return value_changes(*sides_of(self.records), info.context)


def process_changes(records: Iterable[ChangeRecord], info: Info) -> list[ProcessChange]:
    """Gives what changes made of each subscription, the oldest first.

    Args:
        records: The changes by subscription, in the order of their versions.
        info: Pays for the subscriptions.

    Raises:
        TooMuchRead: The operation has had its share.
    """
    found = [list(each) for _, each in groupby(records, key=lambda record: record.subscription_id)]
    info.context.budget.take(len(found))
    return [
        ProcessChange(
            records=each,
            from_version=None if each[0].before is None else each[0].version - 1,
            to_version=each[-1].version,
        )
        for each in found
    ]
