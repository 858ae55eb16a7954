"""How steps that ask the network controller are retried."""

from datetime import timedelta
from functools import partial

from orchestrion import ApiUnavailable, retry

retry_while_unavailable = partial(
    retry, attempts=3, first_delay=timedelta(milliseconds=200), on=(ApiUnavailable,)
)
"""Try a step up to three times while the controller cannot be reached; a refusal is not retried."""
