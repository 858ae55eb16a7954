"""Conditions: whether a step is carried out, asked at the moment it would begin."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.annotations import (
    RETURN_TYPE,
    bare,
    describe,
    function_name,
    required_annotation,
    resolve_annotations,
)
from engine.definition_errors import UnsupportedSignature
from engine.signatures import read_parameters
from engine.slots import Parameter

ConditionFunction: TypeAlias = Callable[..., Awaitable[bool]] | Callable[..., bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold for a step to be carried out. Two conditions are the same if they ask the same function.

    Attributes:
        function: Takes values of the state, services and the step's context by declared name and type.
        parameters: What it takes.
        focus: The keys of the part of the state that it looks at first, from the outside in.
    """

    function: ConditionFunction
    parameters: tuple[Parameter, ...]
    focus: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its function's name, for error messages."""
        return self.function.__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and (self.function, self.focus) == (other.function, other.focus)

    def __hash__(self) -> int:
        return hash((self.function, self.focus))


def read_condition(function: ConditionFunction) -> Condition:
    """The condition that a function describes.

    Raises:
        UnsupportedSignature: if it does not say that it gives a bool, or takes what cannot be given.
        UnresolvedAnnotation: if an annotation names what does not exist.
    """
    found = bare(required_annotation(function, "return", resolve_annotations(function)))
    if found is not bool:
        reason = f"of a condition must be bool, found {describe(found)}"
        raise UnsupportedSignature(function_name(function), part=RETURN_TYPE, reason=reason)
    return Condition(function=function, parameters=read_parameters(function))
