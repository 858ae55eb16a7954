"""The GraphQL request as every transport receives it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.json import JsonValue

# As itself or by one of GraphQL's escapes: PostgreSQL cannot store it, nor compare with it.
_NUL = re.compile(r"\x00|\\u0000|\\u\{0+\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """One well-formed request: not yet parsed, validated or allowed.

    Attributes:
        asks_cost: Whether its response is to tell what it cost (`"extensions": {"cost": true}`).
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, JsonValue] | None = None
    asks_cost: bool = False


class MalformedRequest(Exception):
    """The JSON is not a GraphQL request: a member is missing or has the wrong type."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def read_request(payload: JsonValue) -> GraphQLRequest:
    """Gives the request that a decoded JSON body or `subscribe` payload stands for.

    Members we do not know are ignored, as the specification asks.

    Raises:
        MalformedRequest: `payload` is not an object, is a batch, or one of its members has the wrong type.

    Source: GraphQL over HTTP, "Request Parameters".
    """
    if isinstance(payload, list):
        raise MalformedRequest("Batched requests are not supported: expected one object, found an array.")
    if not isinstance(payload, dict):
        raise MalformedRequest(f"Expected a JSON object, found {_json_type(payload)}.")
    query = payload.get("query")
    if not isinstance(query, str):
        raise MalformedRequest(f"Expected 'query' to be a string, found {_json_type(query)}.")
    if _NUL.search(query):
        raise MalformedRequest("The character U+0000 is not taken: found it in 'query'.")
    operation_name = payload.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise MalformedRequest(
            f"Expected 'operationName' to be a string, found {_json_type(operation_name)}."
        )
    extensions = _require_object_or_null(payload, "extensions") or {}
    return GraphQLRequest(
        query=query,
        operation_name=operation_name,
        variables=_require_object_or_null(payload, "variables"),
        asks_cost=extensions.get("cost") is True,
    )


def _require_object_or_null(payload: dict[str, JsonValue], member: str) -> dict[str, JsonValue] | None:
    value = payload.get(member)
    if value is not None and not isinstance(value, dict):
        raise MalformedRequest(f"Expected '{member}' to be an object, found {_json_type(value)}.")
    return value


def _json_type(value: JsonValue) -> str:
    match value:
        case None:
            return "null or nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
