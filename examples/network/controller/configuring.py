"""Carries out what was accepted in the background and calls back with its outcome."""

import asyncio
import logging
from datetime import timedelta
from http import HTTPStatus
from typing import assert_never

import httpx
from tenacity import (
    AsyncRetrying,
    RetryError,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from examples.network.controller.circuits import Circuits
from examples.network.controller.errors import CircuitNotFound, DeviceNotFound
from examples.network.controller.inventory import Inventory
from examples.network.controller.messages import Configured, Provisioned
from examples.network.controller.state import PendingCircuit, PendingConfiguration, StateFile

CALLBACK_TIMEOUT_S = 5.0
CALLBACK_PATIENCE_S = 120.0
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 3.0

Pending = PendingConfiguration | PendingCircuit

logger = logging.getLogger(__name__)


class CallbackRefused(Exception):
    """Whoever asked does not take the outcome, and asking again will not change that."""

    def __init__(self, status: int) -> None:
        super().__init__(f"callback answered {status}")
        self.status = status


class CallbackUnavailable(Exception):
    """The callback cannot be delivered now."""


class Configurator:
    """Configures devices and provisions circuits, each in a task of its own.

    Args:
        inventory: Where devices are.
        circuits: Where circuits are.
        state_file: Written before an outcome leaves the house.
        delay: How long each takes.
    """

    def __init__(
        self, inventory: Inventory, circuits: Circuits, *, state_file: StateFile, delay: timedelta
    ) -> None:
        self._inventory = inventory
        self._circuits = circuits
        self._state_file = state_file
        self._delay = delay
        # Unbounded: each entry is a request that was answered 202 and is kept in the state anyway.
        self._accepted: asyncio.Queue[Pending] = asyncio.Queue()

    def accept(self, pending: Pending) -> None:
        """Have it carried out; returns at once."""
        self._accepted.put_nowait(pending)

    async def run(self) -> None:
        """Carry out what is accepted, beginning with what a former run left, until cancelled."""
        for pending in self._state_file.state.pending.values():
            self.accept(pending)
        async with (
            httpx.AsyncClient(timeout=CALLBACK_TIMEOUT_S, trust_env=False) as client,
            asyncio.TaskGroup() as tasks,
        ):
            while True:
                pending = await self._accepted.get()
                tasks.create_task(self._carry_out(pending, client), name=f"pending {pending.number}")

    async def _carry_out(self, pending: Pending, client: httpx.AsyncClient) -> None:
        await asyncio.sleep(self._delay.total_seconds())
        try:
            outcome = self._apply(pending)
            await self._state_file.save()
            await _call_back(client, str(pending.callback_url), outcome)
        except (DeviceNotFound, CircuitNotFound, CallbackRefused, RetryError) as problem:
            logger.warning("outcome.undelivered number=%d reason=%s", pending.number, problem)
        self._state_file.state.pending.pop(pending.number, None)
        await self._state_file.save()

    def _apply(self, pending: Pending) -> Configured | Provisioned:
        match pending:
            case PendingConfiguration():
                return self._inventory.apply_configuration(pending)
            case PendingCircuit():
                return self._circuits.apply(pending)
            case _:
                assert_never(pending)


async def _call_back(client: httpx.AsyncClient, url: str, outcome: Configured | Provisioned) -> None:
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(CallbackUnavailable),
        wait=wait_random_exponential(multiplier=FIRST_RETRY_S, max=LONGEST_RETRY_S),
        stop=stop_after_delay(CALLBACK_PATIENCE_S),
    )
    await attempts(_post, client, url, outcome)


async def _post(client: httpx.AsyncClient, url: str, outcome: Configured | Provisioned) -> None:
    try:
        response = await client.post(
            url, content=outcome.model_dump_json(), headers={"content-type": "application/json"}
        )
    except httpx.TransportError as error:
        raise CallbackUnavailable(repr(error)) from error
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CallbackUnavailable(f"status {response.status_code}")
    if not response.is_success:
        raise CallbackRefused(response.status_code)
