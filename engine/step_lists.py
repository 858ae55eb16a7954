"""Composing steps: `begin >> reserve_port >> push_config >> done`."""

from dataclasses import dataclass
from typing import Never, overload

from engine.steps import Step


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a workflow's steps."""


@dataclass(frozen=True, slots=True)
class StepList:
    """The steps of a workflow from `begin` to `done`. Nothing can follow."""

    steps: tuple[Step, ...]

    def __rshift__(self, other: Never) -> Never:
        """Refuse what comes after `done`.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"nothing can follow `done`; found {_describe(other)}")


@dataclass(frozen=True, slots=True)
class OpenStepList:
    """Steps in order, which more may follow: the beginning of a workflow, or a part that several share."""

    steps: tuple[Step, ...] = ()

    @overload
    def __rshift__(self, other: "Step | OpenStepList") -> "OpenStepList": ...

    @overload
    def __rshift__(self, other: Done) -> StepList: ...

    def __rshift__(self, other: object) -> "OpenStepList | StepList":
        """These steps, followed by a step, by other steps, or by `done`.

        Raises:
            TypeError: if it is none of these, with a hint.
        """
        match other:
            case Step():
                return OpenStepList((*self.steps, other))
            case OpenStepList():
                return OpenStepList((*self.steps, *other.steps))
            case Done():
                return StepList(self.steps)
            case _:
                raise TypeError(f"expected a step, a list of steps or `done` after >>; {_hint(other)}")


begin = OpenStepList()
done = Done()


def as_steps(steps: object) -> tuple[Step, ...]:
    """The steps of what is to be wrapped.

    Raises:
        TypeError: if it is neither a step nor a list of steps that may go on, with a hint.
    """
    match steps:
        case Step():
            return (steps,)
        case OpenStepList():
            return steps.steps
        case _:
            raise TypeError(f"expected a step or a list of steps to wrap; {_hint(steps)}")


def _hint(other: object) -> str:
    if isinstance(other, StepList):
        return "found a finished list of steps: leave out its `done`"
    if callable(other) and getattr(other, "__module__", None) == "engine.wrappers":
        return "found `conditional(...)` or `focus(...)` without its steps: put them in brackets behind it"
    if callable(other) and hasattr(other, "__name__"):
        return f'found the function {other.__name__}: add @step("...") above it'
    return f"found {_describe(other)}"


def _describe(value: object) -> str:
    return f"step {value.key}" if isinstance(value, Step) else f"{value!r} of type {type(value).__name__}"
