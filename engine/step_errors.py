"""What can go wrong between a step and its process's state while a process runs."""

from collections.abc import Collection, Sequence

from domain.ids import SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from engine.errors import EngineError


class InputUnusable(EngineError):
    """A value of the state is not there, or cannot be read as the type a step's parameter declares."""

    def __init__(self, step: str, *, parameter: str, expected: str, found: str) -> None:
        super().__init__(f"step {step!r}: parameter {parameter!r} expects {expected}, found {found}")
        self.step = step
        self.parameter = parameter


class WrongLifecycle(EngineError):
    """The subscription a step takes is in a status whose class the step does not take."""

    def __init__(
        self,
        step: str,
        *,
        parameter: str,
        subscription_id: SubscriptionId,
        found_status: SubscriptionStatus,
        found_class: str,
        expected: Collection[str],
    ) -> None:
        super().__init__(
            f"step {step!r}: parameter {parameter!r} takes {' or '.join(expected)}, but subscription "
            f"{subscription_id} is {found_status} ({found_class})"
        )
        self.step = step
        self.parameter = parameter
        self.subscription_id = subscription_id
        self.found_status = found_status
        self.expected = tuple(expected)


class OutputUnusable(EngineError):
    """What a step gave is not what it declares, or cannot be kept as JSON."""

    def __init__(self, step: str, *, output: str | None, reason: str) -> None:
        where = f": output {output!r}" if output else ""
        super().__init__(f"step {step!r}{where}: {reason}")
        self.step = step
        self.output = output


class FocusUnusable(EngineError):
    """Where a step's focus expects an object of the state, something else stands."""

    def __init__(self, path: Sequence[str], *, found: str) -> None:
        super().__init__(f"the focus {'.'.join(path)!r} expects an object of the state, found {found}")
        self.path = tuple(path)


class StepTookTooLong(EngineError, TimeoutError):
    """A step did not end within its timeout."""

    def __init__(self, step: str, *, timeout_s: float, given_up: bool) -> None:
        behind = "; it goes on nevertheless and was given up" if given_up else ""
        super().__init__(f"step {step!r} took longer than its {timeout_s:g} s{behind}")
        self.step = step
        self.timeout_s = timeout_s
        self.given_up = given_up
