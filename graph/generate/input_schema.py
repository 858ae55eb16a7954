"""The JSON Schema of a typed mutation's input: that of its model, with the names that the mutation takes.

Pages of forms are JSON of the application's models, and keep the models' names. An input is of a type of the
schema, which has names of its own for fields and for the members of enums.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from domain.json import JsonValue
from domain.model.definition.scalars import find_scalar
from domain.model.definition.shapes import Shape, shape_of
from graph.names import field_name

_DEFINITIONS: Final = "$defs"
_REFERENCE: Final = "$ref"
_PLACE: Final = "#/$defs/"

Definitions = Mapping[str, JsonValue]

_SUBJECT: Mapping[str, JsonValue] = MappingProxyType(
    {
        "subscription": {"type": "string", "description": "The subscription it is about."},
        "version": {
            "anyOf": [{"type": "integer"}, {"type": "null"}],
            "default": None,
            "description": "The version of the subscription that the input is about.",
        },
    }
)


def input_schema(model: type[BaseModel], *, with_subject: bool) -> dict[str, JsonValue]:
    """Gives the schema of the input that a model is filled from.

    Args:
        model: What starts the workflow.
        with_subject: Whether the input names a subscription as well.
    """
    written: dict[str, JsonValue] = model.model_json_schema(by_alias=False)
    definitions = _object(written.pop(_DEFINITIONS, {}))
    schema = _renamed(written, model=model, definitions=definitions)
    if with_subject:
        required = schema.get("required")
        schema["properties"] = {**_SUBJECT, **_object(schema["properties"])}
        schema["required"] = ["subscription", *(required if isinstance(required, list) else [])]
    named = frozenset(_referred(schema, definitions))
    if named:
        schema[_DEFINITIONS] = {name: each for name, each in definitions.items() if name in named}
    return schema


def _renamed(
    schema: Mapping[str, JsonValue], *, model: type[BaseModel], definitions: Definitions
) -> dict[str, JsonValue]:
    """The schema of a model's objects, its fields by their names in GraphQL."""
    found = _object(schema.get("properties", {}))
    properties: dict[str, JsonValue] = {}
    for attribute, info in model.model_fields.items():
        shape = shape_of(info.annotation, info.metadata)
        properties[field_name(attribute)] = _field(found[attribute], shape, definitions)
    renamed: dict[str, JsonValue] = {**schema, "properties": properties}
    required = schema.get("required")
    if isinstance(required, list):
        renamed["required"] = [field_name(str(attribute)) for attribute in required]
    return renamed


def _field(schema: JsonValue, shape: Shape, definitions: Definitions) -> JsonValue:
    """The schema of a field; as it is where the input takes JSON in the form of the model."""
    scalar = find_scalar(*shape.members)
    if scalar is not None:
        kind: type[object] = scalar.python_type
        if issubclass(kind, Enum):
            return _named_default(
                _written_out(schema, definitions, partial(_members, kind=kind)),
                {member.value: member.name for member in kind},
            )
        return schema
    match shape.members:
        case (type() as member,) if issubclass(member, BaseModel):
            return _written_out(schema, definitions, partial(_renamed, model=member, definitions=definitions))
        case _:
            return schema


def _members(schema: Mapping[str, JsonValue], *, kind: type[Enum]) -> dict[str, JsonValue]:
    words = {key: schema[key] for key in ("title", "description") if key in schema}
    return {**words, "type": "string", "enum": [member.name for member in kind]}


def _written_out(
    schema: JsonValue,
    definitions: Definitions,
    change: Callable[[Mapping[str, JsonValue]], Mapping[str, JsonValue]],
) -> JsonValue:
    """A field's schema with what it refers to in place of the reference, changed."""
    match schema:
        case {"$ref": str(place), **beside}:
            return {**change(_object(definitions[place.removeprefix(_PLACE)])), **beside}
        case dict():
            return {key: _written_out(value, definitions, change) for key, value in schema.items()}
        case list():
            return [_written_out(item, definitions, change) for item in schema]
        case _:
            return schema


def _named_default(schema: JsonValue, names: Mapping[object, str]) -> JsonValue:
    match schema:
        case {"default": list(values)}:
            return {**schema, "default": [names.get(_key(value), value) for value in values]}
        case {"default": value}:
            return {**schema, "default": names.get(_key(value), value)}
        case _:
            return schema


def _key(value: JsonValue) -> object:
    return value if isinstance(value, str | int | float) else None


def _referred(schema: JsonValue, definitions: Definitions) -> Iterator[str]:
    """The definitions that a schema needs, with those that these need."""
    match schema:
        case {"$ref": str(place)}:
            name = place.removeprefix(_PLACE)
            if name in definitions:
                yield name
                others = {each: found for each, found in definitions.items() if each != name}
                yield from _referred(definitions[name], others)
        case dict():
            for value in schema.values():
                yield from _referred(value, definitions)
        case list():
            for item in schema:
                yield from _referred(item, definitions)
        case _:
            return


def _object(schema: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(schema, dict), "what pydantic writes for a model"
    return schema
