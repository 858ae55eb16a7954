"""The rules of circuits: two reserved interfaces, fast enough, each VLAN of an interface at most once."""

from datetime import UTC, datetime

from examples.network.controller.errors import CapacityExceeded, CircuitNotFound, VlanTaken
from examples.network.controller.interfaces import Interfaces, resource_name
from examples.network.controller.ledger import Ledger
from examples.network.controller.messages import Circuit, Operation, ProvisionCircuit, Provisioned
from examples.network.controller.state import ControllerState, PendingCircuit


class Circuits:
    """Applies requests to the state. No method awaits, so that each is one indivisible change."""

    def __init__(self, state: ControllerState, ledger: Ledger, *, interfaces: Interfaces) -> None:
        self._state = state
        self._ledger = ledger
        self._interfaces = interfaces

    def circuit(self, name: str) -> Circuit:
        """The circuit of that name, provisioned or about to be.

        Raises:
            CircuitNotFound: If there is none.
        """
        try:
            return self._state.circuits[name]
        except KeyError:
            raise CircuitNotFound(name) from None

    def accept(self, name: str, request: ProvisionCircuit, *, key: str | None) -> PendingCircuit:
        """Take interfaces and VLANs, or other ones; the circuit is to be provisioned.

        Raises:
            InterfaceNotFound: If an end is not reserved.
            CapacityExceeded: If an end is too slow.
            VlanTaken: If another circuit has the VLAN on an interface.
            KeyReused: If the key belongs to another request.
        """
        self._ledger.record_request(Operation.PROVISION_CIRCUIT, name, key=key)
        if self._ledger.find_outcome(Circuit, key=key) is None:
            self._check(name, request)
            wanted = Circuit(name=name, capacity=request.capacity, ends=request.ends)
            known = self._state.circuits.get(name, wanted)
            self._state.circuits[name] = wanted.model_copy(
                update={"version": known.version, "applied_at": known.applied_at}
            )
        self._state.accepted += 1
        pending = PendingCircuit(
            number=self._state.accepted,
            circuit=name,
            idempotency_key=key,
            callback_url=request.callback_url,
        )
        self._state.pending[pending.number] = pending
        return pending

    def apply(self, pending: PendingCircuit) -> Provisioned:
        """Provision the circuit, or say how it was provisioned when its key was used before.

        Raises:
            CircuitNotFound: If it was released in the meantime.
        """
        key = pending.idempotency_key
        circuit = self._ledger.find_outcome(Circuit, key=key)
        if circuit is None:
            before = self.circuit(pending.circuit)
            circuit = before.model_copy(
                update={"version": before.version + 1, "applied_at": datetime.now(UTC)}
            )
            self._state.circuits[circuit.name] = circuit
            self._ledger.record_effect(Operation.PROVISION_CIRCUIT, circuit.name, key=key, outcome=circuit)
        assert circuit.applied_at is not None, "an outcome is a circuit that was applied"
        return Provisioned(circuit_version=circuit.version, applied_at=circuit.applied_at)

    def release(self, name: str, *, key: str | None) -> None:
        """Give interfaces and VLANs back, and forget the circuit.

        Raises:
            CircuitNotFound: If there is none, and the key has not released it before.
            KeyReused: If the key belongs to another request.
        """
        self._ledger.record_request(Operation.RELEASE_CIRCUIT, name, key=key)
        if self._ledger.find_outcome(Circuit, key=key) is not None:
            return
        circuit = self.circuit(name)
        del self._state.circuits[name]
        self._ledger.record_effect(Operation.RELEASE_CIRCUIT, name, key=key, outcome=circuit)

    def _check(self, name: str, request: ProvisionCircuit) -> None:
        taken = {
            (end.device, end.interface, end.vlan)
            for circuit in self._state.circuits.values()
            if circuit.name != name
            for end in circuit.ends
        }
        for end in request.ends:
            interface = self._interfaces.interface(end.device, end.interface)
            resource = resource_name(end.device, end.interface)
            if request.capacity > interface.speed:
                raise CapacityExceeded(resource, capacity=request.capacity, speed=interface.speed)
            if (end.device, end.interface, end.vlan) in taken:
                raise VlanTaken(resource, vlan=end.vlan)
