"""What a random workflow does, step by step and attempt by attempt, decided before it begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st


class Deed(StrEnum):
    """What a step does."""

    PLAIN = "plain"
    THREAD = "thread"
    INPUT = "input"
    CALLBACK = "callback"
    CONSTRUCT = "construct"
    CHANGE = "change"
    SET_STATUS = "set_status"
    RESYNC = "resync"


class Trouble(StrEnum):
    """What an attempt raises."""

    ERROR = "error"
    UNAVAILABLE = "unavailable"


class Patience(StrEnum):
    """How long a step waits between its attempts: a moment, or until the test lets time pass."""

    SHORT = "short"
    LONG = "long"


class Subject(StrEnum):
    """What a workflow does to a subscription."""

    NONE = "none"
    CREATE = "create"
    MODIFY = "modify"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step.

    Attributes:
        troubles: What its attempts come to, before they succeed.
        patience: How it is tried again by itself; None is not at all. Only what is UNAVAILABLE is.
        holds: Whether it waits for the test's word before its first attempt comes to an end.
        wanted: What its condition says; None if it has none.
        focused: Whether it works in a part of the state.
    """

    deed: Deed
    troubles: tuple[Trouble, ...] = ()
    patience: Patience | None = None
    holds: bool = False
    wanted: bool | None = None
    focused: bool = False

    def __repr__(self) -> str:
        extras = [
            *self.troubles,
            *([f"patience {self.patience}"] if self.patience else []),
            *(["holds"] if self.holds else []),
            *(["wanted" if self.wanted else "unwanted"] if self.wanted is not None else []),
            *(["focused"] if self.focused else []),
        ]
        return f"<{' '.join([self.deed, *extras])}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPlan:
    """One workflow, as its author wrote it."""

    subject: Subject
    steps: tuple[StepPlan, ...]

    def __repr__(self) -> str:
        return f"<{self.subject}: {' '.join(repr(step) for step in self.steps)}>"

    @property
    def keyed(self) -> tuple[tuple[str, StepPlan], ...]:
        """All steps with their keys, the implicit ones included."""
        written = [(f"{step.deed}_{position}", step) for position, step in enumerate(self.steps, start=1)]
        return (*written, *((deed.value, StepPlan(deed=deed)) for deed in IMPLICIT[self.subject]))


IMPLICIT: dict[Subject, Sequence[Deed]] = {
    Subject.NONE: (),
    Subject.CREATE: (Deed.SET_STATUS, Deed.RESYNC),
    Subject.MODIFY: (Deed.RESYNC,),
}
"""The steps that the decorators add."""

MOST_ATTEMPTS = 3
"""How often a step with patience is tried in a row."""

_TROUBLES = st.lists(st.sampled_from(Trouble), max_size=4).map(tuple)


def _step_plans(*deeds: Deed) -> st.SearchStrategy[StepPlan]:
    return st.builds(
        _possible,
        st.builds(
            StepPlan,
            deed=st.sampled_from(deeds),
            troubles=st.one_of(st.just(()), _TROUBLES),
            patience=st.sampled_from([None, *Patience]),
            holds=st.booleans(),
            wanted=st.sampled_from([None, None, None, True, False]),
            focused=st.booleans(),
        ),
    )


def _possible(plan: StepPlan) -> StepPlan:
    """The plan, without what a step of this sort cannot do."""
    is_input, changes = plan.deed is Deed.INPUT, plan.deed in (Deed.CONSTRUCT, Deed.CHANGE)
    return StepPlan(
        deed=plan.deed,
        troubles=() if is_input else plan.troubles,
        patience=None if is_input else plan.patience,
        holds=plan.holds and plan.deed not in (Deed.INPUT, Deed.THREAD),
        wanted=None if plan.deed is Deed.CONSTRUCT else plan.wanted,
        focused=plan.focused and not changes,
    )


def _task(steps: Sequence[StepPlan]) -> WorkflowPlan:
    return WorkflowPlan(subject=Subject.NONE, steps=tuple(steps))


def _creation(before: Sequence[StepPlan], construct: StepPlan, behind: Sequence[StepPlan]) -> WorkflowPlan:
    return WorkflowPlan(subject=Subject.CREATE, steps=(*before, construct, *behind))


def _change(steps: Sequence[StepPlan]) -> WorkflowPlan:
    return WorkflowPlan(subject=Subject.MODIFY, steps=tuple(steps))


_PLAIN_DEEDS = (Deed.PLAIN, Deed.INPUT, Deed.CALLBACK, Deed.THREAD)

BEGINNINGS: st.SearchStrategy[WorkflowPlan] = st.one_of(
    st.builds(_task, st.lists(_step_plans(*_PLAIN_DEEDS), min_size=1, max_size=4)),
    st.builds(
        _creation,
        st.lists(_step_plans(*_PLAIN_DEEDS), max_size=1),
        _step_plans(Deed.CONSTRUCT),
        st.lists(_step_plans(*_PLAIN_DEEDS, Deed.CHANGE), max_size=2),
    ),
)
"""Workflows that need no subscription."""

CHANGES: st.SearchStrategy[WorkflowPlan] = st.builds(
    _change, st.lists(_step_plans(Deed.CHANGE, *_PLAIN_DEEDS), min_size=1, max_size=3)
)
"""Workflows that need one."""
