"""The rules of interfaces: each device has so many, and what carries circuits cannot be taken away."""

from examples.network.controller.errors import (
    CapacityExceeded,
    InterfaceInUse,
    InterfaceNotFound,
    InterfacesExhausted,
)
from examples.network.controller.inventory import Inventory
from examples.network.controller.ledger import Ledger
from examples.network.controller.messages import Circuit, Interface, InterfaceSettings, Operation
from examples.network.controller.pools import Pool
from examples.network.controller.state import ControllerState

INTERFACES_PER_DEVICE = 32


class Interfaces:
    """Applies requests to the state. No method awaits, so that each is one indivisible change."""

    def __init__(self, state: ControllerState, ledger: Ledger, *, inventory: Inventory) -> None:
        self._state = state
        self._ledger = ledger
        self._inventory = inventory

    def interfaces(self, device: str) -> tuple[Interface, ...]:
        """The reserved interfaces of a device, by number.

        Raises:
            DeviceNotFound: If there is no such device.
        """
        self._inventory.device(device)
        return tuple(interface for _, interface in sorted(self._state.interfaces.get(device, {}).items()))

    def interface(self, device: str, number: int) -> Interface:
        """A reserved interface.

        Raises:
            InterfaceNotFound: If it is not reserved, or there is no such device.
        """
        try:
            return self._state.interfaces[device][number]
        except KeyError:
            raise InterfaceNotFound(device, number=number) from None

    def reserve(self, device: str, settings: InterfaceSettings, *, key: str | None) -> Interface:
        """Give out the lowest free interface of the device.

        Raises:
            DeviceNotFound: If there is no such device.
            InterfacesExhausted: If none is free.
            KeyReused: If the key belongs to another request.
        """
        self._ledger.record_request(Operation.RESERVE_INTERFACE, device, key=key)
        known = self._ledger.find_outcome(Interface, key=key)
        if known is not None:
            return known
        self._inventory.device(device)
        pool = self._state.slots.setdefault(device, Pool())
        number = pool.take() + 1
        if number > INTERFACES_PER_DEVICE:
            pool.give_back(number - 1)
            raise InterfacesExhausted(device, number=INTERFACES_PER_DEVICE)
        interface = Interface(
            device=device,
            number=number,
            name=f"et-0/0/{number}",
            speed=settings.speed,
            enabled=settings.enabled,
            label=settings.label,
        )
        self._state.interfaces.setdefault(device, {})[number] = interface
        self._ledger.record_effect(Operation.RESERVE_INTERFACE, device, key=key, outcome=interface)
        return interface

    def set(self, device: str, number: int, settings: InterfaceSettings, *, key: str | None) -> Interface:
        """Give a reserved interface other settings.

        Raises:
            InterfaceNotFound: If it is not reserved.
            CapacityExceeded: If a circuit on it is faster than it would be.
            KeyReused: If the key belongs to another request.
        """
        resource = resource_name(device, number)
        self._ledger.record_request(Operation.SET_INTERFACE, resource, key=key)
        known = self._ledger.find_outcome(Interface, key=key)
        if known is not None:
            return known
        before = self.interface(device, number)
        for circuit in self._circuits_on(before):
            if circuit.capacity > settings.speed:
                raise CapacityExceeded(resource, capacity=circuit.capacity, speed=settings.speed)
        interface = before.model_copy(update=settings.model_dump())
        self._state.interfaces[device][number] = interface
        self._ledger.record_effect(Operation.SET_INTERFACE, resource, key=key, outcome=interface)
        return interface

    def release(self, device: str, number: int, *, key: str | None) -> None:
        """Take an interface back.

        Raises:
            InterfaceNotFound: If it is not reserved, and the key has not released it before.
            InterfaceInUse: If it carries circuits.
            KeyReused: If the key belongs to another request.
        """
        resource = resource_name(device, number)
        self._ledger.record_request(Operation.RELEASE_INTERFACE, resource, key=key)
        if self._ledger.find_outcome(Interface, key=key) is not None:
            return
        interface = self.interface(device, number)
        circuits = self._circuits_on(interface)
        if circuits:
            raise InterfaceInUse(resource, circuits=len(circuits))
        del self._state.interfaces[device][number]
        self._state.slots[device].give_back(number - 1)
        self._ledger.record_effect(Operation.RELEASE_INTERFACE, resource, key=key, outcome=interface)

    def _circuits_on(self, interface: Interface) -> list[Circuit]:
        place = (interface.device, interface.number)
        return [
            circuit
            for circuit in self._state.circuits.values()
            if any((end.device, end.interface) == place for end in circuit.ends)
        ]


def resource_name(device: str, number: int) -> str:
    """An interface as errors and the ledger call it."""
    return f"{device}/{number}"
