"""How errors reach the client: ours with a code, GraphQL's as they are, any other as an id and no words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import structlog
from graphql import GraphQLError

from domain.ids import new_uuid7
from domain.json import JsonValue

logger = structlog.get_logger(__name__)

INTERNAL_ERROR = "INTERNAL_ERROR"
MORE_ERRORS = "MORE_ERRORS"
LONGEST_MESSAGE = 1_000


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


def present_errors(
    errors: Sequence[GraphQLError], *, code: str | None = None, most: int | None = None
) -> list[JsonValue]:
    """Gives the `errors` member of a response, in the given order.

    Args:
        errors: What graphql-core collected.
        code: The code of those that carry none of their own.
        most: How many are told in full; of the others only that they are there.
    """
    shown = [_present(error, code) for error in errors[:most]]
    left_out = len(errors) - len(shown)
    if left_out:
        logger.warning("graphql.errors_left_out", count=left_out)
        message = f"Errors that are not shown: {left_out}."
        shown.append({"message": message, "extensions": {"code": MORE_ERRORS, "count": left_out}})
    return shown


def internal_error(error: BaseException, *, where: str) -> dict[str, JsonValue]:
    """Gives the one error a client sees for a failure that is not its own; logs it once under its id."""
    error_id = str(new_uuid7())
    logger.error("graphql.internal_error", error_id=error_id, where=where, exc_info=error)
    return {"message": "Internal error", "extensions": {"code": INTERNAL_ERROR, "errorId": error_id}}


def _present(error: GraphQLError, code: str | None) -> JsonValue:
    cause = _cause(error)
    if cause is None and _is_of_execution(error):
        cause = error
    shown: dict[str, JsonValue]
    if cause is None:
        shown = {"message": _shortened(error.message), "extensions": _extensions(error, code)}
    elif isinstance(cause, GraphError):
        shown = {"message": cause.message, "extensions": {"code": cause.code, **cause.details}}
    else:
        shown = internal_error(cause, where=_dotted(error.path))
    return _located(shown, error)


def _shortened(message: str) -> str:
    """A message at no great length: some of the library's hold what was sent, whole."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def _cause(error: GraphQLError) -> BaseException | None:
    """The exception behind the error; None where a GraphQLError was raised on purpose."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_of_execution(error: GraphQLError) -> bool:
    """Whether graphql-core found a mistake of ours while it executed, such as a text instead of a number.

    What is said to the client on purpose has a code; what is wrong with an argument, its place in the text.
    """
    origin = error
    while isinstance(origin.original_error, GraphQLError):
        origin = origin.original_error
    is_placed = origin.nodes is not None and origin is not error
    return error.path is not None and not is_placed and "code" not in (error.extensions or {})


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
