"""What the story asks of a server that runs the sample application."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace

from pydantic import JsonValue

from engine.states import ProcessStatus
from orchestrion.demo import operations
from orchestrion.demo.answers import (
    Action,
    ActionsOfSubscription,
    Answer,
    Event,
    Form,
    Outcome,
    ProcessSubscriptions,
    Subscription,
    SuspendedProcess,
)
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

    async def modify_node(self, node: Subscription, *, role: str) -> ProcessView:
        """Start to change a node's role."""
        return await self._start(operations.MODIFY_NODE, {"subscription": node.id, "role": role})

    async def create_port(self, node: Subscription, *, product: str, label: str) -> ProcessView:
        """Start to build a port of a node; its product says how fast it is."""
        return await self._start(
            operations.CREATE_PORT,
            {"product": product, "customerId": CUSTOMER, "node": node.id, "label": label},
        )

    async def speed_up(self, port: Subscription) -> ProcessView:
        """Start to make a port one of 100 Gbit/s."""
        return await self._start(operations.MODIFY_PORT, {"subscription": port.id, "speed": "GBIT_100"})

    async def create_circuit(
        self, port_a: Subscription, port_b: Subscription, *, capacity: str, vlan: int
    ) -> ProcessView:
        """Start to build a circuit between two ports, with one VLAN at both ends."""
        return await self._start(
            operations.CREATE_CIRCUIT,
            {
                "customerId": CUSTOMER,
                "portA": port_a.id,
                "portB": port_b.id,
                "capacity": capacity,
                "vlanA": vlan,
                "vlanB": vlan,
            },
        )

    async def start_on(self, operation: Operation, subscription: Subscription) -> ProcessView:
        """Start a workflow that only needs to know its subscription."""
        return await self._start(operation, {"subscription": subscription.id})

    async def try_on(self, operation: Operation, subscription: Subscription) -> Outcome:
        """What comes of starting such a workflow, which may be refused."""
        return await self._send(operation, {"subscription": subscription.id})

    async def action(self, subscription: Subscription, *, workflow: str) -> Action:
        """Whether a workflow can be started on a subscription, and what stands in the way.

        Raises:
            RequestFailed: If there is no such workflow for it.
        """
        answer = await self._connection.execute(
            operations.ACTIONS,
            Answer[ActionsOfSubscription],
            variables={"subscription": subscription.id},
        )
        for action in answer.result.actions:
            if action.workflow.name == workflow:
                return action
        raise RequestFailed(operations.ACTIONS.name, reason=f"{workflow} is not among them")

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

    async def subscription(self, process: ProcessView, *, typename: str) -> Subscription:
        """The subscription of that type among those that the process concerns.

        Raises:
            RequestFailed: If it concerns none.
        """
        answer = await self._connection.execute(
            operations.SUBSCRIPTIONS, Answer[ProcessSubscriptions], variables={"process": process.id}
        )
        for subscription in answer.result.subscriptions:
            if subscription.typename == typename:
                return subscription
        raise RequestFailed(operations.SUBSCRIPTIONS.name, reason=f"no {typename} is among them")

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
        outcome = await self._send(operation, start_input)
        if outcome.process is None:
            raise RequestFailed(operation.name, reason=outcome.reason)
        return ProcessView.of(outcome.process)

    async def _send(self, operation: Operation, start_input: dict[str, JsonValue]) -> Outcome:
        variables: dict[str, JsonValue] = {"input": start_input, "idempotencyKey": secrets.token_hex(16)}
        answer = await self._connection.execute(operation, Answer[Outcome], variables=variables)
        return answer.result

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
