"""What was asked and done: by it a request with a known idempotency key is answered and not done again."""

from typing import TypeVar

from examples.network.controller.errors import KeyReused
from examples.network.controller.messages import Circuit, Device, Effect, Interface, Operation
from examples.network.controller.state import ControllerState

Outcome = Device | Interface | Circuit
OutcomeT = TypeVar("OutcomeT", Device, Interface, Circuit)


class Ledger:
    """Counts requests and effects, and keeps the outcome of each idempotency key."""

    def __init__(self, state: ControllerState) -> None:
        self._state = state

    def effects(self) -> tuple[Effect, ...]:
        """The lines, oldest first."""
        return tuple(self._state.ledger.values())

    def record_request(self, operation: Operation, resource: str, *, key: str | None) -> None:
        """Count a request.

        Raises:
            KeyReused: If the key belongs to another request.
        """
        line = key or f"{operation} {resource}"
        effect = self._state.ledger.get(line) or Effect(
            operation=operation, resource=resource, idempotency_key=key, count=0, requests=0
        )
        if key is not None and (effect.operation, effect.resource) != (operation, resource):
            raise KeyReused(
                key, found=f"{operation} {resource}", expected=f"{effect.operation} {effect.resource}"
            )
        self._state.ledger[line] = effect.model_copy(update={"requests": effect.requests + 1})

    def record_effect(
        self, operation: Operation, resource: str, *, key: str | None, outcome: Outcome
    ) -> None:
        """Count what was done, and keep what the key's next request is answered with."""
        line = key or f"{operation} {resource}"
        effect = self._state.ledger[line]
        self._state.ledger[line] = effect.model_copy(update={"count": effect.count + 1})
        if key is not None:
            self._state.outcomes[key] = outcome

    def find_outcome(self, kind: type[OutcomeT], *, key: str | None) -> OutcomeT | None:
        """What the key's first request came to; None without a key, or before that."""
        outcome = self._state.outcomes.get(key) if key is not None else None
        return outcome if isinstance(outcome, kind) else None
