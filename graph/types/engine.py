"""The engine as a whole."""

import strawberry

from graph.permissions import Permission, requires
from graph.types.enums import EngineStatus


@strawberry.type(description="The engine as a whole.", directives=requires(Permission.READ_ENGINE))
class Engine:
    """The engine as a whole."""

    status: EngineStatus = strawberry.field(description="Whether processes are carried out.")
