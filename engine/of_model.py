"""Ids of subscriptions in inputs and forms, marked with the model that the subscription must have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Union, get_args, get_origin
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.model.definition.texts import shown
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.type_ids import decode_suffix
from engine.annotations import bare, members

_PREFIX = "subscription_"


@dataclass(frozen=True, slots=True)
class OfModel:
    """Says which subscription an id in an input stands for: `port: Annotated[SubscriptionId, OfModel(Port)]`.

    It must be in sync and in a status that the class serves when the input is taken. A step gets its id, or
    the subscription itself by a parameter of the same name: `port: Port`. `X | None` and `list[X]` of such
    ids work alike.

    Attributes:
        model: The class, any of its family: the family says what the subscription is, the class in which
            statuses it may be.
    """

    model: type[SubscriptionModel]

    @property
    def statuses(self) -> tuple[SubscriptionStatus, ...]:
        """The statuses that the class serves, in the lifecycle's order."""
        served = self.model.family().statuses_of(self.model)
        return tuple(status for status in SubscriptionStatus if status in served)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The id as a UUID, and as clients see it."""
        return core_schema.no_info_before_validator_function(_read_id, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """What a form needs to offer the subscriptions that fit."""
        return {
            **handler(schema),
            "format": "subscription",
            "model": self.model.family().name,
            "statuses": [status.value for status in self.statuses],
        }


def find_marker(annotation: object) -> tuple[OfModel, bool] | None:
    """The marker of an id, or of the ids in a list, with whether it is a list; None of anything else."""
    for layer in _layers(annotation):
        marker = next((item for item in get_args(layer)[1:] if isinstance(item, OfModel)), None)
        if get_origin(layer) is Annotated and marker is not None:
            return marker, False
    for kind in members(annotation):
        if get_origin(kind) is list:
            found = find_marker(get_args(kind)[0])
            if found is not None:
                return found[0], True
    return None


def as_models(annotation: object) -> object:
    """The annotation with the models in the place of their marked ids."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation
    if get_origin(annotation) is Annotated:
        marker = next((item for item in get_args(annotation)[1:] if isinstance(item, OfModel)), None)
        return as_models(bare(annotation)) if marker is None else marker.model
    kinds = members(annotation)
    if len(kinds) > 1:
        arguments = tuple(as_models(argument) for argument in get_args(bare(annotation)))
        return Union[arguments]  # noqa: UP007  # built at run time
    kind = bare(annotation)
    if get_origin(kind) is list:
        item = as_models(get_args(kind)[0])
        return list[item]  # pyright: ignore[reportInvalidTypeForm]  # built at run time
    return annotation


def _layers(annotation: object) -> Iterator[object]:
    """The annotation and, if it is a union, its members, each as it was written."""
    yield annotation
    kind = bare(annotation)
    if len(members(kind)) > 1:
        for argument in get_args(kind):
            yield from _layers(argument)


def _read_id(value: object) -> object:
    """An id as clients see it, or the text of a UUID, as a UUID; what is no text as it is, for pydantic."""
    if not isinstance(value, str):
        return value
    found = decode_suffix(value.removeprefix(_PREFIX)) if value.startswith(_PREFIX) else _uuid(value)
    if found is None:
        raise PydanticCustomError(
            "subscription_id",
            "Found {found}; expected subscription_ and 26 characters of Crockford's base 32 in lower case",
            {"found": shown(value)},
        )
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text.isascii() else None
    except ValueError:
        return None
