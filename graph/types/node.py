"""The interface of everything that has an id."""

import strawberry

from graph.permissions import Permission, requires


@strawberry.interface(
    description="Everything that has an id of its own.", directives=requires(Permission.CONNECT)
)
class Node:
    """Everything that has an id of its own."""

    id: strawberry.ID = strawberry.field(
        description="The same wherever it appears; opaque and sortable by age."
    )
