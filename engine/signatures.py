"""What a function takes and gives, read from its declaration."""

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Annotated, NotRequired, Required, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict

from domain.model.blocks import ProductBlockModel
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import (
    RETURN_TYPE,
    bare,
    describe,
    function_name,
    members,
    part_name,
    required_annotation,
    resolve_annotations,
)
from engine.definition_errors import AskMissing, FunctionNotAsync, ReservedName, UnsupportedSignature
from engine.of_model import OfModel
from engine.pages import Ask
from engine.slots import Output, Parameter, output, parameter

RESERVED_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "process_id": "the process's id",
        "ctx": "the step's context",
        "customer_id": "whom the process works for",
        "product": "the product that was chosen at the start",
    }
)
"""Names of the state that no step and no input field may give, and what they mean."""


class OutputKind(StrEnum):
    """How a function gives its outputs."""

    NONE = "NONE"
    FIELDS = "FIELDS"
    SUBSCRIPTION = "SUBSCRIPTION"


def read_parameters(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """The function's parameters in order.

    Raises:
        UnsupportedSignature: for a parameter without annotation, `*args`, `**kwargs`, or positional-only.
        UnresolvedAnnotation: for an annotation that names what does not exist.
    """
    hints = resolve_annotations(function)
    return tuple(
        _read_parameter(function, declared, hints)
        for declared in inspect.signature(function).parameters.values()
    )


def read_form_parameters(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """The parameters of an async form function after its first one, `ask: Ask`.

    Raises:
        FunctionNotAsync: if the function is not async.
        AskMissing: if the first parameter is not annotated `Ask`.
        UnsupportedSignature: as `read_parameters`.
    """
    if not inspect.iscoroutinefunction(function):
        raise FunctionNotAsync(function_name(function), role="a form")
    parameters = read_parameters(function)
    if not parameters or parameters[0].annotation is not Ask:
        raise AskMissing(function_name(function))
    return parameters[1:]


def read_outputs(function: Callable[..., object]) -> tuple[OutputKind, Mapping[str, Output]]:
    """How the function gives its outputs, and which, by its return type.

    Raises:
        UnsupportedSignature: if the return type is missing, or does not say which values are given.
        ReservedName: if an output has a name of the engine's.
    """
    owner = function_name(function)
    annotation = bare(required_annotation(function, "return", resolve_annotations(function)))
    if annotation is None or annotation is NoneType:
        return OutputKind.NONE, MappingProxyType({})
    classes = [kind for kind in members(annotation) if isinstance(kind, type)]
    if any(issubclass(kind, SubscriptionModel) for kind in classes):
        return OutputKind.SUBSCRIPTION, _subscription_output(annotation, owner=owner)
    return OutputKind.FIELDS, read_fields(annotation, owner=owner)


def read_fields(annotation: object, *, owner: str) -> Mapping[str, Output]:
    """The fields of a TypedDict or a pydantic model as outputs.

    Raises:
        UnsupportedSignature: if the type is neither, or a field has no JSON form.
        ReservedName: if a field has a name of the engine's.
    """
    described = describe(annotation)
    if is_typeddict(annotation):
        fields = _typed_dict_fields(annotation, owner=owner)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = _model_fields(annotation, owner=owner)
    else:
        raise UnsupportedSignature(
            owner,
            part=RETURN_TYPE,
            reason=f"{described} does not say which values are given; "
            "declare a TypedDict, a pydantic model, a subscription model or None",
        )
    for name in fields:
        if name in RESERVED_NAMES:
            raise ReservedName(owner, name=name, meaning=RESERVED_NAMES[name])
    return MappingProxyType(fields)


def _read_parameter(
    function: Callable[..., object], declared: inspect.Parameter, hints: Mapping[str, object]
) -> Parameter:
    owner = function_name(function)
    match declared.kind:
        case inspect.Parameter.VAR_POSITIONAL | inspect.Parameter.VAR_KEYWORD:
            stars = "*" if declared.kind is inspect.Parameter.VAR_POSITIONAL else "**"
            raise UnsupportedSignature(
                owner,
                part=part_name(f"{stars}{declared.name}"),
                reason="is not supported; declare each value by name",
            )
        case inspect.Parameter.POSITIONAL_ONLY:
            raise UnsupportedSignature(
                owner, part=part_name(declared.name), reason="is positional-only; values are given by name"
            )
        case _:
            return parameter(
                declared.name,
                required_annotation(function, declared.name, hints),
                has_default=declared.default is not inspect.Parameter.empty,
                function=owner,
            )


def _subscription_output(annotation: object, *, owner: str) -> Mapping[str, Output]:
    given = output("return", annotation, required=True, function=owner)
    if given.nullable:
        raise UnsupportedSignature(
            owner, part=RETURN_TYPE, reason="may be None; declare a TypedDict with a NotRequired subscription"
        )
    key = given.subscription_classes[0].family().key
    return MappingProxyType({key: output(key, annotation, required=True, function=owner)})


def _typed_dict_fields(annotation: object, *, owner: str) -> dict[str, Output]:
    assert isinstance(annotation, type), "a TypedDict is a class"
    hints = get_type_hints(annotation, include_extras=True)
    required_keys: frozenset[str] = vars(annotation)["__required_keys__"]
    return {
        name: output(
            name,
            get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint,
            required=_is_required(hint, by_class=name in required_keys),
            function=owner,
        )
        for name, hint in hints.items()
    }


def _is_required(hint: object, *, by_class: bool) -> bool:
    """Whether a TypedDict's key is required.

    The class's own list of required keys misses markers in annotations that are text.
    """
    if get_origin(hint) is NotRequired:
        return False
    return get_origin(hint) is Required or by_class


def _model_fields(annotation: type[BaseModel], *, owner: str) -> dict[str, Output]:
    if issubclass(annotation, ProductBlockModel):
        raise UnsupportedSignature(
            owner,
            part=RETURN_TYPE,
            reason=f"is the block {annotation.__name__}; return the subscription that holds it",
        )
    return {
        name: output(name, _marked(field), required=True, function=owner)
        for name, field in annotation.model_fields.items()
    }


def _marked(field: FieldInfo) -> object:
    """The field's type; pydantic keeps what marks it apart."""
    marker = next((item for item in field.metadata if isinstance(item, OfModel)), None)
    return field.annotation if marker is None else Annotated[field.annotation, marker]
