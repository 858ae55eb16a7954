"""The engine and the viewer."""

import strawberry

from engine.store.pauses import engine_status
from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.engine import Engine
from graph.types.viewer import Viewer, viewer


@strawberry.type
class EngineQueries:
    """The engine and the viewer."""

    @strawberry.field(description="The engine as a whole.", directives=requires(Permission.READ_ENGINE))
    async def engine(self, info: Info) -> Engine:
        """The engine as a whole."""
        async with info.context.dependencies.database.writer() as connection:
            return Engine(status=await engine_status(connection))

    @strawberry.field(description="Who is asking.", directives=requires(Permission.CONNECT))
    def viewer(self, info: Info) -> Viewer:
        """Who is asking."""
        return viewer(info.context.viewer)
