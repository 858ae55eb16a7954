"""What the sample adds to the GraphQL schema: the names of its customers, and the sites as forms offer them.

The server alone loads this module; `app` names it, so that workers do without GraphQL.
"""

import strawberry

from examples.network.sites import SITES, Site
from orchestrion.graphql import (
    CustomerId,
    CustomerRecord,
    GraphExtension,
    ListedCustomers,
    Permission,
    requires,
)

CUSTOMERS = ListedCustomers(
    CustomerRecord(id=CustomerId(customer_id), name=name, short_name=short_name)
    for customer_id, name, short_name in (
        ("demo", "Harbour University", "Harbour"),
        ("library", "City Library", "Library"),
        ("hospital", "Lakeside Hospital", "Lakeside"),
    )
)


@strawberry.type(
    description="A place where nodes can stand, and what it offers.",
    directives=requires(Permission.READ_CATALOG),
)
class SiteOffer:
    """A place where nodes can stand, and what it offers."""

    site: Site = strawberry.field(description="The place.")
    rows: list[str] = strawberry.field(description="Its rows of racks.")
    management_prefix: str = strawberry.field(
        description="Where the management addresses of its nodes are taken from."
    )


@strawberry.type
class SiteQueries:
    """What can be asked about sites."""

    @strawberry.field(
        description="The places where nodes can stand.", directives=requires(Permission.READ_CATALOG)
    )
    def sites(self) -> list[SiteOffer]:
        """The places where nodes can stand."""
        return [
            SiteOffer(site=site, rows=list(facts.rows), management_prefix=str(facts.management_prefix))
            for site, facts in SITES.items()
        ]


EXTENSION = GraphExtension(queries=[SiteQueries], customers=CUSTOMERS)
