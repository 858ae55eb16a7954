from collections.abc import Iterator

from engine.errors import (
    CallbackUnknown,
    CallbackUsed,
    HoldsSubscriptions,
    NotATask,
    Refusal,
    StepNotSkippable,
)
from graph.mutations.answers import FORM_START_REFUSALS, PROCESS_REFUSALS, RESUME_REFUSALS, input_path

NOT_OFFERED = {HoldsSubscriptions, NotATask, StepNotSkippable}
"""Refusals of commands that no mutation offers yet: to skip a step, to delete a task."""


def every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from every(narrower)


def test_every_refusal_of_the_engine_has_an_answer() -> None:
    answered = {*FORM_START_REFUSALS, *PROCESS_REFUSALS, *RESUME_REFUSALS, CallbackUnknown, CallbackUsed}
    answered |= NOT_OFFERED

    assert [kind for kind in every(Refusal) if not issubclass(kind, tuple(answered))] == []


def test_the_path_of_an_error_is_in_the_words_of_the_schema() -> None:
    assert input_path(("rack_position", 0, "port_speed")) == ["input", "rackPosition", "0", "portSpeed"]
    assert input_path(()) == ["input"]
