"""Pausing the engine and letting it go on."""

import strawberry

from engine.errors import NotAllowed
from graph.context import Info
from graph.mutations.answers import not_allowed
from graph.permissions import Permission, requires
from graph.types.engine import engine
from graph.types.process_answers import EngineResult, EngineUpdated

ENGINE_REFUSALS = (NotAllowed,)


@strawberry.type
class EngineMutations:
    """Pausing the engine and letting it go on."""

    @strawberry.mutation(
        description="Lets every worker stop before its next step; steps in flight end first. Until the "
        "engine goes on, starts are refused, and what arrives for processes waits.",
        directives=requires(Permission.PAUSE_ENGINE),
    )
    async def pause_engine(self, info: Info) -> EngineResult:
        """Lets every worker stop before its next step."""
        viewer = info.context.viewer
        try:
            view = await info.context.dependencies.commands.pause(actor=viewer.name, scope=viewer.scope)
        except ENGINE_REFUSALS as refusal:
            return not_allowed(refusal)
        return EngineUpdated(engine=engine(view))

    @strawberry.mutation(
        description="Lets the workers go on, with every process that can.",
        directives=requires(Permission.PAUSE_ENGINE),
    )
    async def unpause_engine(self, info: Info) -> EngineResult:
        """Lets the workers go on."""
        viewer = info.context.viewer
        try:
            view = await info.context.dependencies.commands.unpause(actor=viewer.name, scope=viewer.scope)
        except ENGINE_REFUSALS as refusal:
            return not_allowed(refusal)
        return EngineUpdated(engine=engine(view))
