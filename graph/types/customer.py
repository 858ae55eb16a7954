"""Customers, as the application's directory tells."""

from collections.abc import Iterable

import strawberry

from domain.ids import CustomerId
from graph.context import Info
from graph.customers import CustomerRecord, nameless
from graph.ids import customer_node_id
from graph.permissions import Permission, requires
from graph.types.node import Node


@strawberry.type(
    description="Who holds subscriptions. Names are told by the application's directory of customers.",
    directives=requires(Permission.READ_CUSTOMERS),
)
class Customer(Node):
    """Who holds subscriptions."""

    customer_id: str = strawberry.field(
        description="What the directory, subscriptions and processes call the customer."
    )
    name: str = strawberry.field(description="What people call the customer; `customerId` if nobody tells.")
    short_name: str | None = strawberry.field(description="A shorter name, for places with little room.")
    known: bool = strawberry.field(
        description="Whether the directory knows the customer; false, too, if it did not answer."
    )


def customer(record: CustomerRecord, *, known: bool = True) -> Customer:
    """Gives a customer as a result."""
    return Customer(
        id=strawberry.ID(customer_node_id(record.id)),
        customer_id=record.id,
        name=record.name,
        short_name=record.short_name,
        known=known,
    )


async def load_customer(info: Info, customer_id: str) -> Customer:
    """Gives a customer who is in scope; one of whom the directory tells nothing, by the id."""
    (found,) = await load_customers(info, (customer_id,))
    return found


async def load_customers(info: Info, customer_ids: Iterable[str]) -> list[Customer]:
    """Gives customers who are in scope, in the given order."""
    known = [CustomerId(each) for each in customer_ids]
    records = await info.context.loaders.customers.load_many(known)
    return [
        customer(nameless(each), known=False) if record is None else customer(record)
        for each, record in zip(known, records, strict=True)
    ]
