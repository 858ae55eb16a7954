"""Whether stored values can be printed as their types; not if the model changed after they were written."""

from datetime import timedelta
from typing import NoReturn

from domain.json import JsonValue
from domain.model.definition.scalars import Scalar, ScalarField
from graph.errors import GraphError
from graph.types.scalars import fits_int, narrowed

_LOADED = frozenset({int, float, timedelta})
"""The types whose stored forms are numbers, or may be."""


class ModelDrifted(GraphError):
    """A stored tree does not fit the types of its model any more."""

    code = "MODEL_DRIFTED"


def fits(stored: JsonValue, scalar: Scalar) -> bool:
    """Whether a stored value can be printed as the scalar; its finer rules are the model's business."""
    if scalar.choices is not None:
        return stored in scalar.choices and not isinstance(stored, bool)
    if scalar.fields is not None:
        return isinstance(stored, dict) and all(
            _fits_field(stored.get(name), field) for name, field in scalar.fields.items()
        )
    if isinstance(stored, bool) or scalar.python_type is bool:
        return isinstance(stored, bool) and scalar.python_type is bool
    if scalar.python_type in _LOADED:
        loaded = scalar.load(stored)
        too_large = scalar.graphql_name == "Int" and isinstance(loaded, int) and not fits_int(loaded)
        return isinstance(loaded, scalar.python_type) and not too_large
    return isinstance(stored, str)


def fits_list(stored: JsonValue, scalar: Scalar, *, optional_items: bool) -> bool:
    """Whether a stored value can be printed as a list of the scalar."""
    return isinstance(stored, list) and all(
        optional_items if item is None else fits(item, scalar) for item in stored
    )


def refuse(place: str, problem: str) -> NoReturn:
    """Refuses what is at a place, in words of what was found and what was expected.

    Raises:
        ModelDrifted: always.
    """
    raise ModelDrifted(f"{place}: {problem}.")


def _fits_field(stored: JsonValue, field: ScalarField) -> bool:
    if stored is None:
        return field.shape.optional
    scalar = narrowed(field.scalar, field.shape)
    if field.shape.many:
        return fits_list(stored, scalar, optional_items=field.shape.optional_items)
    return fits(stored, scalar)
