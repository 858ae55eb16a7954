"""The HTTP interface."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.network.controller.configuring import Configurator
from examples.network.controller.errors import ControllerError
from examples.network.controller.faults import FaultPlan
from examples.network.controller.inventory import Inventory
from examples.network.controller.messages import (
    ConfigureDevice,
    Devices,
    Effects,
    InjectFault,
    Operation,
    Problem,
    ReserveDevice,
)
from examples.network.controller.state import StateFile


def create_app(*, state_path: Path | None, delay: timedelta) -> Starlette:
    """The controller as an ASGI application.

    Args:
        state_path: Where its state survives; None: nowhere.
        delay: How long a device takes to be configured.
    """
    endpoints = Endpoints(StateFile(state_path), delay=delay)
    return Starlette(
        routes=[
            Route("/devices", endpoints.list_devices, methods=["GET"]),
            Route("/devices/{name}", endpoints.read, methods=["GET"]),
            Route("/devices/{name}", endpoints.reserve, methods=["PUT"]),
            Route("/devices/{name}", endpoints.release, methods=["DELETE"]),
            Route("/devices/{name}/configuration", endpoints.configure, methods=["POST"]),
            Route("/effects", endpoints.list_effects, methods=["GET"]),
            Route("/faults", endpoints.inject_fault, methods=["POST"]),
        ],
        exception_handlers={ControllerError: _refuse, ValidationError: _reject},
        lifespan=endpoints.lifespan,
    )


class Endpoints:
    """One method per route."""

    def __init__(self, state_file: StateFile, *, delay: timedelta) -> None:
        self._state_file = state_file
        self._inventory = Inventory(state_file.state)
        self._configurator = Configurator(self._inventory, state_file=state_file, delay=delay)
        self._faults = FaultPlan()

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        """Configure devices while requests are served, beginning with what a former run left."""
        for pending in self._inventory.pending_configurations():
            self._configurator.accept(pending)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._configurator.run(), name="configurator")
            yield
            running.cancel()

    async def list_devices(self, _: Request) -> Response:
        """All devices."""
        return _answer(Devices(devices=self._inventory.devices()))

    async def read(self, request: Request) -> Response:
        """One device."""
        self._faults.check(Operation.READ)
        return _answer(self._inventory.device(_name(request)))

    async def reserve(self, request: Request) -> Response:
        """Give a device its position and address."""
        self._faults.check(Operation.RESERVE)
        body = ReserveDevice.model_validate_json(await request.body())
        try:
            device = self._inventory.reserve(_name(request), body, key=_idempotency_key(request))
        finally:
            # Refusals are counted too.
            await self._state_file.save()
        return _answer(device)

    async def configure(self, request: Request) -> Response:
        """Accept a configuration."""
        self._faults.check(Operation.CONFIGURE)
        body = ConfigureDevice.model_validate_json(await request.body())
        pending = self._inventory.accept_configuration(_name(request), body, key=_idempotency_key(request))
        await self._state_file.save()
        self._configurator.accept(pending)
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def release(self, request: Request) -> Response:
        """Forget a device."""
        self._faults.check(Operation.DELETE)
        self._inventory.release(_name(request), key=_idempotency_key(request))
        await self._state_file.save()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def list_effects(self, _: Request) -> Response:
        """The ledger."""
        return _answer(Effects(effects=self._inventory.effects()))

    async def inject_fault(self, request: Request) -> Response:
        """Let the next requests fail."""
        self._faults.add(InjectFault.model_validate_json(await request.body()))
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _idempotency_key(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


def _answer(message: BaseModel, *, status: int = HTTPStatus.OK) -> Response:
    return Response(message.model_dump_json(), status_code=status, media_type="application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    if not isinstance(error, ControllerError):
        raise error
    return _answer(Problem(error=str(error)), status=error.status)


async def _reject(_: Request, error: Exception) -> Response:
    return _answer(Problem(error=str(error)), status=HTTPStatus.BAD_REQUEST)
