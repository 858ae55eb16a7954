"""Binding: from a process's state, which is JSON, to the Python values a step takes."""

from collections.abc import Mapping
from typing import TypeAlias
from uuid import UUID

from pydantic import ValidationError

from domain.ids import SubscriptionId
from domain.json import JsonValue, decode, encode
from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import describe, members
from engine.collection import StepDelta, collect, collect_callback
from engine.conditions import Condition
from engine.context import StepContext
from engine.focus import visible
from engine.slots import Parameter
from engine.step_errors import InputUnusable, WrongLifecycle
from engine.steps import Step
from engine.validation import first_complaint, shown
from engine.workflows import Wizard

__all__ = ["StepDelta", "bind", "collect", "collect_callback", "subscription_ids", "subscription_keys"]


Taker: TypeAlias = Step | Condition | Wizard
"""What takes values of the state: a step or one of its conditions, each in its focus, or a wizard."""


def subscription_keys(function: Taker) -> tuple[str, ...]:
    """The names of the state whose values are ids of subscriptions that the function takes."""
    return tuple(parameter.name for parameter in function.parameters if parameter.is_subscription)


def subscription_ids(function: Taker, state: Mapping[str, JsonValue]) -> tuple[SubscriptionId, ...]:
    """The subscriptions to load before the function's values are bound, each once.

    Raises:
        InputUnusable: if a value is not a subscription's id.
        FocusUnusable: if something else than an object stands where the function's focus is.
    """
    state = _visible(function, state)
    found = (
        _subscription_id(function.key, parameter, value)
        for parameter in function.parameters
        if parameter.is_subscription and state.get(parameter.name) is not None
        for value in _values(function.key, parameter, state[parameter.name])
    )
    return tuple(dict.fromkeys(found))


def bind(
    function: Taker,
    state: Mapping[str, JsonValue],
    *,
    context: StepContext | None,
    services: Mapping[type, object],
    catalog: Catalog,
    subscriptions: Mapping[SubscriptionId, SubscriptionModel],
) -> dict[str, object]:
    """The values a function takes, by parameter name; a parameter that keeps its default is left out.

    Args:
        function: The step, its condition, or a workflow's wizard.
        state: The process's state.
        context: The step's run; None for a form.
        services: The open services by the type they are registered under.
        catalog: Where a product is looked up by its name.
        subscriptions: Those of `subscription_ids`, loaded.

    Raises:
        InputUnusable: if a value is not there, or cannot be read as the declared type.
        WrongLifecycle: if a subscription is in a status whose class the parameter does not take.
        ProductNotFound: if the state's product is not in the catalogue.
        FocusUnusable: if something else than an object stands where the function's focus is.
    """
    state = _visible(function, state)
    arguments: dict[str, object] = {}
    for parameter in function.parameters:
        provided = _find_provided(parameter, context=context, services=services)
        if provided is not None:
            arguments[parameter.name] = provided
        elif parameter.name not in state:
            _leave_out(function.key, parameter, arguments)
        elif state[parameter.name] is None and parameter.nullable:
            arguments[parameter.name] = None
        else:
            arguments[parameter.name] = _read(
                function.key, parameter, state[parameter.name], catalog=catalog, subscriptions=subscriptions
            )
    return arguments


def _visible(function: Taker, state: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return state if isinstance(function, Wizard) else visible(function.focus, state)


def _find_provided(
    parameter: Parameter, *, context: StepContext | None, services: Mapping[type, object]
) -> object | None:
    """The context or service a parameter asks for by its type; None if it asks for a value of the state."""
    for kind in members(parameter.annotation):
        if not isinstance(kind, type):
            continue
        if issubclass(kind, StepContext) and isinstance(context, kind):
            return context
        if kind in services:
            return services[kind]
    return None


def _leave_out(owner: str, parameter: Parameter, arguments: dict[str, object]) -> None:
    if parameter.has_default:
        return
    if not parameter.nullable:
        raise InputUnusable(
            owner, parameter=parameter.name, expected=describe(parameter.annotation), found="nothing"
        )
    arguments[parameter.name] = None


def _read(
    owner: str,
    parameter: Parameter,
    value: JsonValue,
    *,
    catalog: Catalog,
    subscriptions: Mapping[SubscriptionId, SubscriptionModel],
) -> object:
    if parameter.is_subscription:
        found = [_loaded(owner, parameter, item, subscriptions) for item in _values(owner, parameter, value)]
        return found if parameter.many else found[0]
    if Product in members(parameter.annotation) and isinstance(value, str):
        return catalog.product(value)
    if parameter.adapter is None:
        raise InputUnusable(
            owner, parameter=parameter.name, expected=describe(parameter.annotation), found=shown(value)
        )
    # Of its own, as pydantic hands on what is inside `Any`: what a step changes there is not given.
    own = decode(encode(value)) if isinstance(value, list | dict) else value
    try:
        return parameter.adapter.validate_python(own)
    except ValidationError as error:
        raise InputUnusable(
            owner,
            parameter=parameter.name,
            expected=describe(parameter.annotation),
            found=f"{shown(value)} ({first_complaint(error)})",
        ) from error


def _loaded(
    owner: str,
    parameter: Parameter,
    value: JsonValue,
    subscriptions: Mapping[SubscriptionId, SubscriptionModel],
) -> SubscriptionModel:
    subscription_id = _subscription_id(owner, parameter, value)
    subscription = subscriptions.get(subscription_id)
    if subscription is None:
        raise InputUnusable(
            owner,
            parameter=parameter.name,
            expected=describe(parameter.annotation),
            found=f"the id {subscription_id}, which is no subscription's",
        )
    if not isinstance(subscription, parameter.subscription_classes):
        raise WrongLifecycle(
            owner,
            parameter=parameter.name,
            subscription_id=subscription_id,
            found_status=subscription.status,
            found_class=type(subscription).__name__,
            expected=[accepted.__name__ for accepted in parameter.subscription_classes],
        )
    return subscription


def _values(owner: str, parameter: Parameter, value: JsonValue) -> list[JsonValue]:
    """The ids that a value of the state is made of: one, or those of a list."""
    if not parameter.many:
        return [value]
    if not isinstance(value, list):
        raise InputUnusable(
            owner, parameter=parameter.name, expected="a list of subscriptions' ids", found=shown(value)
        )
    return value


def _subscription_id(owner: str, parameter: Parameter, value: JsonValue) -> SubscriptionId:
    try:
        return SubscriptionId(UUID(str(value)))
    except ValueError as error:
        raise InputUnusable(
            owner, parameter=parameter.name, expected="a subscription's id", found=shown(value)
        ) from error
