"""The types of values: scalars, enums, an object type for each value object; and stored values as results."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import new_class
from typing import Union

import strawberry
from strawberry.types.field import StrawberryField

from domain.json import JsonValue
from domain.model.definition.scalars import Scalar
from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.generate.fields import PlannedField, scalar_field
from graph.names import require_name, type_name
from graph.permissions import Permission, requires
from graph.types.scalars import Json, annotation_of_scalar, printed


@dataclass(frozen=True, slots=True, kw_only=True)
class _ValueType:
    """The type of a value object, and its fields."""

    model: type
    graphql_type: type
    fields: tuple[PlannedField, ...]


class ValueTypes:
    """The types of the values of one schema; a value object that is used twice has one type."""

    def __init__(self, enums: EnumTypes) -> None:
        self._enums = enums
        self._objects: dict[str, _ValueType] = {}

    @property
    def names(self) -> frozenset[str]:
        """The names of the value objects."""
        return frozenset(self._objects)

    def annotation(self, scalar: Scalar) -> object:
        """Gives the type of one value as Strawberry reads it.

        Raises:
            SchemaDefinitionError: Two enums, or two value objects, have one name.
        """
        if scalar.fields is not None:
            return self._object(scalar).graphql_type
        python_type: type[object] = scalar.python_type
        if issubclass(python_type, Enum):
            return self._enums.define(python_type)
        return annotation_of_scalar(scalar)

    def result(self, planned: PlannedField, stored: JsonValue) -> object:
        """Gives the result of a field whose stored value fits it: itself, but for value objects."""
        scalar = planned.value
        if not isinstance(scalar, Scalar) or scalar.fields is None or stored is None:
            return stored
        if isinstance(stored, list):
            return [self._object_of(scalar, item) for item in stored]
        return self._object_of(scalar, stored)

    def _object_of(self, scalar: Scalar, stored: JsonValue) -> object:
        if not isinstance(stored, dict):
            return None
        value_type = self._objects[_object_name(scalar)]
        values = {
            planned.attribute: self.result(planned, stored.get(planned.attribute))
            for planned in value_type.fields
        }
        return _make(value_type.graphql_type, values)

    def _object(self, scalar: Scalar) -> _ValueType:
        name = _object_name(scalar)
        known = self._objects.get(name)
        if known is not None and known.model is not scalar.python_type:
            raise SchemaDefinitionError(
                f"found two value objects {name}, {_place(known.model)} and {_place(scalar.python_type)}: "
                "expected one."
            )
        if known is None:
            known = self._define(name, scalar)
            self._objects[name] = known
        return known

    def _define(self, name: str, scalar: Scalar) -> _ValueType:
        assert scalar.fields is not None, "a value object"
        model = scalar.python_type
        fields = tuple(scalar_field(name, field) for field in scalar.fields.values())
        cls = new_class(name)
        declare(cls, [(planned, self.annotation_of(planned)) for planned in fields])
        documented = (model.__doc__ or "").strip()
        graphql_type = strawberry.type(
            cls,
            description=documented or f"A value {name}.",
            directives=requires(Permission.READ_SUBSCRIPTIONS),
        )
        return _ValueType(model=model, graphql_type=graphql_type, fields=fields)

    def annotation_of(self, planned: PlannedField) -> object:
        """Gives the type of a field of values as Strawberry reads it."""
        scalar = planned.value
        return wrapped(planned, self.annotation(scalar) if isinstance(scalar, Scalar) else Json)


def wrapped(planned: PlannedField, item: object) -> object:
    """Gives the type of a field as Strawberry reads it, from that of one of its values."""
    if planned.many:
        item = _or_null(item) if planned.optional_items else item
        item = list[item]  # pyright: ignore[reportInvalidTypeForm]  # a type known at run time only
    return item if planned.required else _or_null(item)


def declare(cls: type, fields: Iterable[tuple[PlannedField, object]]) -> None:
    """Declares planned fields, whose values are plain attributes, on a class that is to become a type."""
    annotations: dict[str, object] = {}
    for planned, annotation in fields:
        annotations[planned.attribute] = annotation
        setattr(cls, planned.attribute, graphql_field(planned))
    cls.__annotations__ = annotations


def graphql_field(planned: PlannedField) -> StrawberryField:
    """Gives the Strawberry field for a planned one whose value is a plain attribute."""
    field = strawberry.field(name=planned.graphql_name, description=planned.description)
    assert isinstance(field, StrawberryField)
    return field


def resolved_field(
    planned: PlannedField, resolver: Callable[..., object], graphql_type: object
) -> StrawberryField:
    """Gives the Strawberry field for a planned one whose value a function gives."""
    field = strawberry.field(
        name=planned.graphql_name,
        resolver=resolver,
        graphql_type=graphql_type,
        description=planned.description,
    )
    assert isinstance(field, StrawberryField)
    return field


def printed_value(scalar: Scalar, stored: JsonValue, *, many: bool) -> JsonValue:
    """Gives a stored value that fits its scalar in the words of the schema: as its typed field prints it."""
    if stored is None:
        return None
    if many:
        assert isinstance(stored, list), "it fits"
        return [printed_value(scalar, item, many=False) for item in stored]
    if scalar.fields is not None:
        assert isinstance(stored, dict), "it fits"
        planned = [scalar_field(scalar.graphql_name, field) for field in scalar.fields.values()]
        return {
            field.graphql_name: printed_value(field.value, stored[field.attribute], many=field.many)
            for field in planned
            if isinstance(field.value, Scalar) and field.attribute in stored
        }
    if issubclass(scalar.python_type, Enum):
        member = scalar.load(stored)
        assert isinstance(member, Enum), "it fits"
        return member.name
    return printed(scalar, stored)


def _or_null(item: object) -> object:
    return Union[item, None]  # noqa: UP007  # pyright: ignore[reportInvalidTypeForm, reportUnknownVariableType]  # a type known at run time only


def _object_name(scalar: Scalar) -> str:
    return require_name(type_name(scalar.python_type.__name__), of=f"value object {scalar.python_type}")


def _place(model: type) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def _make(make: Callable[..., object], values: Mapping[str, object]) -> object:
    """An instance of a generated type, whose fields are known at run time only."""
    return make(**values)
