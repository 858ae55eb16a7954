"""What every endpoint works with: state, rules, faults and background work, opened together."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from examples.network.controller.circuits import Circuits
from examples.network.controller.configuring import Configurator
from examples.network.controller.faults import FaultPlan
from examples.network.controller.interfaces import Interfaces
from examples.network.controller.inventory import Inventory
from examples.network.controller.ledger import Ledger
from examples.network.controller.state import StateFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The controller behind its HTTP interface."""

    state_file: StateFile
    ledger: Ledger
    inventory: Inventory
    interfaces: Interfaces
    circuits: Circuits
    configurator: Configurator
    faults: FaultPlan

    @classmethod
    def open(cls, *, state_path: Path | None, delay: timedelta) -> Self:
        """A controller with the state of the file, or a new one without a file."""
        state_file = StateFile(state_path)
        ledger = Ledger(state_file.state)
        inventory = Inventory(state_file.state, ledger)
        interfaces = Interfaces(state_file.state, ledger, inventory=inventory)
        circuits = Circuits(state_file.state, ledger, interfaces=interfaces)
        return cls(
            state_file=state_file,
            ledger=ledger,
            inventory=inventory,
            interfaces=interfaces,
            circuits=circuits,
            configurator=Configurator(inventory, circuits, state_file=state_file, delay=delay),
            faults=FaultPlan(),
        )
