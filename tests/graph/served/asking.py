"""Asking as somebody else than the open server's viewer, below HTTP."""

from typing import Any

from domain.ids import CustomerId
from domain.scope import Scope
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from graph.app import context_factory
from graph.context import GraphDependencies
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.operations import Operations
from graph.execution.request import GraphQLRequest
from graph.permissions import Permission, Viewer
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.house import SCHEMA, House


class Asking:
    """Executes requests for a viewer, below HTTP."""

    def __init__(
        self,
        house: House,
        *permissions: Permission,
        scope: Scope | None = None,
        settings: GraphSettings | None = None,
    ) -> None:
        dependencies = GraphDependencies(
            database=house.database,
            catalog=CATALOG,
            registry=REGISTRY,
            commands=Commands(house.database, catalog=CATALOG, registry=REGISTRY),
            bus=EventBus(house.database),
            engine_watch=EngineWatch(house.database),
            settings=settings or GraphSettings(),
        )
        self._viewer = Viewer(
            name="customer's clerk",
            permissions=frozenset(permissions or Permission),
            scope=scope or Scope.of(CustomerId("customer 1")),
        )
        self._operations = Operations(
            SCHEMA.core,
            executor_class=PlannedExecutor,
            new_context=context_factory(dependencies, SCHEMA),
            settings=dependencies.settings,
        )

    async def __call__(self, query: str, **variables: Any) -> Any:
        request = GraphQLRequest(query=query, variables=variables)
        response: Any = await self._operations.execute(self._operations.prepare(request, self._viewer))
        return response
