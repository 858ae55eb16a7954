"""The rules of devices: who gets which position and address; what is done once, however often it is asked."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

from examples.network.controller.errors import (
    DeviceExists,
    DeviceInUse,
    DeviceNotFound,
    PrefixExhausted,
    RehearsedRefusal,
)
from examples.network.controller.ledger import Ledger
from examples.network.controller.messages import (
    Configured,
    ConfigureDevice,
    Device,
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

    def __init__(self, state: ControllerState, ledger: Ledger) -> None:
        self._state = state
        self._ledger = ledger

    def devices(self) -> tuple[Device, ...]:
        """All devices, by name."""
        return tuple(device for _, device in sorted(self._state.devices.items()))

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
        self._ledger.record_request(Operation.RESERVE, name, key=key)
        known = self._ledger.find_outcome(Device, key=key)
        if known is not None:
            return known
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
        self._ledger.record_effect(Operation.RESERVE, name, key=key, outcome=device)
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
        self._ledger.record_request(Operation.CONFIGURE, name, key=key)
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
        device = self._ledger.find_outcome(Device, key=key)
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
            self._ledger.record_effect(Operation.CONFIGURE, device.name, key=key, outcome=device)
        return Configured.model_validate(device, from_attributes=True)

    def release(self, name: str, *, key: str | None) -> None:
        """Take back position and address, and forget the device.

        Raises:
            DeviceNotFound: If there is none, and the key has not released it before.
            DeviceInUse: If interfaces of it are reserved.
            KeyReused: If the key belongs to another request.
        """
        self._ledger.record_request(Operation.DELETE, name, key=key)
        if self._ledger.find_outcome(Device, key=key) is not None:
            return
        device = self.device(name)
        interfaces = self._state.interfaces.get(name)
        if interfaces:
            raise DeviceInUse(name, interfaces=len(interfaces))
        reservation = self._state.reservations.pop(name)
        self._state.rows[device.row].give_back(reservation.rack_number)
        self._state.prefixes[str(device.management_prefix)].give_back(reservation.address_number)
        del self._state.devices[name]
        self._state.refused.pop(name, None)
        self._ledger.record_effect(Operation.DELETE, name, key=key, outcome=device)

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


def _rack_position(row: str, number: int) -> str:
    rack, unit = divmod(number, UNITS_PER_RACK)
    return f"{row}{rack + 1:02}/{unit + 1}"
