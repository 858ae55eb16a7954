"""Checking what came from outside against a pydantic model, with errors a person can read."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from domain.json import JsonValue, UnrepresentableValue, encode
from engine.errors import FieldError, InvalidInput

ModelT = TypeVar("ModelT", bound=BaseModel)

_LONGEST_SHOWN = 80
_PREFIXES = ("Value error, ", "Assertion failed, ")
_NOT_AN_OBJECT = frozenset({"model_type", "model_attributes_type", "dict_type"})


def parse_as(model: type[ModelT], value: JsonValue, *, path: tuple[str | int, ...] = ()) -> ModelT:
    """The value as an instance of the model.

    Raises:
        InvalidInput: with every error, its path beginning with `path`.
    """
    try:
        encode(value)
    except UnrepresentableValue as error:
        message = f"Cannot be stored: {error.found}"
        raise InvalidInput(
            [FieldError(path=(*path, *error.path), message=message, code="unrepresentable")]
        ) from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidInput(field_errors(error, path=path)) from error


def field_errors(error: ValidationError, *, path: tuple[str | int, ...]) -> tuple[FieldError, ...]:
    """Pydantic's errors in its order, their paths beginning with `path`."""
    return tuple(
        FieldError(
            path=(*path, *detail["loc"]), message=_plain(detail["type"], detail["msg"]), code=detail["type"]
        )
        for detail in error.errors(include_url=False, include_context=False, include_input=False)
    )


def first_complaint(error: ValidationError) -> str:
    """The first of pydantic's errors on one line, with its place."""
    first = field_errors(error, path=())[0]
    return str(first) if first.path else first.message


def shown(value: JsonValue) -> str:
    """The value for an error message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _plain(code: str, message: str) -> str:
    if code in _NOT_AN_OBJECT:
        return "Expected an object"
    for prefix in _PREFIXES:
        message = message.removeprefix(prefix)
    return message
