"""How records and the outside world are compared: what every validation shares."""

from collections.abc import Iterable
from typing import TypeAlias

Comparison: TypeAlias = tuple[str, object, object]
"""What is compared, as it is recorded, and as it was found."""


def differences(comparisons: Iterable[Comparison]) -> list[str]:
    """Each difference in words, in order."""
    return [
        f"{name}: recorded {recorded}, found {found}"
        for name, recorded, found in comparisons
        if recorded != found
    ]
