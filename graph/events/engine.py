"""Following the engine."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from graph.context import Info
from graph.permissions import Permission, requires
from graph.types.engine import Engine
from graph.types.engine import engine as engine_result


@strawberry.type
class EngineEvents:
    """Following the engine."""

    @strawberry.subscription(
        description="The engine as it is, and again whenever its status changes, or a worker comes, goes, is "
        "lost or acknowledges a pause. Never completes by itself.",
        directives=requires(Permission.READ_ENGINE),
    )
    async def engine(self, info: Info) -> AsyncGenerator[Engine]:
        """The engine as it is, and again whenever it changes."""
        async with aclosing(info.context.dependencies.engine_watch.follow()) as views:
            async for view in views:
                yield engine_result(view)
