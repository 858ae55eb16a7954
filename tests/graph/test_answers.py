from collections.abc import Iterator

from engine.errors import CallbackUnknown, CallbackUsed, Refusal
from graph.mutations.answers import FORM_START_REFUSALS, PROCESS_REFUSALS, RESUME_REFUSALS, input_path
from graph.mutations.many import DELETE_REFUSALS
from graph.mutations.skipping import SKIP_REFUSALS

ANSWERED = (
    *FORM_START_REFUSALS,
    *PROCESS_REFUSALS,
    *RESUME_REFUSALS,
    *SKIP_REFUSALS,
    *DELETE_REFUSALS,
    CallbackUnknown,
    CallbackUsed,
)


def every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from every(narrower)


def test_every_refusal_of_the_engine_has_an_answer() -> None:
    assert [kind for kind in every(Refusal) if not issubclass(kind, ANSWERED)] == []


def test_the_path_of_an_error_is_in_the_words_of_the_schema() -> None:
    assert input_path(("rack_position", 0, "port_speed")) == ["input", "rackPosition", "0", "portSpeed"]
    assert input_path(()) == ["input"]
