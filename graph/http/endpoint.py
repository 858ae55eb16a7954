"""GraphQL over HTTP: one request in, one response out, or the start of an event stream."""

from dataclasses import dataclass
from typing import assert_never

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from domain.json import JsonValue, encode
from graph.authentication.access_policy import AccessDenied
from graph.authentication.admission import AccessPolicyUnavailable
from graph.authentication.authenticator import (
    AuthenticationFault,
    Authenticator,
    Identity,
    NotAuthenticated,
    ProviderUnavailable,
)
from graph.authentication.bearer import token_of_headers
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
TOO_MANY_STREAMS = "TOO_MANY_STREAMS"

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
    max_query_string_bytes: int
    body_timeout_s: float
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
        except (HttpRefused, BodyRefused, AccessDenied, AccessPolicyUnavailable) as refused:
            return _answer_refused(refused, response_format)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception as error:  # noqa: BLE001  # the edge of a request
            return _answer({"errors": [internal_error(error, where="request")]}, 500, response_format)

    async def _respond(self, request: Request, response_format: ResponseFormat) -> Response:
        if self.loopback_only and not is_loopback_name(request.headers.get("host")):
            raise HttpRefused(421, "The server is open to this machine alone, by the name localhost.")
        identity = await self._identify(request)
        graphql_request = await self._read(request)
        await self.operations.wait_turn(identity.viewer)
        try:
            operation = self.operations.prepare(graphql_request, identity.viewer)
        except RequestRefused as refused:
            return self._refuse(refused, response_format)
        if request.method == "GET" and operation.kind is not OperationType.QUERY:
            raise HttpRefused(
                405, f"A {operation.kind.value} must be sent by POST.", headers={"allow": "POST"}
            )
        if (
            operation.kind is OperationType.SUBSCRIPTION
            and response_format is not ResponseFormat.EVENT_STREAM
        ):
            raise HttpRefused(406, "A subscription needs 'Accept: text/event-stream' or a WebSocket.")
        try:
            operation = await self.operations.admit(operation)
        except RequestRefused as refused:
            return self._refuse(refused, response_format)
        if response_format is ResponseFormat.EVENT_STREAM:
            return self._stream(operation, identity)
        return _answer(await self.operations.execute(operation), 200, response_format)

    async def _identify(self, request: Request) -> Identity:
        """Who asks; known before anything else of the request is looked at."""
        try:
            return await self.authenticator.identify(
                token_of_headers(request.headers.getlist("authorization"))
            )
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
            payload = _read_query_string(request, max_bytes=self.max_query_string_bytes)
        elif request.method == "POST":
            payload = await read_json(request, max_bytes=self.max_body_bytes, timeout_s=self.body_timeout_s)
        else:
            raise HttpRefused(
                405, f"Expected GET or POST, found {request.method}.", headers={"allow": "GET, POST"}
            )
        try:
            return read_request(payload)
        except MalformedRequest as error:
            raise HttpRefused(400, error.message) from None

    def _stream(self, operation: PreparedOperation, identity: Identity) -> Response:
        if self.streams.closing:
            raise HttpRefused(503, "The server is stopping.")
        if self.streams.full:
            message = f"Too many streams: at most {self.streams.most} may be open."
            raise HttpRefused(503, message, code=TOO_MANY_STREAMS, headers={"retry-after": "10"})
        if self.streams.is_full_for(identity.viewer.name):
            message = f"Too many streams: at most {self.streams.most_of_caller} may be open for one caller."
            raise HttpRefused(429, message, code=TOO_MANY_STREAMS, headers={"retry-after": "10"})
        return EventStream(
            self.operations.stream(operation),
            streams=self.streams,
            keep_alive_s=self.keep_alive_s,
            identity=identity,
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


def _read_query_string(request: Request, *, max_bytes: int) -> JsonValue:
    """The members of the request; `variables` and `extensions` are JSON within the query string."""
    found_bytes = len(request.scope["query_string"])
    if found_bytes > max_bytes:
        raise HttpRefused(
            414, f"The query string has {found_bytes} bytes: at most {max_bytes} are taken. Use POST."
        )
    payload: dict[str, JsonValue] = {}
    for member in ("query", "operationName", "variables", "extensions"):
        texts = request.query_params.getlist(member)
        if len(texts) > 1:
            raise HttpRefused(400, f"Expected '{member}' once, found it {len(texts)} times.")
        text = texts[0] if texts else ""
        if text and member in {"query", "operationName"}:
            payload[member] = text
        elif text:
            try:
                payload[member] = decode_client_json(text)
            except ValueError as error:
                raise HttpRefused(400, f"'{member}' is not valid JSON: {error}.") from None
    return payload


def _request_error(message: str, *, code: str = "BAD_REQUEST") -> dict[str, JsonValue]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _answer_refused(
    refused: HttpRefused | BodyRefused | AccessDenied | AccessPolicyUnavailable,
    response_format: ResponseFormat,
) -> Response:
    match refused:
        case HttpRefused(message=message, code=code):
            payload = _request_error(message, code=code)
            return _answer(payload, refused.status, response_format, refused.headers)
        case BodyRefused():
            return _answer(_request_error(refused.message), refused.status, response_format)
        case AccessDenied():
            payload = _request_error(f"Not allowed: {refused.reason}", code="ACCESS_DENIED")
            return _answer(payload, 403, response_format)
        case AccessPolicyUnavailable():
            return _answer({"errors": [refused.shown]}, 503, response_format, {"retry-after": "10"})
        case _:
            assert_never(refused)


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
