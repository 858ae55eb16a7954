"""How far a step is, as it says itself: a hint for those who watch, which is in no event and no state."""

import math
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

LONGEST_MESSAGE = 500


class ProgressSink(Protocol):
    """Takes what a step says about how far it is; may be called from any thread, and often."""

    def __call__(self, *, percent: float | None, message: str | None) -> None:
        """Take it; what is None stays as it was."""
        ...


def unheard(*, percent: float | None, message: str | None) -> None:
    """Let it pass: nobody watches, as in a test that calls a step's function itself."""


class ProgressReport(BaseModel):
    """What an outside system posts about how far a callback step is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    percent: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    message: str | None = Field(default=None, min_length=1, max_length=LONGEST_MESSAGE)

    @model_validator(mode="after")
    def _says_something(self) -> "ProgressReport":
        if self.percent is None and self.message is None:
            raise ValueError("expected a percent, a message or both")
        return self


def within_bounds(percent: float | None) -> float | None:
    """The share from 0 to 100 that is nearest; None for what is no number. A hint fails no step."""
    if percent is None:
        return None
    try:
        nearest = float(min(max(percent, 0), 100))
    except (ArithmeticError, TypeError, ValueError):
        return None
    return None if math.isnan(nearest) else nearest


def readable(message: str | None, *, secret: str | None = None) -> str | None:
    """The message as it can be kept: without the secret, of characters that PostgreSQL has, not too long."""
    if not message:
        return None
    text = str(message)  # an error, perhaps: a hint fails no step
    public = text if secret is None else text.replace(secret, "***")
    printable = public.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    return printable[:LONGEST_MESSAGE]
