"""What the story asks of a server that runs the sample application."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace

from pydantic import JsonValue

from engine.states import ProcessStatus
from orchestrion.demo import operations
from orchestrion.demo.answers import Answer, Event, Form, Node, Outcome, ProcessOfNode, SuspendedProcess
from orchestrion.demo.connection import GraphQLConnection
from orchestrion.demo.failures import RequestFailed
from orchestrion.demo.views import ProcessView
from orchestrion.demo.websocket import Operation

CUSTOMER = "demo"


class Sample:
    """The sample's workflows and a process's life, by the public API."""

    def __init__(self, connection: GraphQLConnection) -> None:
        self._connection = connection

    async def create_node(self, hostname: str, *, faults: int) -> ProcessView:
        """Start to build a node whose place the controller refuses to reserve `faults` times."""
        return await self._start(
            operations.CREATE_NODE,
            {
                "customerId": CUSTOMER,
                "hostname": hostname,
                "site": "AMSTERDAM",
                "row": "AMS-A",
                "role": "ACCESS",
                "rehearsalFaults": faults,
            },
        )

    async def modify_node(self, node: Node, *, role: str) -> ProcessView:
        """Start to change a node's role."""
        return await self._start(operations.MODIFY_NODE, {"subscription": node.id, "role": role})

    async def validate_node(self, node: Node) -> ProcessView:
        """Start to compare a node with its device."""
        return await self._start(operations.VALIDATE_NODE, {"subscription": node.id})

    async def terminate_node(self, node: Node) -> ProcessView:
        """Start to take a node out of service."""
        return await self._start(operations.TERMINATE_NODE, {"subscription": node.id})

    async def retry(self, process: ProcessView) -> ProcessView:
        """Have the failed step tried again."""
        return await self._command(operations.RETRY_PROCESS, process, {})

    async def resume(self, process: ProcessView, page: Mapping[str, JsonValue]) -> ProcessView:
        """Fill in the form the process waits for."""
        return await self._command(operations.RESUME_PROCESS, process, {"pages": [dict(page)]})

    async def form(self, process: ProcessView) -> Form:
        """The form that the process waits for.

        Raises:
            RequestFailed: If it waits for none.
        """
        answer = await self._connection.execute(
            operations.FORM, Answer[SuspendedProcess], variables={"process": process.id}
        )
        if answer.result.form is None:
            raise RequestFailed(operations.FORM.name, reason="the process waits for no form")
        return answer.result.form

    async def node(self, process: ProcessView) -> Node:
        """The node that the process is about."""
        answer = await self._connection.execute(
            operations.NODE, Answer[ProcessOfNode], variables={"process": process.id}
        )
        (node,) = answer.result.subscriptions
        return node

    async def watch(self, process: ProcessView) -> AsyncGenerator[ProcessView]:
        """The process after each event since the last one that was seen; it does not end by itself."""

        def place() -> dict[str, JsonValue]:
            return {"process": process.id, "after": process.cursor}

        stream = self._connection.stream(operations.PROCESS_EVENTS, Answer[Event], variables=place)
        async with aclosing(stream) as answers:
            async for answer in answers:
                process = process.after(answer.result)
                yield process

    async def _start(self, operation: Operation, start_input: dict[str, JsonValue]) -> ProcessView:
        variables: dict[str, JsonValue] = {"input": start_input, "idempotencyKey": secrets.token_hex(16)}
        answer = await self._connection.execute(operation, Answer[Outcome], variables=variables)
        if answer.result.process is None:
            raise RequestFailed(operation.name, reason=answer.result.reason)
        return ProcessView.of(answer.result.process)

    async def _command(
        self, operation: Operation, process: ProcessView, variables: dict[str, JsonValue]
    ) -> ProcessView:
        drops = self._connection.drops
        answer = await self._connection.execute(
            operation, Answer[Outcome], variables={"process": process.id, **variables}
        )
        taken = answer.result.typename == "ProcessUpdated"
        # Sent a second time after a drop, it may come too late for the status that the first one changed.
        repeated = answer.result.typename == "WrongStatus" and self._connection.drops > drops
        if not taken and not repeated:
            raise RequestFailed(operation.name, reason=answer.result.reason)
        # What it came to since is told by its events, from the place they were read to.
        return replace(process, status=ProcessStatus.QUEUED, failure=None)
