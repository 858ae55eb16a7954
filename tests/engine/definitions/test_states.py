"""The legal transitions of a process, and its status as its steps have it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.states import (
    LEGAL_TRANSITIONS,
    TERMINAL,
    ProcessStatus,
    StepStatus,
    derive_process_status,
    sources_of,
)
from tests.parity import parity

P, S = ProcessStatus, StepStatus

LEGAL = {
    (P.QUEUED, P.RUNNING),
    (P.QUEUED, P.ABORTED),
    (P.RUNNING, P.QUEUED),
    (P.RUNNING, P.SUSPENDED),
    (P.RUNNING, P.WAITING),
    (P.RUNNING, P.AWAITING_CALLBACK),
    (P.RUNNING, P.ABORTING),
    (P.RUNNING, P.ABORTED),
    (P.RUNNING, P.FAILED),
    (P.RUNNING, P.COMPLETED),
    (P.SUSPENDED, P.QUEUED),
    (P.SUSPENDED, P.ABORTED),
    (P.SUSPENDED, P.COMPLETED),
    (P.WAITING, P.QUEUED),
    (P.WAITING, P.RUNNING),
    (P.WAITING, P.ABORTED),
    (P.WAITING, P.COMPLETED),
    (P.AWAITING_CALLBACK, P.QUEUED),
    (P.AWAITING_CALLBACK, P.FAILED),
    (P.AWAITING_CALLBACK, P.ABORTED),
    (P.AWAITING_CALLBACK, P.COMPLETED),
    (P.ABORTING, P.ABORTED),
    (P.COMPENSATING, P.FAILED),
    (P.COMPENSATING, P.ABORTED),
    (P.FAILED, P.QUEUED),
    (P.FAILED, P.ABORTED),
    (P.FAILED, P.COMPLETED),
}


@pytest.mark.parametrize(("source", "target"), list(product(ProcessStatus, ProcessStatus)))
def test_a_transition_is_legal_exactly_if_it_is_listed(source: ProcessStatus, target: ProcessStatus) -> None:
    assert (target in LEGAL_TRANSITIONS[source]) is ((source, target) in LEGAL)


@pytest.mark.parametrize("target", ProcessStatus)
def test_the_sources_of_a_status_are_those_that_may_move_to_it(target: ProcessStatus) -> None:
    assert sources_of(target) == {source for source, reached in LEGAL if reached is target}


def test_nothing_leaves_a_terminal_status_and_everything_else_can_reach_one() -> None:
    assert {status for status in P if not LEGAL_TRANSITIONS[status]} == TERMINAL == {P.ABORTED, P.COMPLETED}
    assert all(P.ABORTED in LEGAL_TRANSITIONS[status] for status in P if status not in TERMINAL)


@parity("WE-15")
@parity("WE-16")
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], P.COMPLETED),
        ([S.PENDING, S.PENDING], P.QUEUED),
        ([S.RUNNING, S.PENDING], P.RUNNING),
        ([S.SUCCESS, S.PENDING], P.QUEUED),
        ([S.SUCCESS, S.RUNNING], P.RUNNING),
        ([S.SUCCESS, S.SUSPENDED, S.PENDING], P.SUSPENDED),
        ([S.SUCCESS, S.WAITING, S.PENDING], P.WAITING),
        ([S.SUCCESS, S.AWAITING_CALLBACK, S.PENDING], P.AWAITING_CALLBACK),
        ([S.SUCCESS, S.FAILED, S.PENDING], P.FAILED),
        ([S.SUCCESS, S.ABORTED, S.PENDING], P.ABORTED),
        ([S.SUCCESS, S.SKIPPED, S.SUCCESS], P.COMPLETED),
        ([S.SKIPPED], P.COMPLETED),
        ([S.FAILED, S.RUNNING], P.RUNNING),
        ([S.SUSPENDED, S.RUNNING], P.RUNNING),
        ([S.SUSPENDED, S.FAILED], P.FAILED),
        ([S.WAITING, S.SUSPENDED], P.SUSPENDED),
        ([S.WAITING, S.AWAITING_CALLBACK], P.AWAITING_CALLBACK),
        ([S.RUNNING, S.ABORTED], P.ABORTED),
    ],
)
def test_the_status_of_a_process_follows_from_its_steps(
    steps: list[StepStatus], expected: ProcessStatus
) -> None:
    assert derive_process_status(steps) is expected


@given(st.lists(st.sampled_from(StepStatus), max_size=8))
def test_the_order_and_number_of_steps_with_a_status_do_not_matter(steps: list[StepStatus]) -> None:
    assert derive_process_status(steps) is derive_process_status(sorted(steps * 2))


@parity("WE-05")
@parity("WE-14")
@given(st.lists(st.sampled_from(StepStatus), min_size=1))
def test_a_process_is_completed_exactly_if_every_step_ended_well(steps: list[StepStatus]) -> None:
    ended_well = all(status in (S.SUCCESS, S.SKIPPED) for status in steps)

    assert (derive_process_status(steps) is P.COMPLETED) is ended_well


@given(st.lists(st.sampled_from(StepStatus)))
def test_the_steps_never_say_what_only_the_process_knows(steps: list[StepStatus]) -> None:
    assert derive_process_status(steps) not in (P.ABORTING, P.COMPENSATING)
