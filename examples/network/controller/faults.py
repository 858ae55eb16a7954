"""Faults on request: the next requests of an operation fail."""

from dataclasses import dataclass, field

from examples.network.controller.errors import InjectedFault
from examples.network.controller.messages import InjectFault, Operation


@dataclass(slots=True)
class FaultPlan:
    """The faults that are still to come, oldest first; they are not kept over a restart."""

    _coming: dict[Operation, list[int]] = field(default_factory=dict[Operation, list[int]])

    def add(self, fault: InjectFault) -> None:
        """Let the next requests of the operation fail."""
        self._coming.setdefault(fault.operation, []).extend([fault.status] * fault.times)

    def check(self, operation: Operation) -> None:
        """Let a request of this operation pass, or use up one of its faults.

        Raises:
            InjectedFault: If one was planned.
        """
        statuses = self._coming.get(operation)
        if statuses:
            raise InjectedFault(operation, status=statuses.pop(0))
