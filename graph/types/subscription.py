"""What every subscription has in common; each family of models has a type of its own beside it."""

from datetime import datetime

import strawberry

from domain.model.tree import SubscriptionRecord
from domain.storage.paging import Page
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.names import field_name
from graph.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    PageArguments,
    connection,
    page_of_ids,
)
from graph.permissions import Permission, requires
from graph.selections import selected
from graph.types.block import Block
from graph.types.enums import SubscriptionStatus
from graph.types.node import Node
from graph.types.process import Process, process, process_columns
from graph.types.product import Product, product

_PLAIN = (
    "customer_id",
    "status",
    "description",
    "in_sync",
    "version",
    "note",
    "start_at",
    "end_at",
    "created_at",
    "modified_at",
)
_COLUMNS = {field_name(name): name for name in _PLAIN} | {"product": "product_id", "heldBy": "held_by"}
_ALWAYS = frozenset({"id", "product_name"})
"""What it takes to know the type of a subscription."""


@strawberry.interface(
    description="What a customer holds of a product. Its type beside this has its blocks, typed.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class ProductSubscription(Node):
    """What a customer holds of a product."""

    record: strawberry.Private[SubscriptionRecord]
    customer_id: str = strawberry.field(description="Who holds it.")
    status: SubscriptionStatus = strawberry.field(description="Where it is in its life.")
    description: str = strawberry.field(description="What it is, for people.")
    in_sync: bool = strawberry.field(
        description="Whether no process works on it and the outside world agrees with it."
    )
    version: int = strawberry.field(
        description="Raised by one with every change; workflows take it to refuse to act on what has changed."
    )
    note: str | None = strawberry.field(description="What people have noted about it.")
    start_at: datetime | None = strawberry.field(description="When it first became active.")
    end_at: datetime | None = strawberry.field(description="When it was terminated.")
    created_at: datetime = strawberry.field(description="When it was made.")
    modified_at: datetime = strawberry.field(description="When it last changed.")

    @strawberry.field(description="The product it is of.")
    async def product(self, info: Info) -> Product:
        """The product it is of."""
        record = await info.context.loaders.products.load(self.record.product_id)
        assert record is not None, "a foreign key"
        return product(record)

    @strawberry.field(description="The process that works on it now; null while it is in sync.")
    async def held_by(self, info: Info) -> Process | None:
        """The process that works on it now."""
        if self.record.held_by is None:
            return None
        read = await info.context.loaders.processes(process_columns(info)).load(self.record.held_by)
        return None if read is None else process(read)

    @strawberry.field(
        description="The processes that concern it, the newest first.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def processes(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Process]:
        """The processes that concern it, the newest first."""
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        loaders = info.context.loaders
        ids = await loaders.processes_of_subscription.load(self.record.id) or []
        page = page_of_ids(ids, arguments.request(info.context.dependencies.settings))
        columns = process_columns(info, "nodes") | process_columns(info, "edges", "node")
        reads = await loaders.processes(columns).load_many(page.rows)
        found = [read for read in reads if read is not None]
        return connection(
            Page(rows=found, has_next=page.has_next, has_previous=page.has_previous),
            info.context.budget,
            node=process,
            key=lambda read: read.record.id,
            count=lambda: loaders.count_processes(self.record.id),
        )

    @strawberry.field(description="All blocks it is made of, parents first.")
    async def blocks(self, info: Info) -> list[Block]:
        """All blocks it is made of."""
        tree = await info.context.loaders.trees.load(self.record.id)
        return [] if tree is None else info.context.families.blocks(tree)


@strawberry.type(
    description="A subscription of a product that this application does not know any more.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class RetiredSubscription(ProductSubscription):
    """A subscription of a product that this application does not know any more."""


def common_values(record: SubscriptionRecord) -> dict[str, object]:
    """Gives the attributes that every subscription has, for the type of its family.

    A column that was not read, because nothing selects it, is None.
    """
    return {
        "id": strawberry.ID(encode_id(IdKind.SUBSCRIPTION, record.id)),
        "record": record,
        **{name: getattr(record, name, None) for name in _PLAIN},
    }


def subscription_columns(info: Info, *path: str) -> frozenset[str]:
    """Gives the columns of subscriptions that are selected at a path below a field."""
    names = selected(info, *path)
    return _ALWAYS | {_COLUMNS[name] for name in names if name in _COLUMNS}
