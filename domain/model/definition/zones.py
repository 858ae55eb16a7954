"""Times and their zones, checked as soon as they are assigned: an instant has one, a time of day has none."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Final, TypeVar

from pydantic import AfterValidator, BaseModel

from domain.model.definition.scalars import ScalarField

Value = TypeVar("Value")


def check_zones_on_assignment(model: type[BaseModel], fields: Iterable[ScalarField]) -> None:
    """Let a class refuse values of these fields that hold an instant without a zone or a time with one."""
    unchecked = [
        field.name
        for field in fields
        if _holds_times(field) and _CHECK not in model.model_fields[field.name].metadata
    ]
    for name in unchecked:
        info = model.model_fields[name]
        info.metadata = [*info.metadata, _CHECK]
    if unchecked:
        model.model_rebuild(force=True)


def _holds_times(field: ScalarField) -> bool:
    if field.scalar.fields is not None:
        return any(_holds_times(nested) for nested in field.scalar.fields.values())
    return field.scalar.python_type in {datetime, time}


def _checked(value: Value) -> Value:
    _check(value)
    return value


def _check(value: object) -> None:
    match value:
        case datetime() if value.utcoffset() is None:
            raise ValueError(f"found {value} without a time zone, expected one")
        case time() if value.tzinfo is not None:
            raise ValueError(f"found {value} with a time zone, expected none")
        case list():
            items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            for item in items:
                _check(item)
        case BaseModel():
            for _, item in value:
                _check(item)
        case _:
            pass


_CHECK: Final = AfterValidator(_checked)
