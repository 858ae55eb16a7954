"""Reading type annotations: resolved, taken apart, and said in an error message."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Annotated, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import TypeAliasType

from domain.json import JsonValue
from engine.definition_errors import UnresolvedAnnotation, UnsupportedSignature

RETURN_TYPE = "the return type"

# Type checkers see a union where there is an alias.
_ANY_JSON: object = JsonValue


class _AnnotationHolder:
    """Lets one annotation be resolved by itself, so that an error can name it."""

    def __init__(self, annotation: object) -> None:
        self.__annotations__ = {"annotation": annotation}


def function_name(function: Callable[..., object]) -> str:
    """The function's module and name, for error messages."""
    return f"{function.__module__}.{function.__qualname__}"


def part_name(name: str) -> str:
    """How error messages call the parameter of that name, or the result under "return"."""
    return RETURN_TYPE if name == "return" else f"parameter {name!r}"


def resolve_annotations(function: Callable[..., object]) -> Mapping[str, object]:
    """The function's annotations as types, `Annotated` kept; the return type under "return".

    Raises:
        UnresolvedAnnotation: if one names what does not exist, naming function and parameter.
    """
    resolved: dict[str, object] = {}
    names = inspect.unwrap(function).__globals__
    for name, annotation in inspect.get_annotations(function).items():
        try:
            hints = get_type_hints(_AnnotationHolder(annotation), globalns=names, include_extras=True)
        except (NameError, AttributeError, SyntaxError, TypeError) as error:
            raise UnresolvedAnnotation(
                function_name(function), part=part_name(name), annotation=str(annotation), cause=str(error)
            ) from error
        resolved[name] = hints["annotation"]
    return resolved


def required_annotation(function: Callable[..., object], name: str, hints: Mapping[str, object]) -> object:
    """The annotation of one parameter, or of the result under "return".

    Raises:
        UnsupportedSignature: if there is none.
    """
    if name not in hints:
        raise UnsupportedSignature(
            function_name(function),
            part=part_name(name),
            reason="has no annotation; annotations say what is taken and given",
        )
    return hints[name]


def bare(annotation: object) -> object:
    """The annotation without `Annotated`, `Required` and `NotRequired` around it, and without an alias.

    A recursive alias stays what it is: one whose value is text, and the one for any JSON value.
    """
    while True:
        if get_origin(annotation) in (Annotated, Required, NotRequired):
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, TypeAliasType) and not _is_recursive(annotation):
            annotation = annotation.__value__
        else:
            return annotation


def _is_recursive(alias: TypeAliasType) -> bool:
    return alias is _ANY_JSON or isinstance(alias.__value__, str)


def members(annotation: object) -> tuple[object, ...]:
    """The members of a union, `Optional` included, or the annotation alone; each bare, None as its type."""
    annotation = types.NoneType if annotation is None else bare(annotation)
    if get_origin(annotation) not in (Union, types.UnionType):
        return (annotation,)
    return tuple(member for argument in get_args(annotation) for member in members(argument))


def is_nullable(annotation: object) -> bool:
    """Whether None is among the annotation's values."""
    return types.NoneType in members(annotation)


def describe(annotation: object) -> str:
    """The annotation as its author would write it."""
    annotation = bare(annotation)
    alternatives = members(annotation)
    if len(alternatives) > 1:
        return " | ".join(describe(member) for member in alternatives)
    if annotation is None or annotation is types.NoneType:
        return "None"
    arguments = get_args(annotation)
    if arguments:
        origin = get_origin(annotation)
        inner = ", ".join(describe(a) if not isinstance(a, str | int) else repr(a) for a in arguments)
        return f"{getattr(origin, '__name__', str(origin))}[{inner}]"
    return str(getattr(annotation, "__name__", annotation))
