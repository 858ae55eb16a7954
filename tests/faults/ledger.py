"""What steps did to the outside world: a file that no crash of ours can undo."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from domain.ids import ProcessId
from engine.context import CallbackContext, StepContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect of one attempt.

    Attributes:
        callback_url: The address the step gave away with it, if it is one that waits for a callback.
    """

    process_id: str
    step_key: str
    attempt: int
    idempotency_key: str
    callback_url: str | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Effects in the order in which they took place, by any number of writers."""

    path: Path

    def append(self, context: StepContext) -> None:
        """Write the effect of an attempt; it is on disk when this returns."""
        effect = Effect(
            process_id=str(context.process_id),
            step_key=context.step_key,
            attempt=context.attempt,
            idempotency_key=context.idempotency_key,
            callback_url=context.callback_url if isinstance(context, CallbackContext) else None,
        )
        # One write to a file that is appended to is whole, also beside other writers.
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, json.dumps(asdict(effect)).encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)

    def effects(self) -> list[Effect]:
        """All of them."""
        if not self.path.exists():
            return []
        return [Effect(**json.loads(line)) for line in self.path.read_text().splitlines()]

    def effects_of(self, process_id: ProcessId) -> dict[str, list[Effect]]:
        """One process's, by the step."""
        found: dict[str, list[Effect]] = {}
        for effect in self.effects():
            if UUID(effect.process_id) == process_id:
                found.setdefault(effect.step_key, []).append(effect)
        return found

    def find_token(self, process_id: ProcessId) -> str | None:
        """The token of the last address that the process gave away."""
        effects = [effect for found in self.effects_of(process_id).values() for effect in found]
        urls = [effect.callback_url for effect in effects if effect.callback_url is not None]
        return urls[-1].rsplit("/", 1)[1] if urls else None
