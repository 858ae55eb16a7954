"""Composing steps, and what cannot be composed; each refusal here is also one of the type checker's."""
# pyright: reportUnnecessaryTypeIgnoreComment=true, reportUnusedExpression=false

import pytest

from engine.step_lists import OpenStepList, begin, done
from engine.steps import step
from tests.parity import parity


@step("Reserve port")
async def reserve() -> None: ...


@step("Configure port")
async def configure() -> None: ...


async def undecorated() -> None: ...


@parity("WE-01")
@parity("WE-05")
def test_steps_are_composed_in_order() -> None:
    assert (begin >> reserve >> configure >> done).steps == (reserve, configure)


def test_a_part_can_be_shared() -> None:
    shared: OpenStepList = begin >> configure

    assert (begin >> reserve >> shared >> done).steps == (reserve, configure)


def test_composing_leaves_the_parts_as_they_were() -> None:
    shared = begin >> configure

    assert (shared >> reserve).steps == (configure, reserve)
    assert (shared.steps, begin.steps) == ((configure,), ())


@parity("WE-01")
def test_a_function_without_decorator_is_refused_with_a_hint() -> None:
    with pytest.raises(TypeError) as refused:
        begin >> undecorated  # pyright: ignore[reportOperatorIssue]  # wrong on purpose

    assert str(refused.value) == (
        "expected a step, a list of steps or `done` after >>; "
        'found the function undecorated: add @step("...") above it'
    )


def test_something_else_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="after >>; found 'reserve' of type str"):
        begin >> "reserve"  # pyright: ignore[reportOperatorIssue]  # wrong on purpose


def test_a_finished_list_is_refused_within_a_list() -> None:
    with pytest.raises(TypeError, match="found a finished list of steps: leave out its `done`"):
        begin >> (begin >> reserve >> done)  # pyright: ignore[reportOperatorIssue]  # wrong on purpose


@parity("WE-05")
def test_nothing_follows_done() -> None:
    with pytest.raises(TypeError, match="nothing can follow `done`; found step configure"):
        begin >> reserve >> done >> configure  # pyright: ignore[reportOperatorIssue]  # wrong on purpose


def test_a_list_begins_with_begin() -> None:
    with pytest.raises(TypeError, match=r"a list of steps begins with `begin`: begin >> reserve >> \.\.\."):
        reserve >> configure  # pyright: ignore[reportOperatorIssue]  # wrong on purpose
