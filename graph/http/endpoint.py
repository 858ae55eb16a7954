"""GraphQL over HTTP: one request in, one response out, or the start of an event stream."""

from dataclasses import dataclass

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from domain.json import JsonValue, encode
from graph.authentication.authenticator import (
    AuthenticationFault,
    Authenticator,
    Identity,
    NotAuthenticated,
    ProviderUnavailable,
)
from graph.authentication.bearer import token_of_header
from graph.authentication.loopback import is_loopback_name
from graph.errors import internal_error
from graph.execution.documents import RequestRefused
from graph.execution.operations import Operations, PreparedOperation
from graph.execution.request import GraphQLRequest, MalformedRequest, read_request
from graph.http.body import BodyRefused, read_json
from graph.http.client_json import decode_client_json
from graph.http.event_stream import EventStream, single_response
from graph.http.negotiation import ResponseFormat, choose_format
from graph.http.open_streams import OpenStreams

CLIENT_CLOSED_REQUEST = 499

_INVALID_TOKEN = 'Bearer error="invalid_token"'  # noqa: S105  # a challenge of RFC 6750


class HttpRefused(Exception):
    """The request failed before it became a GraphQL request."""

    def __init__(
        self, status: int, message: str, *, code: str = "BAD_REQUEST", headers: dict[str, str] | None = None
    ) -> None:
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEndpoint:
    """Answers HTTP requests for one schema.

    Attributes:
        authenticator: Knows who asks.
        loopback_only: Whether only this machine may ask, by a name of its own.
    """

    operations: Operations
    authenticator: Authenticator
    loopback_only: bool
    streams: OpenStreams
    max_body_bytes: int
    keep_alive_s: float

    async def handle(self, request: Request) -> Response:
        """Answers one request, whatever goes wrong with a GraphQL response in the client's format."""
        response_format = choose_format(request.headers.get("accept"))
        if response_format is None:
            offered = ", ".join(candidate.value for candidate in ResponseFormat)
            return _answer(
                _request_error(f"Not acceptable: offered are {offered}."), 406, ResponseFormat.JSON
            )
        try:
            return await self._respond(request, response_format)
        except HttpRefused as refused:
            payload = _request_error(refused.message, code=refused.code)
            return _answer(payload, refused.status, response_format, refused.headers)
        except BodyRefused as refused:
            return _answer(_request_error(refused.message), refused.status, response_format)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception as error:  # noqa: BLE001  # the edge of a request
            return _answer({"errors": [internal_error(error, where="request")]}, 500, response_format)

    async def _respond(self, request: Request, response_format: ResponseFormat) -> Response:
        if self.loopback_only and not is_loopback_name(request.headers.get("host")):
            raise HttpRefused(421, "The server is open to this machine alone, by the name localhost.")
        identity = await self._identify(request)
        graphql_request = await self._read(request)
        try:
            operation = self.operations.prepare(graphql_request, identity.viewer)
        except RequestRefused as refused:
            return self._refuse(refused, response_format)
        if request.method == "GET" and operation.kind is not OperationType.QUERY:
            raise HttpRefused(
                405, f"A {operation.kind.value} must be sent by POST.", headers={"allow": "POST"}
            )
        if response_format is ResponseFormat.EVENT_STREAM:
            return self._stream(operation, expires_at=identity.expires_at)
        if operation.kind is OperationType.SUBSCRIPTION:
            raise HttpRefused(406, "A subscription needs 'Accept: text/event-stream' or a WebSocket.")
        return _answer(await self.operations.execute(operation), 200, response_format)

    async def _identify(self, request: Request) -> Identity:
        """Who asks; known before anything else of the request is looked at."""
        try:
            return await self.authenticator.identify(token_of_header(request.headers.get("authorization")))
        except NotAuthenticated as error:
            challenge = "Bearer" if error.fault is AuthenticationFault.NO_TOKEN else _INVALID_TOKEN
            headers = {"www-authenticate": challenge}
            raise HttpRefused(401, error.message, code=error.fault.value, headers=headers) from None
        except ProviderUnavailable:
            message = "The identity provider cannot be reached, so it is not known who asks. Try again later."
            headers = {"retry-after": "10"}
            raise HttpRefused(503, message, code="PROVIDER_UNAVAILABLE", headers=headers) from None

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method == "GET":
            payload = _read_query_string(request)
        elif request.method == "POST":
            payload = await read_json(request, max_bytes=self.max_body_bytes)
        else:
            raise HttpRefused(
                405, f"Expected GET or POST, found {request.method}.", headers={"allow": "GET, POST"}
            )
        try:
            return read_request(payload)
        except MalformedRequest as error:
            raise HttpRefused(400, error.message) from None

    def _stream(self, operation: PreparedOperation, *, expires_at: float | None) -> Response:
        if self.streams.closing:
            raise HttpRefused(503, "The server is stopping.")
        return EventStream(
            self.operations.stream(operation),
            streams=self.streams,
            keep_alive_s=self.keep_alive_s,
            expires_at=expires_at,
        )

    def _refuse(self, refused: RequestRefused, response_format: ResponseFormat) -> Response:
        """An event stream is opened even to refuse: a browser's EventSource cannot read other answers."""
        payload: dict[str, JsonValue] = {"errors": refused.errors}
        match response_format:
            case ResponseFormat.EVENT_STREAM:
                return EventStream(
                    single_response(payload), streams=self.streams, keep_alive_s=self.keep_alive_s
                )
            case ResponseFormat.GRAPHQL_RESPONSE:
                return _answer(payload, 403 if refused.forbidden else 400, response_format)
            case ResponseFormat.JSON:
                return _answer(payload, 200, response_format)


def _read_query_string(request: Request) -> JsonValue:
    """The members of the request; `variables` and `extensions` are JSON within the query string."""
    payload: dict[str, JsonValue] = {}
    for member in ("query", "operationName"):
        if request.query_params.get(member):
            payload[member] = request.query_params[member]
    for member in ("variables", "extensions"):
        text = request.query_params.get(member)
        if text:
            try:
                payload[member] = decode_client_json(text)
            except ValueError as error:
                raise HttpRefused(400, f"'{member}' is not valid JSON: {error}.") from None
    return payload


def _request_error(message: str, *, code: str = "BAD_REQUEST") -> dict[str, JsonValue]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _answer(
    payload: dict[str, JsonValue],
    status: int,
    response_format: ResponseFormat,
    headers: dict[str, str] | None = None,
) -> Response:
    """A response in JSON; errors that come before a stream could start are plain JSON too."""
    media_type = ResponseFormat.JSON if response_format is ResponseFormat.EVENT_STREAM else response_format
    return Response(
        encode(payload),
        status_code=status,
        media_type=f"{media_type.value}; charset=utf-8",
        headers={"vary": "Accept", **(headers or {})},
    )
