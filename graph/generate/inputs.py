"""The input types of typed mutations, and how their values become the JSON that starts a workflow.

What the schema can say of an input's shape it says; all else (ranges, patterns, rules between fields) is
checked by the workflow's own model, and comes back as `InvalidInput`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import takewhile
from types import MappingProxyType, NoneType, UnionType, new_class
from typing import Annotated, Union, get_args, get_origin

import strawberry
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from domain.ids import BlockId, ProcessId, ProductId, SubscriptionId
from domain.json import JsonValue, encode
from domain.model.definition.scalars import Scalar, find_scalar
from domain.model.definition.shapes import Shape, shape_of
from engine.errors import FieldError, InvalidInput
from engine.of_model import OfModel
from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.ids import parse_block_id, parse_process_id, parse_product_id, parse_subscription_id
from graph.mutations.answers import Path
from graph.mutations.sent_ids import below, require_id
from graph.names import field_name, require_attribute, require_name, type_name
from graph.types.durations import duration_text
from graph.types.scalars import Json, annotation_of_scalar, json_value, narrowed

ToJson = Callable[[object], JsonValue]

_IDS: Mapping[object, Callable[[str], object]] = MappingProxyType(
    {
        SubscriptionId: parse_subscription_id,
        BlockId: parse_block_id,
        ProcessId: parse_process_id,
        ProductId: parse_product_id,
    }
)
"""The types that clients send as ids."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """A field of an input type.

    Attributes:
        attribute: Its name in the model.
        key: What the model's JSON calls it: its alias, if it has one.
        annotation: Its type as Strawberry reads it, without null.
        optional: Whether the client may leave it out.
        nulls: Whether a client that leaves it out says null, as the model has no default.
        to_json: Gives the model's JSON form of a value that is not null.
        inner: The type of its values, if that is an input as well.
    """

    attribute: str
    key: str
    annotation: object
    optional: bool
    nulls: bool
    description: str
    to_json: ToJson
    inner: "InputType | None" = None

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        return field_name(self.attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputType:
    """A generated input type."""

    graphql_type: type
    fields: tuple[InputField, ...]

    def to_json(self, value: object) -> dict[str, JsonValue]:
        """Gives the JSON object that a value of the type stands for; fields left out are left out.

        Raises:
            InvalidInput: Ids in it are none; with the path of each by the names of the model.
        """
        given: dict[str, JsonValue] = {}
        problems: list[FieldError] = []
        for field in self.fields:
            item: object = getattr(value, field.attribute)
            if item is strawberry.UNSET:
                if field.nulls:
                    given[field.key] = None
                continue
            try:
                given[field.key] = None if item is None else field.to_json(item)
            except InvalidInput as refusal:
                problems += below(field.key, refusal)
        if problems:
            raise InvalidInput(problems)
        return given

    def path_of(self, path: Path) -> list[str]:
        """Gives where an error is in a value of the type, by the names of GraphQL; in JSON as it was sent."""
        if not path:
            return []
        first, *rest = path
        field = next((each for each in self.fields if first in {each.key, each.attribute}), None)
        if field is None:
            return [str(part) for part in path]
        places = list(takewhile(lambda part: isinstance(part, int), rest))
        left = rest[len(places) :]
        inner = [str(part) for part in left] if field.inner is None else field.inner.path_of(tuple(left))
        return [field.graphql_name, *(str(place) for place in places), *inner]


class InputTypes:
    """The input types of one schema; a model used twice has one type."""

    def __init__(self, enums: EnumTypes) -> None:
        self._enums = enums
        self._nested: dict[type[BaseModel], InputType] = {}
        self._names: dict[str, type[BaseModel]] = {}

    def generate(
        self, model: type[BaseModel], *, name: str, description: str, extra: Mapping[str, InputField]
    ) -> InputType:
        """Gives the input type of a model, under a name, with fields of ours before the model's.

        Raises:
            SchemaDefinitionError: A name clashes with another, or is none for a field.
        """
        self._claim(name, model)
        for attribute in model.model_fields:
            require_attribute(attribute, of=name)
        fields = [self._field(attribute, info) for attribute, info in model.model_fields.items()]
        for field in fields:
            if field.attribute in extra:
                raise SchemaDefinitionError(
                    f"{name}: the name '{field.graphql_name}' is taken by every input of its kind: "
                    "expected another name."
                )
        return InputType(
            graphql_type=_input_class(name, (*extra.values(), *fields), description), fields=tuple(fields)
        )

    def _claim(self, name: str, model: type[BaseModel]) -> None:
        require_name(name, of=f"input {model.__qualname__}")
        known = self._names.setdefault(name, model)
        if known is not model:
            raise SchemaDefinitionError(
                f"found two inputs {name}, {known.__module__}.{known.__qualname__} and "
                f"{model.__module__}.{model.__qualname__}: expected one."
            )

    def _field(self, attribute: str, info: FieldInfo) -> InputField:
        shape = shape_of(info.annotation, info.metadata)
        annotation, to_json, inner = self._value(info, shape)
        if shape.many:
            annotation = list[annotation | None if shape.optional_items else annotation]  # pyright: ignore[reportInvalidTypeForm, reportOperatorIssue]  # a type known at run time only
            to_json = _each(to_json)
        return InputField(
            attribute=attribute,
            key=_key(attribute, info),
            annotation=annotation,
            optional=shape.optional or not info.is_required(),
            nulls=shape.optional and info.is_required(),
            description=_description(attribute, info, shape),
            to_json=to_json,
            inner=inner,
        )

    def _value(self, info: FieldInfo, shape: Shape) -> tuple[object, ToJson, InputType | None]:
        """The type of one value and what makes it JSON; what the schema cannot say is any JSON."""
        parse = _IDS.get(_innermost(info.annotation))
        if parse is not None:
            return strawberry.ID, _id_reader(parse), None
        scalar = find_scalar(*shape.members)
        if scalar is not None:
            return self._scalar(narrowed(scalar, shape)), _stored(scalar), None
        if len(shape.members) == 1:
            (member,) = shape.members
            if isinstance(member, type) and issubclass(member, BaseModel):
                nested = self._nested_type(member)
                return nested.graphql_type, nested.to_json, nested
        return Json, json_value, None

    def _scalar(self, scalar: Scalar) -> object:
        python_type: type[object] = scalar.python_type
        if issubclass(python_type, Enum):
            return self._enums.define(python_type)
        return annotation_of_scalar(scalar)

    def _nested_type(self, model: type[BaseModel]) -> InputType:
        known = self._nested.get(model)
        if known is None:
            name = f"{type_name(model.__name__.removesuffix('Input'))}Input"
            documented = (model.__doc__ or "").strip() or f"{model.__name__}."
            known = self.generate(model, name=name, description=documented, extra={})
            self._nested[model] = known
        return known


def _input_class(name: str, fields: tuple[InputField, ...], description: str) -> type:
    cls = new_class(name)
    annotations: dict[str, object] = {}
    for field in fields:
        annotations[field.attribute] = field.annotation | None if field.optional else field.annotation  # pyright: ignore[reportOperatorIssue]  # a type known at run time only
        declared = strawberry.field(name=field.graphql_name, description=field.description)
        if field.optional:
            declared = strawberry.field(
                name=field.graphql_name, description=field.description, default=strawberry.UNSET
            )
        setattr(cls, field.attribute, declared)
    cls.__annotations__ = annotations
    return strawberry.input(cls, description=description)


def _key(attribute: str, info: FieldInfo) -> str:
    """What JSON calls a field: the first of its aliases that is a name."""
    match info.validation_alias:
        case str(alias):
            return alias
        case AliasChoices(choices=choices):
            return next((alias for alias in choices if isinstance(alias, str)), attribute)
        case _:
            return attribute


def _innermost(annotation: object) -> object:
    """The type of one value as it was written: without constraints, None, and the list around it."""
    while True:
        if get_origin(annotation) in {Annotated, list}:
            annotation = get_args(annotation)[0]
            continue
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        if get_origin(annotation) not in {Union, UnionType} or len(kinds) != 1:
            return annotation
        (annotation,) = kinds


def _id_reader(parse: Callable[[str], object]) -> ToJson:
    return lambda value: str(require_id(str(value), parse))


def _stored(scalar: Scalar) -> ToJson:
    """What makes a value the JSON that pydantic reads it from: nearly always its stored form."""
    if scalar.python_type is timedelta:
        return lambda value: duration_text(value // _MICROSECOND) if isinstance(value, timedelta) else None
    return scalar.store


def _each(to_json: ToJson) -> ToJson:
    def each(value: object) -> JsonValue:
        assert isinstance(value, list), "GraphQL has checked it"
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        given: list[JsonValue] = []
        problems: list[FieldError] = []
        for index, item in enumerate(items):
            try:
                given.append(None if item is None else to_json(item))
            except InvalidInput as refusal:
                problems += below(index, refusal)
        if problems:
            raise InvalidInput(problems)
        return given

    return each


def _description(attribute: str, info: FieldInfo, shape: Shape) -> str:
    text = info.description or f"The {attribute.replace('_', ' ')}."
    for mark in (*shape.marks, *shape.item_marks):
        if isinstance(mark, OfModel):
            text += f" A subscription {mark.model.family().name} that is {' or '.join(mark.statuses)}."
    scalar = find_scalar(*shape.members)
    if scalar is not None and scalar.choices is not None and not issubclass(scalar.python_type, Enum):
        text += f" One of: {', '.join(str(choice) for choice in scalar.choices)}."
    default: object = info.get_default()
    if isinstance(default, Enum):
        text += f" {default.name} if left out."
    elif not info.is_required() and isinstance(default, str | int | float):
        text += f" {encode(default)} if left out."
    return text
