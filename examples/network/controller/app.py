"""The HTTP interface."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.network.controller.answers import answer, refuse, reject
from examples.network.controller.circuit_endpoints import CircuitEndpoints
from examples.network.controller.desk import Desk
from examples.network.controller.device_endpoints import DeviceEndpoints
from examples.network.controller.errors import ControllerError
from examples.network.controller.interface_endpoints import InterfaceEndpoints
from examples.network.controller.messages import Effects, InjectFault


def create_app(*, state_path: Path | None, delay: timedelta) -> Starlette:
    """The controller as an ASGI application.

    Args:
        state_path: Where its state survives; None: nowhere.
        delay: How long a device takes to be configured, and a circuit to be provisioned.
    """
    desk = Desk.open(state_path=state_path, delay=delay)
    inspection = InspectionEndpoints(desk)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(desk.configurator.run(), name="configurator")
            yield
            running.cancel()

    return Starlette(
        routes=[
            *DeviceEndpoints(desk).routes,
            *InterfaceEndpoints(desk).routes,
            *CircuitEndpoints(desk).routes,
            Route("/effects", inspection.list_effects, methods=["GET"]),
            Route("/faults", inspection.inject_fault, methods=["POST"]),
        ],
        exception_handlers={ControllerError: refuse, ValidationError: reject},
        lifespan=lifespan,
    )


class InspectionEndpoints:
    """What tests and rehearsals ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_effects(self, _: Request) -> Response:
        """The ledger."""
        return answer(Effects(effects=self._desk.ledger.effects()))

    async def inject_fault(self, request: Request) -> Response:
        """Let the next requests fail."""
        self._desk.faults.add(InjectFault.model_validate_json(await request.body()))
        return Response(status_code=HTTPStatus.NO_CONTENT)
