"""What a workflow declares in place of steps it has no more, and which steps are left to its processes."""

from collections.abc import Mapping

import pytest

from engine.definition_errors import InvalidReplacement
from engine.errors import WorkflowChanged
from engine.states import Target
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import (
    Decorator,
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
    workflow,
)
from engine.workflows import Workflow
from tests.engine.definitions.catalog import Port


@step("Note down")
async def note_down() -> None:
    pass


def listed(keys: str, replaces: Mapping[str, str | None] | None = None) -> Workflow:
    def changing() -> StepList:
        steps = begin
        for key in keys.split():
            steps = steps >> note_down.with_key(key)
        return steps >> done

    return task(replaces=replaces)(changing)


@pytest.mark.parametrize(
    ("replaces", "message"),
    [
        pytest.param(
            {"a": None}, "replaces the step 'a': the workflow still has that step", id="still there"
        ),
        pytest.param(
            {"a": "b"}, "replaces the step 'a': the workflow still has that step", id="still there too"
        ),
        pytest.param(
            {"x": "y"},
            "replaces the step 'x': "
            "'y' is to take its place, but the workflow has no such step (it has: a, b)",
            id="the new one is not there",
        ),
        pytest.param(
            {"x": "a", "y": "a"},
            "replaces the step 'y': 'a' takes the place of 'x' too; give it to the later one, the other None",
            id="one for two",
        ),
    ],
)
def test_a_replacement_that_cannot_be_meant_is_refused(
    replaces: Mapping[str, str | None], message: str
) -> None:
    with pytest.raises(InvalidReplacement) as refused:
        listed("a b", replaces)

    assert str(refused.value) == f"workflow 'changing' {message}"
    assert refused.value.workflow == "changing"


@pytest.mark.parametrize(
    "decorator",
    [
        workflow(model=Port, target=Target.MODIFY, replaces={"x": "resync"}),
        create_workflow(Port, replaces={"x": "set_status"}),
        modify_workflow(Port, replaces={"x": "resync"}),
        terminate_workflow(Port, replaces={"x": "resync"}),
        validate_workflow(Port, replaces={"x": "resync"}),
        reconcile_workflow(Port, replaces={"x": None}),
    ],
)
def test_every_kind_of_workflow_can_replace_steps_also_by_those_its_decorator_adds(
    decorator: Decorator,
) -> None:
    def changing() -> StepList:
        return begin >> note_down >> done

    assert set(decorator(changing).replaces) == {"x"}


def test_a_key_stands_for_its_step_or_the_one_that_replaces_it_under_the_same_key() -> None:
    changing = listed("a b", {"old": "b", "gone": None})

    assert changing.step("a") is changing.steps[0]
    assert (changing.step("old").key, changing.step("old").function) == ("old", note_down.function)
    assert (changing.position("old"), changing.position("b")) == (1, 1)
    assert [condition.key for condition in changing.step("gone").conditions] == ["still_needed"]
    with pytest.raises(WorkflowChanged) as changed:
        changing.step("other")
    assert (changed.value.key, changed.value.keys) == ("other", ("a", "b"))


@pytest.mark.parametrize(
    ("keys", "replaces", "at", "past", "left"),
    [
        pytest.param("a b c", {}, "a", ("", "a b c"), "b c", id="as planned"),
        pytest.param("a b c", {}, "c", ("a b", "a b c"), "", id="at the end"),
        pytest.param("n a b c", {}, "a", ("", "a b c"), "b c", id="new before"),
        pytest.param("a n b c", {}, "a", ("", "a b c"), "n b c", id="new behind"),
        pytest.param("c a b", {}, "a", ("", "a b c"), "c b", id="moved before"),
        pytest.param("b a c", {}, "a", ("b", "b a c"), "c", id="done before"),
        pytest.param("a c b", {}, "c", ("a b", "a b c"), "", id="done behind"),
        pytest.param("a n c", {"b": None}, "b", ("a", "a b c"), "n c", id="at one not needed"),
        pytest.param("a n c", {}, "b", ("a", "a b c"), "n c", id="at one that was lost"),
        pytest.param("n c", {"b": None}, "b", ("a", "a b c"), "n c", id="nothing is known that was done"),
        pytest.param("m n c", {"a": "m", "b": None}, "b", ("a", "a b c"), "n c", id="done and renamed"),
        pytest.param("a n c", {"b": "n"}, "b", ("a", "a b c"), "c", id="at one that was renamed"),
        pytest.param("a n c", {"b": "n"}, "c", ("a b", "a b c"), "", id="renamed and done"),
        pytest.param("n a c", {"b": "n"}, "a", ("", "a b c"), "n c", id="renamed and moved before"),
        pytest.param(
            "ab c", {"a": None, "b": "ab"}, "a", ("", "a b c"), "ab c", id="two made one, at the first"
        ),
        pytest.param(
            "ab c", {"a": None, "b": "ab"}, "b", ("a", "a b c"), "c", id="two made one, at the second"
        ),
        pytest.param(
            "ab x c", {"a": None, "b": "ab"}, "x", ("a", "a x b c"), "ab c", id="two made one, between"
        ),
    ],
)
def test_the_steps_that_are_left(
    keys: str, replaces: Mapping[str, str | None], at: str, past: tuple[str, str], left: str
) -> None:
    changing = listed(keys, replaces)
    done_before, planned = (part.split() for part in past)

    steps = changing.left_after(at, done=done_before, planned=planned)

    assert [each.key for each in steps] == left.split()
    assert changing.next_after(at, done=done_before, planned=planned) is next(iter(steps), None)
