"""How errors reach the client: ours with a code, GraphQL's as they are, any other as an id and no words."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import structlog
from graphql import GraphQLError

from domain.ids import new_uuid7
from domain.json import JsonValue

logger = structlog.get_logger(__name__)

INTERNAL_ERROR = "INTERNAL_ERROR"


class GraphError(Exception):
    """An error whose message is written for the client and whose code is part of the API.

    Attributes:
        details: What its extensions tell beside the code, for programs.
    """

    code: str = "BAD_REQUEST"
    details: Mapping[str, JsonValue] = MappingProxyType({})

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class SchemaDefinitionError(Exception):
    """Catalogue and registry cannot be made into one schema; raised at start-up, never to a client."""


def present_errors(errors: Iterable[GraphQLError], *, code: str | None = None) -> list[JsonValue]:
    """Gives the `errors` member of a response, in the given order.

    Args:
        errors: What graphql-core collected.
        code: The code of those that carry none of their own.
    """
    return [_present(error, code) for error in errors]


def internal_error(error: BaseException, *, where: str) -> dict[str, JsonValue]:
    """Gives the one error a client sees for a failure that is not its own; logs it once under its id."""
    error_id = str(new_uuid7())
    logger.error("graphql.internal_error", error_id=error_id, where=where, exc_info=error)
    return {"message": "Internal error", "extensions": {"code": INTERNAL_ERROR, "errorId": error_id}}


def _present(error: GraphQLError, code: str | None) -> JsonValue:
    cause = _cause(error)
    shown: dict[str, JsonValue]
    if cause is None:
        shown = {"message": error.message, "extensions": _extensions(error, code)}
    elif isinstance(cause, GraphError):
        shown = {"message": cause.message, "extensions": {"code": cause.code, **cause.details}}
    else:
        shown = internal_error(cause, where=_dotted(error.path))
    return _located(shown, error)


def _cause(error: GraphQLError) -> BaseException | None:
    """The exception behind the error; None where a GraphQLError was raised on purpose."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _extensions(error: GraphQLError, code: str | None) -> dict[str, JsonValue]:
    extensions: dict[str, JsonValue] = dict(error.extensions or {})
    if code is not None:
        extensions.setdefault("code", code)
    return extensions


def _located(shown: dict[str, JsonValue], error: GraphQLError) -> JsonValue:
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    return shown


def _dotted(path: Sequence[str | int] | None) -> str:
    return ".".join(str(part) for part in path or ())
