"""How a process and its model, or what orders were answered, may differ."""

from collections.abc import Sequence

from domain.json import JsonValue
from engine.errors import Refusal
from engine.states import ProcessStatus
from tests.engine.machine.model import ModelProcess
from tests.engine.machine.orders import Answer
from tests.engine.machine.views import ProcessView

_WITH_FAILURE = (ProcessStatus.FAILED, ProcessStatus.WAITING)
_WITH_WAKING = (ProcessStatus.WAITING, ProcessStatus.AWAITING_CALLBACK)
_NOT_COMPARED = ("product", "customer_id")


def find_difference(model: ModelProcess, view: ProcessView, *, port_name: str) -> str | None:
    """How the process differs from the model; None if it does not.

    Args:
        model: The model at rest.
        view: The process at rest.
        port_name: What the model calls the process's subscription.
    """
    expected, found = _expected(model, view), _found(view, port_name)
    wrong = [
        f"{name}: found {found[name]}, expected {value}"
        for name, value in expected.items()
        if found[name] != value
    ]
    return f"{model.name}: {'; '.join(wrong)}" if wrong else None


def find_wrong_answer(
    expected: Sequence[Answer], found: Sequence[Refusal | None], *, strict: bool
) -> str | None:
    """How the answers differ; of a race it only counts which orders were accepted."""
    if strict:
        right = [None if each is None else type(each) for each in found] == list(expected)
    else:
        right = [each is None for each in found] == [each is None for each in expected]
    return None if right else f"answers: found {found!r}, expected {expected!r}"


def _expected(model: ModelProcess, view: ProcessView) -> dict[str, object]:
    return {
        "status": model.status,
        "current_step": None if model.status is ProcessStatus.COMPLETED else model.key,
        "state": model.state,
        "failure": model.failure if model.status in _WITH_FAILURE else view.failure,
        "wakes": model.status in _WITH_WAKING,
        "owned": model.status is ProcessStatus.RUNNING,
        "arrivals": model.arrivals,
        "unread": view.unread if model.status is ProcessStatus.ABORTED else int(model.arrived is not None),
        "tokens": sum(step.tokens.count(True) for step in model.steps.values()),
        "steps": {
            key: (step.status, tuple(step.attempts), len(step.attempts), step.delta)
            for key, step in model.steps.items()
        },
    }


def _found(view: ProcessView, port_name: str) -> dict[str, object]:
    return {
        "status": view.status,
        "current_step": view.current_step,
        "state": {
            name: _named(value, view, port_name)
            for name, value in view.state.items()
            if name not in _NOT_COMPARED
        },
        "failure": view.failure,
        "wakes": view.wakes,
        "owned": view.owner is not None,
        "arrivals": view.arrivals,
        "unread": view.unread,
        "tokens": view.tokens,
        "steps": {
            key: (step.status, step.attempts, step.count, _named(step.delta, view, port_name))
            for key, step in view.steps.items()
        },
    }


def _named(value: JsonValue, view: ProcessView, port_name: str) -> JsonValue:
    """The value, with the subscription's name for its id."""
    if isinstance(value, dict):
        return {name: _named(each, view, port_name) for name, each in value.items()}
    return port_name if view.port_id is not None and value == str(view.port_id) else value
