"""`/devices/{name}`: one method per route."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.network.controller.answers import answer, idempotency_key, name_in
from examples.network.controller.desk import Desk
from examples.network.controller.messages import ConfigureDevice, Devices, Operation, ReserveDevice


class DeviceEndpoints:
    """Devices."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/devices", self.list, methods=["GET"]),
            Route("/devices/{name}", self.read, methods=["GET"]),
            Route("/devices/{name}", self.reserve, methods=["PUT"]),
            Route("/devices/{name}", self.release, methods=["DELETE"]),
            Route("/devices/{name}/configuration", self.configure, methods=["POST"]),
        ]

    async def list(self, _: Request) -> Response:
        """All devices."""
        return answer(Devices(devices=self._desk.inventory.devices()))

    async def read(self, request: Request) -> Response:
        """One device."""
        self._desk.faults.check(Operation.READ)
        return answer(self._desk.inventory.device(name_in(request)))

    async def reserve(self, request: Request) -> Response:
        """Give a device its position and address."""
        self._desk.faults.check(Operation.RESERVE)
        body = ReserveDevice.model_validate_json(await request.body())
        try:
            device = self._desk.inventory.reserve(name_in(request), body, key=idempotency_key(request))
        finally:
            # Refusals are counted too.
            await self._desk.state_file.save()
        return answer(device)

    async def configure(self, request: Request) -> Response:
        """Accept a configuration."""
        self._desk.faults.check(Operation.CONFIGURE)
        body = ConfigureDevice.model_validate_json(await request.body())
        pending = self._desk.inventory.accept_configuration(
            name_in(request), body, key=idempotency_key(request)
        )
        await self._desk.state_file.save()
        self._desk.configurator.accept(pending)
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def release(self, request: Request) -> Response:
        """Forget a device."""
        self._desk.faults.check(Operation.DELETE)
        self._desk.inventory.release(name_in(request), key=idempotency_key(request))
        await self._desk.state_file.save()
        return Response(status_code=HTTPStatus.NO_CONTENT)
