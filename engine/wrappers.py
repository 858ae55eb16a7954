"""Wrapping steps: `conditional(is_remote)(ship >> install)`, `focus("site")(survey)`.

A wrapped step is the same step in every other respect: its key, retries and authorizers stay.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from engine.conditions import ConditionFunction, read_condition
from engine.definition_errors import ReservedName, UnsupportedSignature
from engine.signatures import RESERVED_NAMES
from engine.step_lists import OpenStepList, as_steps
from engine.steps import Step

Wrapper: TypeAlias = Callable[[Step | OpenStepList], OpenStepList]


def conditional(predicate: ConditionFunction) -> Wrapper:
    """Make steps depend on a condition, which is asked before each of them, when it would begin.

    The predicate is a plain or an async function that takes values of the state, services and the step's
    context like a step, and gives a bool. If it says no, the step is recorded as SKIPPED, its function is
    not called, and the process goes on behind it; if it raises, the step fails. It is asked again at each
    attempt, but not when what a parked step waited for has arrived.

    What a step under a condition gives may be missing for the steps behind it, unless they are under the same
    one.

    Raises:
        DefinitionError: if the predicate's declaration cannot be connected to the state.
        TypeError: by the wrapper, if it is given something else than steps.
    """
    condition = read_condition(predicate)

    def wrap(steps: Step | OpenStepList) -> OpenStepList:
        return OpenStepList(
            tuple(replace(step, conditions=(condition, *step.conditions)) for step in as_steps(steps))
        )

    return wrap


def focus(key: str) -> Wrapper:
    """Make steps work in a part of the state: the object under this key.

    They see the values of the part first, and those around it behind them; what they give goes into the part.
    So does what conditions within the focus see. A step that fails, or waits, changes nothing of it.

    Raises:
        ReservedName: if the engine gives the key a meaning of its own.
        TypeError: by the wrapper, if it is given something else than steps.
    """
    if not key.isidentifier():
        raise UnsupportedSignature("focus", part=f"the key {key!r}", reason="is no name a value could have")
    if key in RESERVED_NAMES:
        raise ReservedName("focus", name=key, meaning=RESERVED_NAMES[key])

    def wrap(steps: Step | OpenStepList) -> OpenStepList:
        return OpenStepList(tuple(_focused(key, step) for step in as_steps(steps)))

    return wrap


def _focused(key: str, step: Step) -> Step:
    conditions = tuple(replace(each, focus=(key, *each.focus)) for each in step.conditions)
    return replace(step, focus=(key, *step.focus), conditions=conditions)
