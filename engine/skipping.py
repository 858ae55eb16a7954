"""What leaving a step out takes: the values it would have given, as far as others need them."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError

from domain.json import JsonValue, UnrepresentableValue, encode
from engine.errors import FieldError, InvalidInput
from engine.focus import placed, visible
from engine.slots import Output, Parameter
from engine.steps import Step
from engine.validation import field_errors


def outputs_of(step: Step) -> Mapping[str, Output]:
    """Everything the step may put into the state, by name."""
    return {**step.outputs, **step.result_fields}


def read_values(step: Step, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Values to stand for what a step would have given, checked against what it declares.

    Raises:
        InvalidInput: with everything that does not fit; a subscription can only come out of a step.
    """
    outputs = outputs_of(step)
    errors: list[FieldError] = []
    read: dict[str, JsonValue] = {}
    for name, value in values.items():
        output = outputs.get(name)
        if output is None:
            declared = ", ".join(sorted(outputs)) or "none"
            errors.append(_error(name, f"Expected an output of the step ({declared})", code="unknown_output"))
        elif output.adapter is None:
            errors.append(
                _error(name, "A subscription cannot be given in a step's place", code="subscription")
            )
        else:
            try:
                encode(value)
                read[name] = output.adapter.dump_python(output.adapter.validate_python(value), mode="json")
            except UnrepresentableValue as error:
                errors.append(_error(name, f"Cannot be stored: {error.found}", code="unrepresentable"))
            except ValidationError as error:
                errors += field_errors(error, path=("values", name))
    if errors:
        raise InvalidInput(errors)
    return read


def missing_without(
    step: Step, state: Mapping[str, JsonValue], *, following: Sequence[Step]
) -> tuple[str, ...]:
    """What later steps take, only this step would have given, and the state does not hold; sorted.

    Args:
        step: The step that is left out.
        state: The state behind it.
        following: The steps that are carried out behind it.
    """
    given = outputs_of(step).keys() | set(step.focus)
    missing: set[str] = set()
    for position, later in enumerate(following):
        between = following[:position]
        for focus, parameter in _needs(later):
            if parameter.name in given and parameter.name not in visible(
                focus, _state_before(later, state, between)
            ):
                missing.add(parameter.name)
    return tuple(sorted(missing))


def _needs(step: Step) -> Iterator[tuple[tuple[str, ...], Parameter]]:
    """What the step and its conditions cannot do without, each with the part of the state it looks in."""
    taken = [(step.focus, parameter) for parameter in step.parameters]
    for condition in step.conditions:
        taken += [(condition.focus, parameter) for parameter in condition.parameters]
    yield from ((focus, parameter) for focus, parameter in taken if not parameter.is_optional)


def _state_before(
    step: Step, state: Mapping[str, JsonValue], between: Sequence[Step]
) -> Mapping[str, JsonValue]:
    """The state with something for all that the steps in between are certain to give."""
    for each in between:
        if set(each.conditions) <= set(step.conditions):
            certain: dict[str, JsonValue] = {
                name: True for name, output in outputs_of(each).items() if output.required
            }
            state = {**state, **placed(each.focus, state, certain)}
    return state


def _error(name: str, message: str, *, code: str) -> FieldError:
    return FieldError(path=("values", name), message=message, code=code)
