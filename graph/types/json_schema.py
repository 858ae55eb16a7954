"""The JSON Schemas of forms and inputs, with ids in them as clients know them."""

from uuid import UUID

from domain.json import JsonValue
from graph.ids import IdKind, encode_id

_FORMAT = "subscription"
_HELD_IN = ("anyOf", "items")
_GIVEN = ("default", "const", "enum", "examples")


def with_public_ids(schema: JsonValue) -> JsonValue:
    """Gives a schema in which the values that it proposes for ids of subscriptions are ids of the graph."""
    match schema:
        case dict():
            ids = _takes_ids(schema)
            return {
                key: _public(value) if ids and key in _GIVEN else with_public_ids(value)
                for key, value in schema.items()
            }
        case list():
            return [with_public_ids(item) for item in schema]
        case _:
            return schema


def _takes_ids(schema: JsonValue) -> bool:
    """Whether what fits the schema is an id of a subscription, perhaps among others, or a list of them."""
    if isinstance(schema, list):
        return any(_takes_ids(item) for item in schema)
    if not isinstance(schema, dict):
        return False
    return schema.get("format") == _FORMAT or any(_takes_ids(schema.get(key)) for key in _HELD_IN)


def _public(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_public(item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return encode_id(IdKind.SUBSCRIPTION, UUID(value))
    except ValueError:
        return value
