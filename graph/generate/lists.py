"""The lists of subscriptions, of any and of one model each, and their counts: with typed filters."""

from collections.abc import Collection, Mapping
from types import new_class
from typing import Annotated

import strawberry
from strawberry.types.field import StrawberryField

from domain.storage.listing.filters import Where
from domain.storage.listing.paging import InvalidPageRequest
from domain.storage.subscriptions import CountBy, SubscriptionRepository
from graph.context import Info
from graph.errors import SchemaDefinitionError
from graph.filters import WhereType, filtered, read_where, set_where
from graph.generate.enums import EnumTypes
from graph.generate.operators import FilterNames, OperatorTypes
from graph.generate.process_lists import process_list
from graph.generate.subscriptions import FamilyTypes, SubscriptionFamily
from graph.generate.wheres import WhereTypes
from graph.names import member_name
from graph.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    Offset,
    PageArguments,
    connection,
    no_cursor,
)
from graph.permissions import Permission, requires
from graph.subscription_cursors import SubscriptionCursors
from graph.types.counts import SubscriptionCount, subscription_count
from graph.types.ordering import SubscriptionOrderBy, order_of
from graph.types.subscription import ProductSubscription, subscription_columns

OrderArgument = Annotated[
    SubscriptionOrderBy | None,
    strawberry.argument(description="How they are sorted; the newest first if left out."),
]
GroupArgument = Annotated[CountBy, strawberry.argument(description="What they are counted by.")]


def generate_lists(
    types: FamilyTypes, enums: EnumTypes, *, taken: Collection[str]
) -> Mapping[str, StrawberryField]:
    """Gives the fields by their names in GraphQL, that of processes among them.

    Args:
        types: The types of subscriptions.
        enums: The enums that filters share with the rest of the schema.
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
        "processes": process_list(operators, names),
        "subscriptions": _list("subscriptions", wheres.any_subscription, ProductSubscription, family=None),
        "subscriptionCounts": _counts(wheres.any_subscription),
    }
    for family, where in wheres.by_family.items():
        name = f"{member_name(family.name)}Subscriptions"
        if name in fields or name in taken:
            raise SchemaDefinitionError(
                f"subscription {family.name}: the query {name} is there already: expected another name."
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
        order_by: OrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = SubscriptionCursors(list_name=name, order=order_of(order_by))
        return await _page(info, read_where(where_type, where), arguments, cursors, family=family)

    set_where(resolve, where_type)
    of = "subscriptions" if family is None else f"subscriptions of products {family.name}"
    field = strawberry.field(
        name=name,
        resolver=resolve,
        graphql_type=Connection[node],
        description=f"The {of}, the newest first unless sorted otherwise.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    assert isinstance(field, StrawberryField)
    return field


def _counts(where_type: WhereType[Where]) -> StrawberryField:
    async def resolve(info: Info, group_by: GroupArgument, where: object = None) -> list[SubscriptionCount]:
        repository = _repository(info)
        condition = read_where(where_type, where)
        groups = await filtered(repository.counts(info.context.viewer.scope, group_by, condition))
        return [subscription_count(group_by, group) for group in groups]

    set_where(resolve, where_type)
    field = strawberry.field(
        name="subscriptionCounts",
        resolver=resolve,
        graphql_type=list[SubscriptionCount],
        description="How many subscriptions there are of each kind, the most first; at most 1000 kinds.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    assert isinstance(field, StrawberryField)
    return field


async def _page(
    info: Info,
    where: Where | None,
    arguments: PageArguments,
    cursors: SubscriptionCursors,
    *,
    family: SubscriptionFamily | None,
) -> Connection[ProductSubscription]:
    dependencies, scope = info.context.dependencies, info.context.viewer.scope
    repository = _repository(info)
    try:
        page = await filtered(
            repository.page(
                scope,
                request=arguments.request(dependencies.settings, place=cursors.key),
                where=where,
                order=cursors.order,
                family=family,
                columns=subscription_columns(info, "nodes") | subscription_columns(info, "edges", "node"),
            )
        )
    except InvalidPageRequest:
        raise no_cursor(arguments.after or arguments.before) from None
    return connection(
        page,
        info.context.budget,
        node=info.context.families.subscription,
        key=cursors.place,
        count=lambda: filtered(repository.count(scope, where, family=family)),
    )


def _repository(info: Info) -> SubscriptionRepository:
    dependencies = info.context.dependencies
    return SubscriptionRepository(dependencies.database, filter_limit_s=dependencies.settings.filter_limit_s)
