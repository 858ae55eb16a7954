"""Focus: a part of the state that steps work in as if it were the whole.

A step under a focus sees the values of its part, and behind them those around it: what is not in the part is
looked for outside. What it gives goes into the part. The part is an object of the state under the focus's
key; it comes into being with the first value that is given.
"""

from collections.abc import Mapping, Sequence

from domain.json import JsonValue
from engine.step_errors import FocusUnusable
from engine.validation import shown


def part_of(path: Sequence[str], state: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """The values of the part itself, empty if there is none yet.

    Raises:
        FocusUnusable: if something else than an object stands in its place.
    """
    part = state
    for depth, key in enumerate(path, start=1):
        found = part.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise FocusUnusable(path[:depth], found=shown(found))
        part = found
    return part


def visible(path: Sequence[str], state: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """What a step in the part sees: the part's values, then those around it.

    Raises:
        FocusUnusable: as `part_of`.
    """
    if not path:
        return state
    seen = dict(state)
    for depth in range(1, len(path) + 1):
        seen |= part_of(path[:depth], state)
    return seen


def placed(
    path: Sequence[str], state: Mapping[str, JsonValue], values: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """What of the state changes, by name, when these values are put into the part.

    Raises:
        FocusUnusable: as `part_of`.
    """
    if not path or not values:
        return dict(values)
    changed: dict[str, JsonValue] = {**part_of(path, state), **values}
    for depth in range(len(path) - 1, 0, -1):
        changed = {**part_of(path[:depth], state), path[depth]: changed}
    return {path[0]: changed}


def nested(path: Sequence[str], values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values alone, as they stand in the state."""
    if not values:
        return {}
    outer: dict[str, JsonValue] = dict(values)
    for key in reversed(path):
        outer = {key: outer}
    return outer
