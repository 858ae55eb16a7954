"""Who is asking."""

import strawberry

from graph.permissions import Permission, requires
from graph.permissions import Viewer as ViewerData


@strawberry.type(description="Who is asking.", directives=requires(Permission.CONNECT))
class Viewer:
    """Who is asking."""

    name: str = strawberry.field(description="The name under which actions are recorded.")
    permissions: list[Permission] = strawberry.field(description="What the viewer may do.")
    customer_ids: list[str] | None = strawberry.field(
        description="The customers whose data the viewer sees; null for all."
    )


def viewer(data: ViewerData) -> Viewer:
    """Gives a viewer as a result; everything in a fixed order."""
    customers = data.scope.customers
    return Viewer(
        name=data.name,
        permissions=[permission for permission in Permission if permission in data.permissions],
        customer_ids=None if customers is None else sorted(customers),
    )
