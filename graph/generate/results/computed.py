"""What models compute, as results: nothing is computed unless it is selected."""

import traceback
from typing import Protocol

import structlog
from pydantic import BaseModel

from domain.errors import DomainError
from domain.model.definition.scalars import Scalar
from graph.errors import GraphError
from graph.generate.fields import PlannedField
from graph.generate.results.drift import fits, fits_list
from graph.generate.values import ValueTypes

logger = structlog.get_logger(__name__)


class HasTypedModel(Protocol):
    """A result that has its typed model at hand."""

    @property
    def typed_model(self) -> BaseModel:
        """The model."""
        ...


class ComputedFieldFailed(GraphError):
    """A property of a model raised an error, or gave what its type does not say."""

    code = "COMPUTED_FIELD_FAILED"


def computed_result(model: BaseModel, planned: PlannedField, values: ValueTypes) -> object:
    """Gives what a model's property gives.

    Raises:
        ComputedFieldFailed: It failed; why is in the log, as its words are not written for clients.
    """
    assert planned.compute is not None, "a computed field"
    try:
        value: object = getattr(model, planned.attribute)
    except Exception as error:  # noqa: BLE001  # the application's code, which must not take the rest of the answer with it
        logger.warning(
            "graph.computed_field_failed",
            model=type(model).__name__,
            field=planned.attribute,
            error=type(error).__name__,
            # As text: what shows local variables would compute the property once more.
            traceback="".join(traceback.format_exception(error)),
        )
        raise ComputedFieldFailed(
            f"'{planned.graphql_name}' of {type(model).__name__} could not be computed: "
            f"found {type(error).__name__}, expected a value."
        ) from None
    if value is None and not planned.required:
        return None
    return _checked(model, planned, value, values)


def _checked(model: BaseModel, planned: PlannedField, value: object, values: ValueTypes) -> object:
    assert planned.compute is not None, "a computed field"
    try:
        stored = planned.compute(value)
    except (DomainError, AttributeError, TypeError, ValueError):
        stored = None
    scalar = planned.value
    if not isinstance(scalar, Scalar):
        return stored
    good = (
        fits_list(stored, scalar, optional_items=planned.optional_items)
        if planned.many
        else fits(stored, scalar)
    )
    if not good:
        raise ComputedFieldFailed(
            f"'{planned.graphql_name}' of {type(model).__name__} could not be computed: "
            f"found a {type(value).__name__}, expected a {scalar.graphql_name}."
        )
    return values.result(planned, stored)
