"""How large the variables of a request are, before they are looked at for what they say."""

from collections.abc import Mapping

from domain.json import JsonValue
from graph.limits import VariableLimits


def find_excess(variables: Mapping[str, JsonValue], limits: VariableLimits) -> str | None:
    """Gives what is too much of the variables, in words; None if they may be taken."""
    number, depth = 0, 0
    left: list[JsonValue] = list(variables.values())
    while left:
        depth += 1
        number += len(left)
        if depth > limits.depth:
            return f"are nested more than {limits.depth} times"
        if number > limits.values:
            return f"have more than {limits.values} values"
        inner: list[JsonValue] = []
        for value in left:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        left = inner
    return None
