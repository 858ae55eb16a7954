"""What the controller remembers, in memory and, if it is given a file, on disk."""

import asyncio
from pathlib import Path

from pydantic import BaseModel, HttpUrl, JsonValue

from examples.network.controller.messages import Circuit, Device, Effect, Interface
from examples.network.controller.pools import Pool


class PendingConfiguration(BaseModel):
    """A configuration that was accepted and whose outcome has not been delivered."""

    number: int
    device: str
    idempotency_key: str | None
    callback_url: HttpUrl
    config: dict[str, JsonValue]


class PendingCircuit(BaseModel):
    """A circuit that was accepted and whose outcome has not been delivered."""

    number: int
    circuit: str
    idempotency_key: str | None
    callback_url: HttpUrl


class Reservation(BaseModel):
    """Where the numbers of a device's position and address came from."""

    rack_number: int
    address_number: int


class ControllerState(BaseModel):
    """All of it; a plain value that can be written as JSON.

    Attributes:
        devices: By name.
        reservations: By name of the device.
        rows: Positions given out, by row of racks.
        prefixes: Addresses given out, by prefix.
        interfaces: Those reserved, by the name of their device and their number.
        slots: Interfaces given out, by name of the device.
        circuits: By name.
        refused: How many requests were refused for rehearsal, by name of the device.
        ledger: What was asked and done, by idempotency key.
        outcomes: The device, interface or circuit as each idempotency key left it.
        pending: What is under way, by number.
        accepted: The number of what was accepted last.
    """

    devices: dict[str, Device] = {}
    reservations: dict[str, Reservation] = {}
    rows: dict[str, Pool] = {}
    prefixes: dict[str, Pool] = {}
    interfaces: dict[str, dict[int, Interface]] = {}
    slots: dict[str, Pool] = {}
    circuits: dict[str, Circuit] = {}
    refused: dict[str, int] = {}
    ledger: dict[str, Effect] = {}
    outcomes: dict[str, Device | Interface | Circuit] = {}
    pending: dict[int, PendingConfiguration | PendingCircuit] = {}
    accepted: int = 0


class StateFile:
    """Keeps the state; with a path it also keeps it on disk."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._writing = asyncio.Lock()
        self._asked = 0
        self._saved = 0
        self.state = ControllerState()
        if path is not None and path.exists():
            self.state = ControllerState.model_validate_json(path.read_bytes())

    async def save(self) -> None:
        """Write the state; a reader finds the old file or the new one, never a part."""
        if self._path is None:
            return
        self._asked += 1
        mine = self._asked
        async with self._writing:
            # One write serves all who asked while the one before it was under way.
            if self._saved < mine:
                newest, content = self._asked, self.state.model_dump_json()
                await asyncio.to_thread(_replace, self._path, content)
                self._saved = newest


def _replace(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f"{path.suffix}.new")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.replace(path)
