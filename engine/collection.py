"""Collecting: from the Python values a step gives to JSON for its process's state."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from domain.json import JsonValue, UnrepresentableValue, encode
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import describe
from engine.signatures import OutputKind
from engine.slots import Output
from engine.step_errors import OutputUnusable
from engine.steps import Step
from engine.validation import first_complaint, parse_as

_DEEPEST_PATH = 20
"""Beyond this nobody reads a path, and a value that holds itself has one without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDelta:
    """What a step gave.

    Attributes:
        values: What goes into the state, by name; a subscription as its id, a list of them as theirs.
        subscriptions: The subscriptions among it, to be saved, each once.
    """

    values: dict[str, JsonValue]
    subscriptions: list[SubscriptionModel] = field(default_factory=list[SubscriptionModel])


def collect(step: Step, result: object) -> StepDelta:
    """What a step gave, checked against what it declares.

    Nothing of the result is kept but the subscriptions, so that changing it later changes nothing here.

    Raises:
        OutputUnusable: if a value is missing, unexpected, of another type, or has no JSON form.
    """
    if step.output_kind is OutputKind.NONE:
        if result is not None:
            raise OutputUnusable(step.key, output=None, reason=f"gave {type(result).__name__}, expected None")
        return StepDelta(values={})
    return collect_fields(step.key, step.outputs, _by_name(step, result))


def collect_callback(step: Step, body: JsonValue) -> StepDelta:
    """What was posted to a callback step's address, checked against the result it declares.

    Raises:
        InvalidInput: if the body does not fit.
    """
    assert step.result_model is not None, f"step {step.key} is no callback step"
    result = parse_as(step.result_model, body)
    return collect_fields(step.key, step.result_fields, fields_of(result))


def collect_fields(owner: str, outputs: Mapping[str, Output], found: Mapping[str, object]) -> StepDelta:
    """Values by name, checked against what is declared.

    Raises:
        OutputUnusable: if a value is missing, unexpected, of another type, or has no JSON form.
    """
    _check_names(owner, outputs, found)
    delta = StepDelta(values={})
    for name, value in found.items():
        output = outputs[name]
        if not output.is_subscription:
            delta.values[name] = _dump(owner, output, value)
        elif value is None and output.nullable:
            delta.values[name] = None
        elif output.many:
            delta.values[name] = _checked_list(owner, output, value, delta.subscriptions)
        else:
            subscription = _checked_subscription(owner, output, value, delta.subscriptions)
            delta.values[name] = str(subscription.id)
    return delta


def fields_of(result: BaseModel | Mapping[str, object]) -> dict[str, object]:
    """The values of a model or a mapping by name."""
    if isinstance(result, BaseModel):
        return {name: getattr(result, name) for name in type(result).model_fields}
    return dict(result)


def _by_name(step: Step, result: object) -> Mapping[str, object]:
    if isinstance(result, SubscriptionModel):
        (key,) = step.outputs if step.output_kind is OutputKind.SUBSCRIPTION else (None,)
        if key is not None:
            return {key: result}
    elif isinstance(result, BaseModel):
        found = fields_of(result)
        return {name: value for name, value in found.items() if name in step.outputs}
    elif isinstance(result, Mapping):
        mapping: Mapping[object, object] = result  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return {str(name): value for name, value in mapping.items()}
    names = ", ".join(step.outputs)
    raise OutputUnusable(step.key, output=None, reason=f"gave {type(result).__name__}, expected {names}")


def _check_names(owner: str, outputs: Mapping[str, Output], found: Mapping[str, object]) -> None:
    for name, output in outputs.items():
        if output.required and name not in found:
            raise OutputUnusable(owner, output=name, reason="is missing")
    for name in found:
        if name not in outputs:
            declared = ", ".join(outputs) or "none"
            raise OutputUnusable(owner, output=name, reason=f"is not among the declared outputs ({declared})")


def _dump(owner: str, output: Output, value: object) -> JsonValue:
    """The value as JSON, in containers of its own."""
    assert output.adapter is not None, (
        f"output {output.name} of step {owner} was declared without a JSON form"
    )
    try:
        checked = output.adapter.validate_python(value, strict=True)
        dumped: JsonValue = output.adapter.dump_python(checked, mode="json", warnings="error")
        text = encode(dumped)
        # Inside `Any`, pydantic writes infinities as None.
        if "null" in text:
            _refuse_infinities(value, ())
    except ValidationError as error:
        reason = f"expected {describe(output.annotation)}: {first_complaint(error)}"
        raise OutputUnusable(owner, output=output.name, reason=reason) from error
    except UnrepresentableValue as error:
        raise OutputUnusable(owner, output=output.name, reason=str(error)) from error
    except (ValueError, RecursionError) as error:  # the latter for loops and depth
        path = _path_to_refused(value)
        place = f" at {'.'.join(path)}" if path else ""
        raise OutputUnusable(owner, output=output.name, reason=f"{error}{place}") from error
    return dumped


def _refuse_infinities(value: object, path: tuple[str | int, ...]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise UnrepresentableValue(path, f"the number {value}")
    for key, item in _items(value):
        _refuse_infinities(item, (*path, key))


def _path_to_refused(value: object) -> list[str]:
    """Keys and indexes to the first value within that has no JSON form; empty if it is the value itself."""
    path: list[str] = []
    while len(path) < _DEEPEST_PATH:
        within = next(((key, item) for key, item in _items(value) if not _has_json_form(item)), None)
        if within is None:
            return path
        path.append(within[0])
        value = within[1]
    return []


def _has_json_form(value: object) -> bool:
    try:
        to_jsonable_python(value)
    except (ValueError, RecursionError):
        return False
    return True


def _items(value: object) -> Iterable[tuple[str, object]]:
    match value:
        case BaseModel():
            return fields_of(value).items()
        case dict():
            entries: dict[object, object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            return [(str(key), item) for key, item in entries.items()]
        case list() | tuple():
            items: list[object] | tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            return [(str(index), item) for index, item in enumerate(items)]
        case _:
            return ()


def _checked_list(
    owner: str, output: Output, value: object, earlier: list[SubscriptionModel]
) -> list[JsonValue]:
    """The ids of a list of subscriptions, each noted among the earlier ones unless it is one of them."""
    if not isinstance(value, list):
        found = type(value).__name__
        raise OutputUnusable(
            owner, output=output.name, reason=f"expected {describe(output.annotation)}, found {found}"
        )
    items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
    return [str(_checked_subscription(owner, output, item, earlier).id) for item in items]


def _checked_subscription(
    owner: str, output: Output, value: object, earlier: list[SubscriptionModel]
) -> SubscriptionModel:
    """The subscription, noted among the earlier ones unless it is one of them."""
    if not isinstance(value, output.subscription_classes):
        raise OutputUnusable(
            owner,
            output=output.name,
            reason=f"expected {describe(output.annotation)}, found {type(value).__name__}",
        )
    for subscription in earlier:
        if subscription is value:
            return value
        if subscription.id == value.id:
            raise OutputUnusable(
                owner, output=output.name, reason=f"is another copy of subscription {value.id}, given before"
            )
    earlier.append(value)
    return value
