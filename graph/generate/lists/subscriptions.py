"""The lists of subscriptions, of any and of one model each, and their counts: with typed filters."""

from collections.abc import Collection, Mapping
from types import new_class

from strawberry.types.field import StrawberryField

from domain.model.catalog import Catalog
from domain.storage.listing.filters import Where
from domain.storage.listing.orders import SUBSCRIPTION_SORTING, SubscriptionOrder
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from graph.context import Info
from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.generate.filters.operators import FilterNames, OperatorTypes
from graph.generate.filters.wheres import WhereTypes
from graph.generate.lists.catalog import generate_catalog_lists
from graph.generate.lists.listing import filtered_field, filtered_page
from graph.generate.lists.processes import process_lists
from graph.generate.subscriptions import FamilyTypes, SubscriptionFamily
from graph.lists.cursors import ListCursors
from graph.lists.filters import WHERE, WhereType, filtered, read_where
from graph.lists.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    Offset,
    PageArguments,
)
from graph.names import member_name
from graph.permissions import Permission
from graph.types.counts import SubscriptionCount, SubscriptionGroups, subscription_count
from graph.types.ordering import ORDER_BY, SubscriptionOrderArgument, subscription_order
from graph.types.subscription import ProductSubscription, subscription_columns


def generate_lists(
    types: FamilyTypes, enums: EnumTypes, *, catalog: Catalog, registry: Registry, taken: Collection[str]
) -> Mapping[str, StrawberryField]:
    """Gives the fields by their names in GraphQL, that of processes among them.

    Args:
        types: The types of subscriptions.
        enums: The enums that filters share with the rest of the schema.
        catalog: What is sold.
        registry: What is carried out.
        taken: The queries that every application has.

    Raises:
        SchemaDefinitionError: Names clash.
    """
    names = FilterNames()
    for taken_name in (*(cls.__name__ for cls in types.every), *types.blocks.values.names, *enums.names):
        names.claim(taken_name, of=f"what the application calls {taken_name}")
    operators = OperatorTypes(enums, names)
    wheres = WhereTypes(types, operators, names)
    fields = {
        **generate_catalog_lists(catalog, registry, operators, names),
        **process_lists(wheres.any_subscription, operators, names),
        "subscriptions": _list("subscriptions", wheres.any_subscription, ProductSubscription, family=None),
        "subscriptionCounts": _counts(wheres.any_subscription),
    }
    for family, where in wheres.by_family.items():
        name = f"{member_name(family.name)}Subscriptions"
        if name in fields or name in taken:
            raise SchemaDefinitionError(
                f"found two queries {name}, of every application and of the subscriptions {family.name}: "
                "expected another name for the model."
            )
        fields[name] = _list(name, where, types.subscriptions[family].loose, family=family)
    return fields


def add_queries(root: type, fields: Mapping[str, StrawberryField]) -> type:
    """Gives a class with generated fields beside those of `root`, not yet a type."""
    cls = new_class("Query", (root,))
    for name, field in fields.items():
        setattr(cls, name, field)
    return cls


def _list(
    name: str,
    where_type: WhereType[Where],
    node: type[ProductSubscription],
    *,
    family: SubscriptionFamily | None,
) -> StrawberryField:
    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        order_by: SubscriptionOrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = ListCursors(
            list_name=name, sorting=SUBSCRIPTION_SORTING, order=subscription_order(order_by)
        )
        return await _page(info, read_where(where_type, where), arguments, cursors, family=family)

    of = "subscriptions" if family is None else f"subscriptions of products {family.name}"
    return filtered_field(
        name,
        resolve,
        where_type,
        graphql_type=Connection[node],
        description=f"The {of}, the newest first unless sorted otherwise.",
        permission=Permission.READ_SUBSCRIPTIONS,
    )


def _counts(where_type: WhereType[Where]) -> StrawberryField:
    async def resolve(
        info: Info, group_by: SubscriptionGroups, where: object = None
    ) -> list[SubscriptionCount]:
        repository = _repository(info)
        condition = read_where(where_type, where)
        groups = await filtered(repository.counts(info.context.viewer.scope, group_by, condition))
        return [subscription_count(group_by, group) for group in groups]

    return filtered_field(
        "subscriptionCounts",
        resolve,
        where_type,
        graphql_type=list[SubscriptionCount],
        description="How many subscriptions there are of each kind, the most first; at most 1000 kinds.",
        permission=Permission.READ_SUBSCRIPTIONS,
    )


async def _page(
    info: Info,
    where: Where | None,
    arguments: PageArguments,
    cursors: ListCursors[SubscriptionOrder],
    *,
    family: SubscriptionFamily | None,
) -> Connection[ProductSubscription]:
    scope = info.context.viewer.scope
    repository = _repository(info)
    columns = subscription_columns(info, "nodes") | subscription_columns(info, "edges", "node")
    return await filtered_page(
        info,
        arguments,
        cursors,
        read=lambda request: repository.page(
            scope,
            request=request,
            where=where,
            order=cursors.order,
            family=family,
            columns=columns,
        ),
        count=lambda: repository.count(scope, where, family=family),
        node=info.context.families.subscription,
        slow=ORDER_BY if where is None else WHERE,
    )


def _repository(info: Info) -> SubscriptionRepository:
    dependencies = info.context.dependencies
    return SubscriptionRepository(dependencies.database, filter_limit_s=dependencies.settings.filter_limit_s)
