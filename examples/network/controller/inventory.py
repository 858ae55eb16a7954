"""The rules: who gets which position and address; what is done once, however often it is asked."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

from examples.network.controller.errors import (
    DeviceExists,
    DeviceNotFound,
    KeyReused,
    PrefixExhausted,
    RehearsedRefusal,
)
from examples.network.controller.messages import (
    Configured,
    ConfigureDevice,
    Device,
    Effect,
    Operation,
    ReserveDevice,
)
from examples.network.controller.pools import Pool
from examples.network.controller.state import ControllerState, PendingConfiguration, Reservation

UNITS_PER_RACK = 42
FIRST_HOST = 2
"""The first address of a prefix is the router's."""


class Inventory:
    """Applies requests to the state. No method awaits, so that each is one indivisible change."""

    def __init__(self, state: ControllerState) -> None:
        self._state = state

    def devices(self) -> tuple[Device, ...]:
        """All devices, by name."""
        return tuple(device for _, device in sorted(self._state.devices.items()))

    def effects(self) -> tuple[Effect, ...]:
        """The ledger, oldest first."""
        return tuple(self._state.ledger.values())

    def device(self, name: str) -> Device:
        """The device of that name.

        Raises:
            DeviceNotFound: If there is none.
        """
        try:
            return self._state.devices[name]
        except KeyError:
            raise DeviceNotFound(name) from None

    def reserve(self, name: str, request: ReserveDevice, *, key: str | None) -> Device:
        """Give the device a position and an address.

        Raises:
            RehearsedRefusal: As often as the request asks for.
            DeviceExists: If another request took the name.
            PrefixExhausted: If no address is left.
            KeyReused: If the key belongs to another request.
        """
        self._rehearse(name, refusals=request.refusals)
        self._record_request(Operation.RESERVE, name, key=key)
        if key is not None and key in self._state.outcomes:
            return self._state.outcomes[key]
        if name in self._state.devices:
            raise DeviceExists(name)
        address_number, address = self._take_address(request.management_prefix)
        rack_number = self._state.rows.setdefault(request.row, Pool()).take()
        device = Device(
            name=name,
            row=request.row,
            rack_position=_rack_position(request.row, rack_number),
            management_prefix=request.management_prefix,
            management_address=address,
        )
        self._state.devices[name] = device
        self._state.reservations[name] = Reservation(rack_number=rack_number, address_number=address_number)
        self._record_effect(Operation.RESERVE, device, key=key)
        return device

    def accept_configuration(
        self, name: str, request: ConfigureDevice, *, key: str | None
    ) -> PendingConfiguration:
        """Note that the device is to be configured.

        Raises:
            DeviceNotFound: If there is none.
            KeyReused: If the key belongs to another request.
        """
        self.device(name)
        self._record_request(Operation.CONFIGURE, name, key=key)
        self._state.accepted += 1
        pending = PendingConfiguration(
            number=self._state.accepted,
            device=name,
            idempotency_key=key,
            callback_url=request.callback_url,
            config=request.config,
        )
        self._state.pending[pending.number] = pending
        return pending

    def apply_configuration(self, pending: PendingConfiguration) -> Configured:
        """Configure the device, or say how it was configured when its key was used before.

        Raises:
            DeviceNotFound: If it was released in the meantime.
        """
        key = pending.idempotency_key
        device = self._state.outcomes.get(key) if key is not None else None
        if device is None:
            before = self.device(pending.device)
            device = before.model_copy(
                update={
                    "configuration_version": before.configuration_version + 1,
                    "config": pending.config,
                    "applied_at": datetime.now(UTC),
                }
            )
            self._state.devices[device.name] = device
            self._record_effect(Operation.CONFIGURE, device, key=key)
        return Configured.model_validate(device, from_attributes=True)

    def finish_configuration(self, pending: PendingConfiguration) -> None:
        """Forget a configuration whose outcome is delivered or cannot be."""
        self._state.pending.pop(pending.number, None)

    def pending_configurations(self) -> tuple[PendingConfiguration, ...]:
        """Those under way, in the order of their acceptance."""
        return tuple(self._state.pending.values())

    def release(self, name: str, *, key: str | None) -> None:
        """Take back position and address, and forget the device.

        Raises:
            DeviceNotFound: If there is none, and the key has not released it before.
            KeyReused: If the key belongs to another request.
        """
        self._record_request(Operation.DELETE, name, key=key)
        if key is not None and key in self._state.outcomes:
            return
        device = self.device(name)
        reservation = self._state.reservations.pop(name)
        self._state.rows[device.row].give_back(reservation.rack_number)
        self._state.prefixes[str(device.management_prefix)].give_back(reservation.address_number)
        del self._state.devices[name]
        self._state.refused.pop(name, None)
        self._record_effect(Operation.DELETE, device, key=key)

    def _rehearse(self, name: str, *, refusals: int) -> None:
        refused = self._state.refused.get(name, 0)
        if refused < refusals:
            self._state.refused[name] = refused + 1
            raise RehearsedRefusal(name, number=refused + 1, of=refusals)

    def _take_address(self, prefix: IPv4Network) -> tuple[int, IPv4Address]:
        pool = self._state.prefixes.setdefault(str(prefix), Pool())
        number = pool.take()
        address = prefix.network_address + FIRST_HOST + number
        if address not in prefix or address == prefix.broadcast_address:
            pool.give_back(number)
            raise PrefixExhausted(str(prefix))
        return number, address

    def _record_request(self, operation: Operation, device: str, *, key: str | None) -> None:
        line = key or f"{operation} {device}"
        effect = self._state.ledger.get(line) or Effect(
            operation=operation, device=device, idempotency_key=key, count=0, requests=0
        )
        if key is not None and (effect.operation, effect.device) != (operation, device):
            raise KeyReused(
                key, found=f"{operation} {device}", expected=f"{effect.operation} {effect.device}"
            )
        self._state.ledger[line] = effect.model_copy(update={"requests": effect.requests + 1})

    def _record_effect(self, operation: Operation, device: Device, *, key: str | None) -> None:
        line = key or f"{operation} {device.name}"
        effect = self._state.ledger[line]
        self._state.ledger[line] = effect.model_copy(update={"count": effect.count + 1})
        if key is not None:
            self._state.outcomes[key] = device


def _rack_position(row: str, number: int) -> str:
    rack, unit = divmod(number, UNITS_PER_RACK)
    return f"{row}{rack + 1:02}/{unit + 1}"
