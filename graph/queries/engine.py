"""The engine, the server and the viewer."""

import strawberry

from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.engine import Engine, engine
from graph.types.server import Server, server
from graph.types.viewer import Viewer, viewer


@strawberry.type
class EngineQueries:
    """The engine, the server and the viewer."""

    @strawberry.field(description="The engine as a whole.", directives=requires(Permission.READ_ENGINE))
    async def engine(self, info: Info) -> Engine:
        """The engine as a whole."""
        return engine(await info.context.dependencies.commands.engine())

    @strawberry.field(description="Which server answers.", directives=requires(Permission.CONNECT))
    def server(self, info: Info) -> Server:
        """Which server answers."""
        return server(info.context.dependencies.settings)

    @strawberry.field(description="Who is asking.", directives=requires(Permission.CONNECT))
    def viewer(self, info: Info) -> Viewer:
        """Who is asking."""
        return viewer(info.context.viewer)
