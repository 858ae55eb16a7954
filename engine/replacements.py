"""What a workflow has in place of steps it has no more, for the processes that still stand at them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypedDict

from engine.conditions import read_condition
from engine.definition_errors import InvalidReplacement
from engine.pages import Ask, FormPage
from engine.signatures import OutputKind
from engine.states import StepKind
from engine.steps import Step, input_step


def read_replacements(
    workflow: str, steps: Iterable[Step], replaces: Mapping[str, str | None] | None
) -> Mapping[str, str | None]:
    """What was declared, checked against the steps the workflow has.

    Raises:
        InvalidReplacement: if an old key is still there, a new one is not, or two are replaced by the same.
    """
    keys = {step.key for step in steps}
    replaced: dict[str, str] = {}
    for old, new in (replaces or {}).items():
        if old in keys:
            raise InvalidReplacement(workflow, key=old, reason="the workflow still has that step")
        if new is not None and new not in keys:
            present = ", ".join(sorted(keys))
            reason = f"{new!r} is to take its place, but the workflow has no such step (it has: {present})"
            raise InvalidReplacement(workflow, key=old, reason=reason)
        if new is not None and replaced.setdefault(new, old) != old:
            # Of a process that has one of them behind it nobody could say whether the new one is due.
            reason = (
                f"{new!r} takes the place of {replaced[new]!r} too; give it to the later one, the other None"
            )
            raise InvalidReplacement(workflow, key=old, reason=reason)
    return MappingProxyType(dict(replaces or {}))


def unneeded_step(key: str) -> Step:
    """What stands for a step that is gone without a replacement: it is left out, as its condition says."""
    return Step(
        key=key,
        name=key,
        kind=StepKind.STEP,
        function=_nothing,
        parameters=(),
        output_kind=OutputKind.NONE,
        outputs=MappingProxyType({}),
        conditions=(_STILL_NEEDED,),
    )


def form_without_fields(key: str) -> Step:
    """The form of a process that was suspended at a step which now needs no input."""
    return _nothing_to_fill_in.with_key(key)


async def _nothing() -> None:
    """Never called: the step is always left out."""


def still_needed() -> bool:
    """Whether the workflow has the step, or one in its place."""
    return False


_STILL_NEEDED = read_condition(still_needed)


class _NoFields(FormPage, last=True):
    """Nothing to fill in."""


class _NoValues(TypedDict):
    pass


@input_step("Nothing to fill in", assignee="", key="nothing_to_fill_in")
async def _nothing_to_fill_in(ask: Ask) -> _NoValues:
    """The workflow has changed: what this step waited for is not needed any more."""
    await ask(_NoFields)
    return {}
