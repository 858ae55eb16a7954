"""A plain client of the public API: HTTP for queries and mutations, SSE and WebSocket for events."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Self, TypeAlias

import httpx
from httpx_sse import aconnect_sse
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

PATIENCE_S = 60

Answer: TypeAlias = dict[str, Any]

EVENTS = """
subscription Events($process: ID!, $after: String) {
  processEvents(process: $process, after: $after) {
    __typename cursor version
    ... on ProcessSnapshot { process { status steps { key status } } }
    ... on StepStarted { step { key status attemptCount } }
    ... on StepFinished { step { key status attemptCount } }
    ... on ProcessStatusChanged { status }
  }
}
"""

PROCESS = """
query Process($id: ID!) {
  process(id: $id) {
    status version failureKind failureReason
    steps { key status attemptCount attempts { number status startedAt error } }
    subscriptions { id }
    form { title schema }
  }
}
"""


class Api:
    """One server's public API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.AsyncClient(timeout=30)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """The data of an answer without errors."""
        response = await self._client.post(
            self.url, json={"query": query, "variables": dict(variables or {})}
        )
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def until_reachable(self) -> None:
        """Wait until the server reaches its database again."""
        async for attempt in AsyncRetrying(wait=wait_fixed(0.2), stop=stop_after_delay(30), reraise=True):
            with attempt:
                (await self._client.get(self.url.replace("/graphql", "/health"))).raise_for_status()

    async def process(self, process_id: str) -> Answer:
        """A process as it is now."""
        return (await self.execute(PROCESS, {"id": process_id}))["process"]

    async def events_by_sse(self, process_id: str, *, after: str | None = None) -> AsyncGenerator[Answer]:
        """The events of a process over SSE, until the server ends the stream."""
        body = {"query": EVENTS, "variables": {"process": process_id, "after": after}}
        async with aconnect_sse(self._client, "POST", self.url, json=body) as source:
            async for message in source.aiter_sse():
                if message.event == "complete":
                    return
                answer = json.loads(message.data)
                assert "errors" not in answer, answer["errors"]
                yield answer["data"]["processEvents"]

    async def events_by_websocket(
        self, process_id: str, *, after: str | None = None
    ) -> AsyncGenerator[Answer]:
        """The events of a process over a WebSocket, until the server ends the operation."""
        url = self.url.replace("http", "ws", 1)
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": EVENTS, "variables": {"process": process_id, "after": after}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "complete":
                    return
                assert message["type"] == "next", message
                yield message["payload"]["data"]["processEvents"]

    async def until_status(self, process_id: str, *statuses: str) -> Answer:
        """Wait, by its events, until a process has one of the statuses; gives the process."""
        async with asyncio.timeout(PATIENCE_S), aclosing(self.events_by_websocket(process_id)) as events:
            async for event in events:
                snapshot = event["process"]["status"] if event["__typename"] == "ProcessSnapshot" else None
                if (event.get("status") or snapshot) in statuses:
                    break
        process = await self.process(process_id)
        assert process["status"] in statuses, process
        return process
