"""What tests do with the served application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import httpx_sse

from domain.storage.database import Database
from engine.run.worker import Worker
from engine.settings import EngineSettings
from graph.app import GraphServer
from graph.schema import build_schema
from tests.graph.application import CATALOG, REGISTRY
from tests.waiting import eventually

SETTINGS = EngineSettings(
    lease_s=5.0, heartbeat_s=0.5, reconcile_s=0.5, poll_s=1.0, stop_grace_s=0.2, concurrent_runs=20
)

READS_STATUS = {"accept": "application/graphql-response+json"}
"""Sent by a client that is to see a refusal in the status as well."""

SCHEMA = build_schema(CATALOG, REGISTRY)

CREATE_NODE = """
mutation ($input: CreateNodeInput!, $key: String) {
  createNode(input: $input, idempotencyKey: $key) {
    __typename
    ... on ProcessStarted { created process { id status } }
    ... on InvalidInput { message errors { path message code } }
    ... on Refused { message }
  }
}
"""

RESUME = """
mutation ($process: ID!, $pages: [JSON!]!) {
  resumeProcess(process: $process, pages: $pages) {
    __typename
    ... on ProcessUpdated { process { id status } }
    ... on FormPage { title schema hasNext index }
    ... on InvalidInput { errors { path message code } }
    ... on Refused { message }
  }
}
"""

NODE = {
    "product": "Node acme",
    "customerId": "customer 1",
    "hostname": "lab-1",
    "role": "CORE",
    "ports": [{"name": "eth0", "speed": "100000000000"}, {"name": "eth1", "speed": 1000}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A served application and its client."""

    database: Database
    client: httpx.AsyncClient
    url: str
    server: GraphServer

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[Worker]:
        """A worker that listens, and is stopped at the end."""
        worker = Worker(
            self.database, catalog=CATALOG, registry=REGISTRY, settings=SETTINGS, public_url=self.url
        )
        with worker.signals.listening.armed() as listening:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.run(), name="worker")
                try:
                    await asyncio.wait_for(listening.get(), timeout=10)
                    yield worker
                finally:
                    worker.stop()

    async def post(self, query: str, **variables: object) -> Any:
        """The whole response."""
        response = await self.client.post("/graphql", json={"query": query, "variables": variables})
        return response.json()

    async def ask(self, query: str, **variables: object) -> Any:
        """The data of a response without errors."""
        response = await self.post(query, **variables)
        assert "errors" not in response, response["errors"]
        return response["data"]

    async def error(self, query: str, **variables: object) -> tuple[str, str]:
        """Code and message of the only error of a response."""
        [error] = (await self.post(query, **variables))["errors"]
        return error["extensions"]["code"], error["message"]

    async def start_node(self, **changes: object) -> str:
        """The id of a process that creates a node."""
        answer = await self.ask(CREATE_NODE, input={**NODE, **changes})
        assert answer["createNode"]["__typename"] == "ProcessStarted", answer
        return answer["createNode"]["process"]["id"]

    async def until(self, process: str, *statuses: str) -> str:
        """Waits until the process has one of the statuses, and gives it."""
        query = "query ($id: ID!) { process(id: $id) { status failureReason } }"
        found: Any = None

        async def reached() -> bool:
            nonlocal found
            found = (await self.ask(query, id=process))["process"]
            return found["status"] in statuses

        try:
            await eventually(reached, deadline_s=15)
        except TimeoutError:
            raise AssertionError(f"found {found}, expected {statuses}") from None
        return found["status"]

    async def resume(self, process: str, *pages: object) -> Any:
        """The answer to a resume."""
        return (await self.ask(RESUME, process=process, pages=pages))["resumeProcess"]

    async def active_node(self, **changes: object) -> str:
        """The id of a subscription that a worker has brought into service."""
        process = await self.start_node(**changes)
        await self.until(process, "SUSPENDED")
        await self.resume(process, {"serial": 7})
        await self.until(process, "COMPLETED")
        found = await self.ask("query ($id: ID!) { process(id: $id) { subscriptions { id } } }", id=process)
        [subscription] = found["process"]["subscriptions"]
        return subscription["id"]

    async def follow(self, query: str, **variables: object) -> AsyncGenerator[Any]:
        """The responses of an event stream until it completes."""
        body = {"query": query, "variables": variables}
        async with httpx_sse.aconnect_sse(self.client, "POST", "/graphql", json=body) as source:
            async for event in source.aiter_sse():
                if event.event == "complete":
                    return
                yield event.json()
