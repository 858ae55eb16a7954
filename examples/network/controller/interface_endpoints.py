"""`/devices/{name}/interfaces/{number}`: one method per route."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.network.controller.answers import answer, idempotency_key, name_in, number_in
from examples.network.controller.desk import Desk
from examples.network.controller.messages import InterfaceList, InterfaceSettings, Operation


class InterfaceEndpoints:
    """Interfaces of devices."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/devices/{name}/interfaces", self.list, methods=["GET"]),
            Route("/devices/{name}/interfaces", self.reserve, methods=["POST"]),
            Route("/devices/{name}/interfaces/{number:int}", self.read, methods=["GET"]),
            Route("/devices/{name}/interfaces/{number:int}", self.set, methods=["PUT"]),
            Route("/devices/{name}/interfaces/{number:int}", self.release, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> Response:
        """The reserved interfaces of a device."""
        return answer(InterfaceList(interfaces=self._desk.interfaces.interfaces(name_in(request))))

    async def read(self, request: Request) -> Response:
        """One interface."""
        self._desk.faults.check(Operation.READ)
        return answer(self._desk.interfaces.interface(name_in(request), number_in(request)))

    async def reserve(self, request: Request) -> Response:
        """Give out an interface."""
        self._desk.faults.check(Operation.RESERVE_INTERFACE)
        body = InterfaceSettings.model_validate_json(await request.body())
        interface = self._desk.interfaces.reserve(name_in(request), body, key=idempotency_key(request))
        await self._desk.state_file.save()
        return answer(interface)

    async def set(self, request: Request) -> Response:
        """Give an interface other settings."""
        self._desk.faults.check(Operation.SET_INTERFACE)
        body = InterfaceSettings.model_validate_json(await request.body())
        interface = self._desk.interfaces.set(
            name_in(request), number_in(request), body, key=idempotency_key(request)
        )
        await self._desk.state_file.save()
        return answer(interface)

    async def release(self, request: Request) -> Response:
        """Take an interface back."""
        self._desk.faults.check(Operation.RELEASE_INTERFACE)
        self._desk.interfaces.release(name_in(request), number_in(request), key=idempotency_key(request))
        await self._desk.state_file.save()
        return Response(status_code=HTTPStatus.NO_CONTENT)
