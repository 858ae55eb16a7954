"""What every subscription has in common; each family of models has a type of its own beside it."""

from datetime import datetime

import strawberry

from domain.ids import SubscriptionId
from domain.model.trees.tree import SubscriptionRecord
from domain.storage.listing.paging import Page
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.lists.cursors import PlainCursors
from graph.lists.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    PageArguments,
    connection,
    page_of_ids,
)
from graph.loaders import RelatedQuestion
from graph.names import field_name
from graph.permissions import Permission, requires
from graph.selections import selected
from graph.types.action import Action, action
from graph.types.annotation import (
    CustomerDescription,
    SubscriptionMetadata,
    customer_description,
    subscription_metadata,
)
from graph.types.block import AnyBlock, BlockPlace
from graph.types.customer import Customer, load_customer
from graph.types.enums import SubscriptionStatus
from graph.types.node import Node
from graph.types.process import Process, process, process_columns
from graph.types.product import Product, product
from graph.types.related import Depth, RelatedStatuses, ThroughTypes, related_question
from graph.types.version import SubscriptionChange, subscription_change, version_number

_PLAIN = (
    "customer_id",
    "status",
    "description",
    "in_sync",
    "version",
    "note",
    "note_version",
    "start_at",
    "end_at",
    "created_at",
    "modified_at",
)
_COLUMNS = {field_name(name): name for name in _PLAIN} | {
    "customer": "customer_id",
    "product": "product_id",
    "heldBy": "held_by",
}
_ALWAYS = frozenset({"id", "product_name"})
"""What it takes to know the type of a subscription."""

_PROCESSES = PlainCursors(list_name="ProductSubscription.processes")
_VERSIONS = PlainCursors(list_name="ProductSubscription.versions", read=version_number)
_USED = PlainCursors(list_name="ProductSubscription.dependsOn")
_USERS = PlainCursors(list_name="ProductSubscription.inUseBy")


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
    note_version: int = strawberry.field(
        description="Raised by one with every change of the note; 0 if there never was one."
    )
    start_at: datetime | None = strawberry.field(description="When it first became active.")
    end_at: datetime | None = strawberry.field(description="When it was terminated.")
    created_at: datetime = strawberry.field(description="When it was made.")
    modified_at: datetime = strawberry.field(description="When it last changed.")

    @strawberry.field(description="Who holds it, as the directory of customers tells.")
    async def customer(self, info: Info) -> Customer:
        """Who holds it."""
        return await load_customer(info, self.record.customer_id)

    @strawberry.field(description="The product it is of.")
    async def product(self, info: Info) -> Product:
        """The product it is of."""
        record = await info.context.loaders.products.load(self.record.product_id)
        assert record is not None, "a foreign key"
        return product(record)

    @strawberry.field(description="What people and programs have attached to it; null if nothing.")
    async def metadata(self, info: Info) -> SubscriptionMetadata | None:
        """What people and programs have attached to it."""
        record = await info.context.loaders.metadata.load(self.record.id)
        return None if record is None else subscription_metadata(record)

    @strawberry.field(
        description="What customers call it, by customer; of those alone whose data the viewer may see."
    )
    async def customer_descriptions(self, info: Info) -> list[CustomerDescription]:
        """What customers call it."""
        records = await info.context.loaders.customer_descriptions.load(self.record.id)
        return [customer_description(record) for record in records or ()]

    @strawberry.field(description="The process that works on it now; null while it is in sync.")
    async def held_by(self, info: Info) -> Process | None:
        """The process that works on it now."""
        if self.record.held_by is None:
            return None
        read = await info.context.loaders.processes(process_columns(info)).load(self.record.held_by)
        return None if read is None else process(read)

    @strawberry.field(
        description="When a workflow that validates it was last completed.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def last_validated_at(self, info: Info) -> datetime | None:
        """When a workflow that validates it was last completed."""
        return await info.context.loaders.last_validations.load(self.record.id)

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
        page = page_of_ids(ids, arguments.request(info.context.dependencies.settings, place=_PROCESSES.key))
        columns = process_columns(info, "nodes") | process_columns(info, "edges", "node")
        reads = await loaders.processes(columns).load_many(page.rows)
        found = [read for read in reads if read is not None]
        return connection(
            Page(rows=found, has_next=page.has_next, has_previous=page.has_previous),
            info.context.budget,
            node=process,
            key=lambda read: _PROCESSES.place(read.record.id),
            count=lambda: loaders.count_processes(self.record.id),
        )

    @strawberry.field(
        description="All blocks of its tree, parents first: those it owns, and those it reaches through "
        "references, with all that is in them. What the viewer may not see is a HiddenBlock. Null, with an "
        "error beside it, if the tree does not fit its model any more."
    )
    async def blocks(self, info: Info) -> list[AnyBlock] | None:
        """All blocks of its tree."""
        tree = await info.context.loaders.trees.load(self.record.id)
        return [] if tree is None else info.context.families.blocks(tree)

    @strawberry.field(
        description="Its tree as a list, to be shown as it is: all places in depth-first order, each with "
        "the block that stands there. What is in a block that stands in several places follows the first of "
        "them. Null, with an error beside it, if the tree does not fit its model any more."
    )
    async def block_tree(self, info: Info) -> list[BlockPlace] | None:
        """Its tree as a list."""
        tree = await info.context.loaders.trees.load(self.record.id)
        return [] if tree is None else info.context.families.block_places(tree)

    @strawberry.field(description="The subscriptions whose blocks it refers to, the newest first.")
    async def depends_on(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        depth: Depth = 1,
        statuses: RelatedStatuses = None,
        through_product_types: ThroughTypes = None,
    ) -> Connection["ProductSubscription"]:
        """The subscriptions whose blocks it refers to."""
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        question = related_question(
            users=False, depth=depth, statuses=statuses, through_product_types=through_product_types
        )
        return await _related(self, info, arguments, question)

    @strawberry.field(description="The subscriptions that refer to its blocks, the newest first.")
    async def in_use_by(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        depth: Depth = 1,
        statuses: RelatedStatuses = None,
        through_product_types: ThroughTypes = None,
    ) -> Connection["ProductSubscription"]:
        """The subscriptions that refer to its blocks."""
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        question = related_question(
            users=True, depth=depth, statuses=statuses, through_product_types=through_product_types
        )
        return await _related(self, info, arguments, question)

    @strawberry.field(
        description="The workflows made for it, and what keeps the viewer from starting each now."
    )
    async def actions(self, info: Info) -> list[Action]:
        """The workflows made for it."""
        return [action(each) for each in await info.context.loaders.actions.load(self.record.id) or ()]

    @strawberry.field(description="What made each of its versions, the newest first.")
    async def versions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SubscriptionChange]:
        """What made each of its versions."""
        context = info.context
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        request = arguments.request(context.dependencies.settings, place=_VERSIONS.key)
        page = await context.loaders.changes(request).load(self.record.id)
        return connection(
            page or request.page_of([]),
            context.budget,
            node=subscription_change,
            key=lambda record: _VERSIONS.place(record.version),
            count=lambda: count_versions(info, self.record.id),
        )


async def count_versions(info: Info, subscription_id: SubscriptionId) -> int:
    """Gives how many versions there are: they have no gaps, so the version itself tells."""
    record = await info.context.loaders.subscriptions(frozenset({"version"})).load(subscription_id)
    return 0 if record is None else record.version


async def _related(
    root: ProductSubscription, info: Info, arguments: PageArguments, question: RelatedQuestion
) -> Connection[ProductSubscription]:
    """A page of the subscriptions related to one, with what is selected of them."""
    context = info.context
    cursors = _USERS if question.users else _USED
    found = await context.loaders.related(question).load(root.record.id) or []
    page = page_of_ids(
        [related.subscription_id for related in found],
        arguments.request(context.dependencies.settings, place=cursors.key),
    )
    columns = subscription_columns(info, "nodes") | subscription_columns(info, "edges", "node")
    records = await context.loaders.subscriptions(columns).load_many(page.rows)

    async def count() -> int:
        return len(found)

    return connection(
        Page(
            rows=[record for record in records if record is not None],
            has_next=page.has_next,
            has_previous=page.has_previous,
        ),
        context.budget,
        node=context.families.subscription,
        key=lambda record: cursors.place(record.id),
        count=count,
    )


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
    """Gives the columns of subscriptions that are selected at a path below a field.

    All of them for a field that the application adds: what its resolver looks at cannot be seen from here.
    """
    names = selected(info, *path)
    if names & info.context.families.added_fields:
        return _ALWAYS | frozenset(_COLUMNS.values())
    return _ALWAYS | {_COLUMNS[name] for name in names if name in _COLUMNS}
