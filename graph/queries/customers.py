"""Customers."""

from typing import Annotated

import strawberry

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.storage.customers import CustomerRepository
from domain.storage.listing.paging import SortKey
from graph.context import Info
from graph.customers import CustomerRecord, nameless, sort_key
from graph.ids import parse_customer_id
from graph.lists.paging import After, Before, Connection, First, Last, Offset, PageArguments, connection
from graph.permissions import Permission, requires
from graph.types.customer import Customer, customer

_LIST = "customers"


@strawberry.type
class CustomerQueries:
    """Customers."""

    @strawberry.field(
        description="One customer; null if there is none for this viewer.",
        directives=requires(Permission.READ_CUSTOMERS),
    )
    async def customer(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id.")],  # noqa: A002  # the argument's name in GraphQL
    ) -> Customer | None:
        """One customer."""
        return await find_customer(info, parse_customer_id(id))

    @strawberry.field(
        description="The customers in scope that the directory knows, by name.",
        directives=requires(Permission.READ_CUSTOMERS),
    )
    async def customers(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        search: Annotated[
            str | None,
            strawberry.argument(description="Only those whose names have this in them; null for all."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> Connection[Customer]:
        """The customers in scope that the directory knows, by name."""
        context = info.context
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        request = arguments.request(context.dependencies.settings, place=_key)
        customers = context.customers
        wanted = search or None
        return connection(
            await customers.page(request, search=wanted),
            context.budget,
            node=customer,
            key=_place,
            count=lambda: customers.count(search=wanted),
        )


async def find_customer(info: Info, customer_id: CustomerId) -> Customer | None:
    """Gives a customer in scope whom the directory knows or who holds subscriptions; None if neither."""
    context = info.context
    record = await context.loaders.customers.load(customer_id)
    if record is not None:
        return customer(record)
    repository = CustomerRepository(context.dependencies.database)
    holding = await repository.holding(context.viewer.scope, [customer_id])
    return customer(nameless(customer_id), known=False) if holding else None


def _place(record: CustomerRecord) -> list[JsonValue]:
    return [_LIST, *sort_key(record)]


def _key(place: JsonValue) -> SortKey:
    match place:
        case [str() as name, str() as customer_name, str() as customer_id] if name == _LIST:
            return customer_name, customer_id
        case _:
            raise ValueError("found a cursor of another list, expected one of this")
