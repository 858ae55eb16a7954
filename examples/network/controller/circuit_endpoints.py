"""`/circuits/{name}`: one method per route."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.network.controller.answers import answer, idempotency_key, name_in
from examples.network.controller.desk import Desk
from examples.network.controller.messages import Operation, ProvisionCircuit


class CircuitEndpoints:
    """Circuits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/circuits/{name}", self.read, methods=["GET"]),
            Route("/circuits/{name}", self.provision, methods=["PUT"]),
            Route("/circuits/{name}", self.release, methods=["DELETE"]),
        ]

    async def read(self, request: Request) -> Response:
        """One circuit."""
        self._desk.faults.check(Operation.READ)
        return answer(self._desk.circuits.circuit(name_in(request)))

    async def provision(self, request: Request) -> Response:
        """Accept a circuit, or a change of one."""
        self._desk.faults.check(Operation.PROVISION_CIRCUIT)
        body = ProvisionCircuit.model_validate_json(await request.body())
        pending = self._desk.circuits.accept(name_in(request), body, key=idempotency_key(request))
        await self._desk.state_file.save()
        self._desk.configurator.accept(pending)
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def release(self, request: Request) -> Response:
        """Take a circuit down."""
        self._desk.faults.check(Operation.RELEASE_CIRCUIT)
        self._desk.circuits.release(name_in(request), key=idempotency_key(request))
        await self._desk.state_file.save()
        return Response(status_code=HTTPStatus.NO_CONTENT)
