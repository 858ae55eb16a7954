"""The catalogue's application: that of the other tests, with workflows that are guarded."""

from dataclasses import dataclass
from typing import Any

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.database import Database
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from graph.app import context_factory
from graph.context import GraphDependencies
from graph.execution.documents import RequestRefused
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.operations import Operations
from graph.execution.request import GraphQLRequest
from graph.permissions import Permission, Viewer
from graph.schema import build_schema
from graph.settings import GraphSettings
from tests.graph.application import CATALOG
from tests.graph.application import REGISTRY as OPEN_REGISTRY
from tests.graph.served.commands.application import find_guarded, work
from tests.postgres import StatementLog

REGISTRY = Registry([*OPEN_REGISTRY.workflows, find_guarded, work])
SCHEMA = build_schema(CATALOG, REGISTRY)
EVERYBODY = Scope.all()
CUSTOMER_1 = Scope.of(CustomerId("customer 1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogHouse:
    """Answers what viewers ask, below HTTP; nothing in it changes.

    Attributes:
        ids: Of what is stored, by the name that the tests give it.
    """

    database: Database
    statements: StatementLog
    ids: dict[str, str]

    async def post(self, query: str, *, viewer: Viewer | None = None, **variables: Any) -> Any:
        """The whole response."""
        dependencies = GraphDependencies(
            database=self.database,
            catalog=CATALOG,
            registry=REGISTRY,
            commands=Commands(self.database, catalog=CATALOG, registry=REGISTRY),
            bus=EventBus(self.database),
            engine_watch=EngineWatch(self.database),
            settings=GraphSettings(),
        )
        operations = Operations(
            SCHEMA.core,
            executor_class=PlannedExecutor,
            new_context=context_factory(dependencies, SCHEMA),
            settings=dependencies.settings,
        )
        request = GraphQLRequest(query=query, variables=dict(variables))
        try:
            prepared = operations.prepare(request, viewer or viewer_of())
        except RequestRefused as refusal:
            return {"data": None, "errors": refusal.errors}
        return await operations.execute(prepared)

    async def ask(self, query: str, *, viewer: Viewer | None = None, **variables: Any) -> Any:
        """The data of a response without errors."""
        response = await self.post(query, viewer=viewer, **variables)
        assert "errors" not in response, response["errors"]
        return response["data"]

    async def error(self, query: str, *, viewer: Viewer | None = None, **variables: Any) -> tuple[str, str]:
        """Code and message of the only error of a response without any data."""
        response = await self.post(query, viewer=viewer, **variables)
        assert response["data"] is None, response
        [error] = response["errors"]
        return error["extensions"]["code"], error["message"]

    async def counted(self, query: str, **variables: Any) -> tuple[Any, int]:
        """The data of a response without errors, and how many statements it took."""
        with self.statements.recorded() as recorded:
            found = await self.ask(query, **variables)
        return found, len(recorded)


def viewer_of(
    *permissions: Permission, scope: Scope = EVERYBODY, claims: dict[str, Any] | None = None
) -> Viewer:
    """Somebody with some permissions, or with all."""
    return Viewer(
        name="a reader",
        permissions=frozenset(permissions or Permission),
        scope=scope,
        claims=claims or {},
    )
