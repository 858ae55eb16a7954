"""When a failed step is tried again, and after how long."""

from dataclasses import dataclass
from random import Random

from tenacity import AsyncRetrying, RetryCallState
from tenacity.wait import wait_exponential


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off with jitter.

    Attributes:
        attempts: How often the step is tried at most, the first time included.
        first_delay_s: The longest wait after the first attempt; each further one may wait twice as long.
        max_delay_s: No wait is longer.
        on: The errors worth another attempt; any other fails the step at once.
        deadline_s: No attempt begins later than this after the first one began; None is no deadline.
    """

    attempts: int
    first_delay_s: float
    max_delay_s: float
    on: tuple[type[Exception], ...] = (Exception,)
    deadline_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse a policy that never tries or waits backwards.

        Raises:
            ValueError: naming the attribute, what was found and what was expected.
        """
        if self.attempts < 1:
            raise ValueError(f"attempts is {self.attempts}, expected at least 1")
        if self.first_delay_s < 0:
            raise ValueError(f"first_delay_s is {self.first_delay_s}, expected 0 or more")
        if self.max_delay_s < self.first_delay_s:
            raise ValueError(
                f"max_delay_s is {self.max_delay_s}, expected at least first_delay_s ({self.first_delay_s})"
            )
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise ValueError(f"deadline_s is {self.deadline_s}, expected more than 0, or None")
        if not self.on:
            raise ValueError("on is empty, expected at least one exception class")

    def applies(self, error: BaseException, attempt: int, elapsed_s: float) -> bool:
        """Whether the step is tried again after attempt number `attempt` (from 1) ended in this error.

        Args:
            error: What the attempt raised.
            attempt: The attempt's number, from 1.
            elapsed_s: Time since the first attempt began.
        """
        in_time = self.deadline_s is None or elapsed_s < self.deadline_s
        return in_time and attempt < self.attempts and isinstance(error, self.on)

    def delay_s(self, attempt: int, random: Random) -> float:
        """The wait after attempt number `attempt` (from 1): between half of its window and the whole."""
        back_off = wait_exponential(multiplier=self.first_delay_s, max=self.max_delay_s)
        call = RetryCallState(retry_object=AsyncRetrying(), fn=None, args=(), kwargs={})
        call.attempt_number = attempt
        window_s = back_off(call)
        return random.uniform(window_s / 2, window_s)
