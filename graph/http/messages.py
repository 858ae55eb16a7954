"""The messages a graphql-transport-ws client sends, read strictly.

Source: graphql-ws PROTOCOL.md, "Message types".
"""

from dataclasses import dataclass

from domain.json import JsonValue
from graph.execution.request import GraphQLRequest, MalformedRequest, read_request
from graph.http.client_json import decode_client_json


class InvalidMessage(Exception):
    """The text is not a message of the protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionInit:
    """The first message; its payload may carry credentials."""

    payload: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Asks for a pong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """Answers a ping, or says on its own that the client is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Starts an operation under an id that is free on this socket."""

    id: str
    request: GraphQLRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Ends an operation."""

    id: str


ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str) -> ClientMessage:
    """Reads one message.

    Raises:
        InvalidMessage: It is not JSON, has an unknown type or lacks a member of its type.
    """
    try:
        message = decode_client_json(text)
    except ValueError:
        raise InvalidMessage("Expected JSON") from None
    if not isinstance(message, dict):
        raise InvalidMessage("Expected an object")
    match message.get("type"):
        case "connection_init":
            return ConnectionInit(payload=message.get("payload"))
        case "ping":
            return Ping()
        case "pong":
            return Pong()
        case "subscribe":
            return _read_subscribe(message)
        case "complete":
            return Complete(id=_read_id(message))
        case found:
            raise InvalidMessage(f"Unknown message type {_short(found)}")


def _read_subscribe(message: dict[str, JsonValue]) -> Subscribe:
    try:
        return Subscribe(id=_read_id(message), request=read_request(message.get("payload")))
    except MalformedRequest as error:
        raise InvalidMessage(error.message) from None


def _read_id(message: dict[str, JsonValue]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise InvalidMessage("Expected a non-empty string as 'id'")
    return operation_id


def _short(value: JsonValue) -> str:
    """A value as it may stand in a close reason, which holds at most 123 bytes."""
    return repr(value)[:40]
