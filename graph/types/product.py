"""Products as the catalogue's tables have them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.model.catalog_relations import relations_of
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.products import ProductRecord
from graph.context import Info
from graph.ids import IdKind, encode_id
from graph.lists.cursors import PlainCursors
from graph.lists.paging import After, Before, Connection, First, Last, Offset, PageArguments, connection
from graph.permissions import Permission, requires
from graph.types.enums import ProductStatus, SubscriptionStatus
from graph.types.fixed_input import FixedInput, fixed_inputs
from graph.types.node import Node
from graph.types.product_block import ProductBlock, load_product_blocks

if TYPE_CHECKING:
    from domain.model.trees.tree import SubscriptionRecord
    from graph.types.subscription import ProductSubscription
    from graph.types.workflow import Workflow

_SUBSCRIPTIONS = PlainCursors(list_name="Product.subscriptions")


@strawberry.type(
    description="How many subscriptions of a product have a status.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionStatusCount:
    """How many subscriptions of a product have a status."""

    status: SubscriptionStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many they are.")


@strawberry.type(description="Something that can be sold.", directives=requires(Permission.READ_CATALOG))
class Product(Node):
    """Something that can be sold."""

    record: strawberry.Private[ProductRecord]
    name: str = strawberry.field(description="Its name, unique in the catalogue.")
    tag: str = strawberry.field(description="A short name for people.")
    product_type: str = strawberry.field(description="What kind of product it is.")
    description: str = strawberry.field(description="What it is.")
    status: ProductStatus = strawberry.field(description="Whether it may be sold and kept.")
    model: str = strawberry.field(description="The name of the model its subscriptions have.")
    created_at: datetime = strawberry.field(description="When it came into the catalogue.")
    ended_at: datetime | None = strawberry.field(description="When it was taken out of the catalogue.")

    @strawberry.field(description="The constants that tell it from other products of its model.")
    def fixed_inputs(self, info: Info) -> list[FixedInput]:
        """The constants that tell it from other products of its model."""
        return fixed_inputs(info.context.dependencies.catalog, self.record)

    @strawberry.field(
        description="The workflows about its subscriptions; none once it has left the catalogue."
    )
    def workflows(self, info: Info) -> list[Annotated["Workflow", strawberry.lazy("graph.types.workflow")]]:
        """The workflows about its subscriptions."""
        known = info.context.dependencies.catalog.by_name.get(self.name)
        return [] if known is None else info.context.families.workflows_of_model(known.model.family().name)

    @strawberry.field(
        description="The product blocks that its subscriptions may hold at any depth, or refer to, parents "
        "first; none once it has left the catalogue."
    )
    async def blocks(self, info: Info) -> list[ProductBlock]:
        """The product blocks that its subscriptions may hold."""
        relations = relations_of(info.context.dependencies.catalog)
        return await load_product_blocks(info, relations.blocks.get(self.name, ()))

    @strawberry.field(
        description="Those of them that stand in fields of the subscriptions themselves: the root blocks."
    )
    async def root_blocks(self, info: Info) -> list[ProductBlock]:
        """The product blocks of its subscriptions' own fields."""
        relations = relations_of(info.context.dependencies.catalog)
        return await load_product_blocks(info, relations.roots.get(self.name, ()))

    @strawberry.field(
        description="How many of its subscriptions the viewer sees, by status, in the order of the life of "
        "one; a status that none has is left out.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscription_counts(self, info: Info) -> list[SubscriptionStatusCount]:
        """How many of its subscriptions the viewer sees, by status."""
        counts = await info.context.loaders.subscription_counts.load(self.record.id) or ()
        return [SubscriptionStatusCount(status=each.status, count=each.number) for each in counts]

    @strawberry.field(
        description="Its subscriptions, the newest first. `subscriptions` of the query filters and sorts.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def subscriptions(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> Connection[Annotated["ProductSubscription", strawberry.lazy("graph.types.subscription")]]:
        """Its subscriptions, the newest first."""
        context = info.context
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        request = arguments.request(context.dependencies.settings, place=_SUBSCRIPTIONS.key)
        page = await self._page(info, request)
        cut = request.after is not None or request.before is not None or request.offset > 0
        whole = not (cut or page.has_next or page.has_previous)

        async def count() -> int:
            if whole:
                return len(page.rows)
            counts = await context.loaders.subscription_counts.load(self.record.id) or ()
            return sum(each.number for each in counts)

        return connection(
            page,
            context.budget,
            node=context.families.subscription,
            key=lambda record: _SUBSCRIPTIONS.place(record.id),
            count=count,
        )

    async def _page(self, info: Info, request: PageRequest) -> Page["SubscriptionRecord"]:
        """A page of its subscriptions, read together with those of other products that are asked for."""
        context = info.context
        columns = context.families.columns(info, "nodes") | context.families.columns(info, "edges", "node")
        page = await context.loaders.product_subscriptions(request).load(self.record.id)
        ids = page or request.page_of([])
        records = await context.loaders.subscriptions(columns).load_many(list(ids.rows))
        return Page(
            rows=[record for record in records if record is not None],
            has_next=ids.has_next,
            has_previous=ids.has_previous,
        )


def product(record: ProductRecord) -> Product:
    """Gives a product as a result."""
    return Product(
        id=strawberry.ID(encode_id(IdKind.PRODUCT, record.id)),
        record=record,
        name=record.name,
        tag=record.tag,
        product_type=record.product_type,
        description=record.description,
        status=record.status,
        model=record.model,
        created_at=record.created_at,
        ended_at=record.ended_at,
    )
