"""The outside world as the steps see it: a typed client of the network controller's HTTP interface."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import IPv4Network
from typing import TypeVar

import httpx

from examples.network.network_elements import (
    Circuit,
    CircuitEnd,
    Device,
    DeviceConfig,
    Element,
    Interface,
    InterfaceSettings,
)
from examples.network.settings import NetworkSettings
from orchestrion import ApiUnavailable

UNAVAILABLE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})

ElementT = TypeVar("ElementT", bound=Element)


class ControllerRefused(Exception):
    """The controller answered, and the answer is no. Asking again changes nothing."""

    def __init__(self, request: str, *, status: int, reason: str) -> None:
        super().__init__(f"{request} was refused with status {status}: {reason}")
        self.request = request
        self.status = status


class NetworkController:
    """Asks the network controller.

    A step may be carried out again after a crash, so every request that changes something carries the step's
    idempotency key: the controller does it once, however often it is asked.

    Every method raises `ApiUnavailable` if the controller cannot be reached or says that it cannot answer
    now, and `ControllerRefused` if it refuses.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def reserve(
        self, name: str, *, row: str, prefix: IPv4Network, refusals: int, idempotency_key: str
    ) -> Device:
        """Reserve a position in the row and an address of the prefix; the first `refusals` requests fail."""
        body = {"row": row, "management_prefix": str(prefix), "refusals": refusals}
        response = await self._send("PUT", f"/devices/{name}", body=body, idempotency_key=idempotency_key)
        return Device.model_validate_json(response.content)

    async def configure(
        self, name: str, config: DeviceConfig, *, callback_url: str, idempotency_key: str
    ) -> None:
        """Have the device configured; the controller posts the outcome to `callback_url` when it is done."""
        body = {"callback_url": callback_url, "config": config.model_dump(mode="json")}
        await self._send("POST", f"/devices/{name}/configuration", body=body, idempotency_key=idempotency_key)

    async def find_device(self, name: str) -> Device | None:
        """The device as the controller knows it now."""
        return await self._find(Device, f"/devices/{name}")

    async def release(self, name: str, *, idempotency_key: str) -> None:
        """Give position and address back; a device that is gone already is released."""
        await self._release(f"/devices/{name}", idempotency_key=idempotency_key)

    async def reserve_interface(
        self, device: str, settings: InterfaceSettings, *, idempotency_key: str
    ) -> Interface:
        """Reserve a free interface of the device."""
        response = await self._send(
            "POST",
            f"/devices/{device}/interfaces",
            body=settings.model_dump(mode="json"),
            idempotency_key=idempotency_key,
        )
        return Interface.model_validate_json(response.content)

    async def set_interface(
        self, device: str, number: int, *, settings: InterfaceSettings, idempotency_key: str
    ) -> None:
        """Give a reserved interface other settings."""
        await self._send(
            "PUT",
            f"/devices/{device}/interfaces/{number}",
            body=settings.model_dump(mode="json"),
            idempotency_key=idempotency_key,
        )

    async def find_interface(self, device: str, number: int) -> Interface | None:
        """The interface as the controller knows it now."""
        return await self._find(Interface, f"/devices/{device}/interfaces/{number}")

    async def release_interface(self, device: str, number: int, *, idempotency_key: str) -> None:
        """Give the interface back; one that is free already is released."""
        await self._release(f"/devices/{device}/interfaces/{number}", idempotency_key=idempotency_key)

    async def provision_circuit(
        self,
        name: str,
        *,
        capacity: int,
        ends: Sequence[CircuitEnd],
        callback_url: str,
        idempotency_key: str,
    ) -> None:
        """Have the circuit made or changed; the outcome is posted to `callback_url` when that is done."""
        body = {
            "callback_url": callback_url,
            "capacity": capacity,
            "ends": [end.model_dump(mode="json") for end in ends],
        }
        await self._send("PUT", f"/circuits/{name}", body=body, idempotency_key=idempotency_key)

    async def find_circuit(self, name: str) -> Circuit | None:
        """The circuit as the controller knows it now."""
        return await self._find(Circuit, f"/circuits/{name}")

    async def release_circuit(self, name: str, *, idempotency_key: str) -> None:
        """Take the circuit down; one that is gone already is released."""
        await self._release(f"/circuits/{name}", idempotency_key=idempotency_key)

    async def _find(self, kind: type[ElementT], path: str) -> ElementT | None:
        response = await self._send("GET", path, accept=HTTPStatus.NOT_FOUND)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return kind.model_validate_json(response.content)

    async def _release(self, path: str, *, idempotency_key: str) -> None:
        await self._send("DELETE", path, idempotency_key=idempotency_key, accept=HTTPStatus.NOT_FOUND)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        accept: HTTPStatus | None = None,
    ) -> httpx.Response:
        headers = {"idempotency-key": idempotency_key} if idempotency_key is not None else None
        try:
            response = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            raise ApiUnavailable(f"network controller: {method} {path}: {error!r}") from error
        if response.status_code in UNAVAILABLE:
            raise ApiUnavailable(f"network controller: {method} {path}: status {response.status_code}")
        if not response.is_success and response.status_code != accept:
            raise ControllerRefused(f"{method} {path}", status=response.status_code, reason=response.text)
        return response


@asynccontextmanager
async def network_controller() -> AsyncGenerator[NetworkController]:
    """The controller named by the settings, for as long as a worker lives."""
    settings = NetworkSettings()
    async with httpx.AsyncClient(
        base_url=settings.controller_url,
        timeout=settings.controller_timeout.total_seconds(),
        trust_env=False,  # the controller is in our own network: no proxy
    ) as client:
        yield NetworkController(client)
