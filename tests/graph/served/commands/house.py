"""What tests do with commands, as several viewers over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx
import httpx_sse
from starlette.applications import Starlette

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.database import Database
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from engine.run.worker import Worker
from graph.app import context_factory
from graph.authentication.authenticator import Identity
from graph.context import GraphDependencies
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.operations import Operations
from graph.http.open_streams import OpenStreams
from graph.http.routes import graphql_routes
from graph.permissions import Permission, Viewer
from graph.schema import build_schema
from graph.settings import GraphSettings
from tests.graph.application import CATALOG
from tests.graph.served.commands.application import Gate
from tests.graph.served.house import SETTINGS
from tests.waiting import eventually

_EVERYTHING = frozenset(Permission)
_READING = frozenset(permission for permission in Permission if permission.name.startswith("READ_"))

VIEWERS: Mapping[str, Viewer] = MappingProxyType(
    {
        viewer.name: viewer
        for viewer in (
            Viewer(
                name="senior",
                permissions=_EVERYTHING,
                scope=Scope.all(),
                claims={"group": "senior", "weekends": True},
            ),
            Viewer(name="junior", permissions=_EVERYTHING, scope=Scope.all()),
            Viewer(name="clerk", permissions=_EVERYTHING, scope=Scope.of(CustomerId("customer 1"))),
            Viewer(name="stranger", permissions=_EVERYTHING, scope=Scope.of(CustomerId("customer 2"))),
            Viewer(name="reader", permissions=_READING | {Permission.CONNECT}, scope=Scope.all()),
        )
    }
)

START = """
mutation ($workflow: String!, $pages: [JSON!]!, $subscription: ID) {
  startWorkflow(workflow: $workflow, pages: $pages, subscription: $subscription) {
    __typename
    ... on ProcessStarted { process { id } }
    ... on Refused { message }
    ... on NotAllowed { reason code }
    ... on PredicateFailed { reason predicateCode }
  }
}
"""


class Named:
    """Knows viewers by their names, which are their tokens."""

    async def identify(self, token: str | None) -> Identity:
        """The viewer of that name."""
        assert token is not None
        return Identity(viewer=VIEWERS[token])


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHouse:
    """A served application whose viewers say who they are."""

    database: Database
    registry: Registry
    gate: Gate
    client: httpx.AsyncClient

    async def post(self, viewer: str, query: str, **variables: object) -> httpx.Response:
        """The response to a viewer."""
        return await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {viewer}"},
        )

    async def ask(self, viewer: str, query: str, **variables: object) -> Any:
        """The data of a response without errors."""
        response = (await self.post(viewer, query, **variables)).json()
        assert "errors" not in response, response["errors"]
        return response["data"]

    async def errors(self, viewer: str, query: str, **variables: object) -> list[tuple[str, str]]:
        """Codes and messages of the errors of a response."""
        response = (await self.post(viewer, query, **variables)).json()
        return [(error["extensions"]["code"], error["message"]) for error in response["errors"]]

    async def start(self, workflow: str, *pages: object, viewer: str = "senior", **variables: object) -> str:
        """The id of a new process."""
        answer = (await self.ask(viewer, START, workflow=workflow, pages=pages, **variables))["startWorkflow"]
        assert answer["__typename"] == "ProcessStarted", answer
        return answer["process"]["id"]

    async def until(self, process: str, *statuses: str) -> None:
        """Waits until the process has one of the statuses."""

        async def reached() -> bool:
            return (await self.status(process)) in statuses

        await eventually(reached, deadline_s=15)

    async def status(self, process: str) -> str:
        """The status of a process."""
        query = "query ($id: ID!) { process(id: $id) { status } }"
        return (await self.ask("senior", query, id=process))["process"]["status"]

    async def failed(self, *, workflow: str = "find") -> str:
        """The id of a task that has failed at its first step."""
        process = await self.start(workflow, {"wanted": "lost key"})
        await self.until(process, "FAILED")
        return process

    async def follow(self, viewer: str, query: str) -> AsyncGenerator[Any]:
        """The data of an event stream, for as long as it is read."""
        headers = {"authorization": f"Bearer {viewer}"}
        async with httpx_sse.aconnect_sse(
            self.client, "POST", "/graphql", json={"query": query}, headers=headers
        ) as source:
            async for event in source.aiter_sse():
                yield event.json()["data"]

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[Worker]:
        """A worker that listens, and is stopped at the end."""
        worker = Worker(
            self.database,
            catalog=CATALOG,
            registry=self.registry,
            settings=SETTINGS,
            public_url="http://127.0.0.1",
        )
        with worker.signals.listening.armed() as listening:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.run(), name="worker")
                try:
                    await asyncio.wait_for(listening.get(), timeout=10)
                    yield worker
                finally:
                    self.gate.opened.set()
                    worker.stop()


def new_server(database: Database, registry: Registry) -> Starlette:
    """The GraphQL endpoint alone, for named viewers."""
    dependencies = GraphDependencies(
        database=database,
        catalog=CATALOG,
        registry=registry,
        commands=Commands(database, catalog=CATALOG, registry=registry, settings=SETTINGS),
        bus=EventBus(database),
        engine_watch=EngineWatch(database, poll_s=0.05),
        settings=GraphSettings(),
    )
    schema = build_schema(CATALOG, registry)
    operations = Operations(
        schema.core,
        executor_class=PlannedExecutor,
        new_context=context_factory(dependencies, schema),
    )
    routes = graphql_routes(
        "/graphql",
        operations,
        authenticator=Named(),
        streams=OpenStreams(),
        settings=dependencies.settings,
    )
    return Starlette(routes=list(routes))
