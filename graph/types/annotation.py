"""What people and customers note about subscriptions; each has a version of its own."""

from datetime import datetime

import strawberry

from domain.storage.annotation_reads import CustomerDescriptionRecord, MetadataRecord
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.customer import Customer, load_customer
from graph.types.scalars import Json


@strawberry.type(
    description="A JSON document that people and programs attach to a subscription.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class SubscriptionMetadata:
    """A JSON document that people and programs attach to a subscription."""

    value: Json = strawberry.field(description="The document, a JSON object.")
    version: int = strawberry.field(description="Raised by one with every change of the document.")
    modified_at: datetime = strawberry.field(description="When it last changed.")
    modified_by: str = strawberry.field(description="Who changed it last.")


@strawberry.type(
    description="What a customer calls a subscription.",
    directives=requires(Permission.READ_SUBSCRIPTIONS),
)
class CustomerDescription:
    """What a customer calls a subscription."""

    customer_id: str = strawberry.field(description="The customer, who need not be the one that holds it.")
    description: str = strawberry.field(description="What the customer calls it.")

    @strawberry.field(description="The customer, as the directory of customers tells.")
    async def customer(self, info: Info) -> Customer:
        """The customer."""
        return await load_customer(info, self.customer_id)

    version: int = strawberry.field(description="Raised by one with every change of the description.")
    modified_at: datetime = strawberry.field(description="When it last changed.")
    modified_by: str = strawberry.field(description="Who changed it last.")


def subscription_metadata(record: MetadataRecord) -> SubscriptionMetadata:
    """Gives metadata as a result."""
    return SubscriptionMetadata(
        value=Json(record.metadata),
        version=record.version,
        modified_at=record.modified_at,
        modified_by=record.modified_by,
    )


def customer_description(record: CustomerDescriptionRecord) -> CustomerDescription:
    """Gives a customer's description as a result."""
    return CustomerDescription(
        customer_id=record.customer_id,
        description=record.description,
        version=record.version,
        modified_at=record.modified_at,
        modified_by=record.modified_by,
    )
