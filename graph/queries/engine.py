"""The engine and the viewer."""

import strawberry

from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.engine import Engine, engine
from graph.types.viewer import Viewer, viewer


@strawberry.type
class EngineQueries:
    """The engine and the viewer."""

    @strawberry.field(description="The engine as a whole.", directives=requires(Permission.READ_ENGINE))
    async def engine(self, info: Info) -> Engine:
        """The engine as a whole."""
        return engine(await info.context.dependencies.commands.engine())

    @strawberry.field(description="Who is asking.", directives=requires(Permission.CONNECT))
    def viewer(self, info: Info) -> Viewer:
        """Who is asking."""
        return viewer(info.context.viewer)
