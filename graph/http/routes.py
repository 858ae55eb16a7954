"""The routes of one GraphQL address."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from graph.authentication.authenticator import Authenticator
from graph.execution.operations import Operations
from graph.http.endpoint import GraphQLEndpoint
from graph.http.open_streams import OpenStreams
from graph.http.websocket import WebSocketEndpoint
from graph.settings import GraphSettings

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
"""All are routed, so that a wrong one is answered as GraphQL over HTTP says and not by the router."""


def graphql_routes(
    path: str,
    operations: Operations,
    *,
    authenticator: Authenticator,
    streams: OpenStreams,
    settings: GraphSettings,
) -> list[BaseRoute]:
    """Gives the routes that serve `operations` at `path` by HTTP, event streams and WebSockets."""
    loopback_only = settings.oidc is None
    endpoint = GraphQLEndpoint(
        operations=operations,
        authenticator=authenticator,
        loopback_only=loopback_only,
        streams=streams,
        max_body_bytes=settings.max_body_bytes,
        max_query_string_bytes=settings.max_query_string_bytes,
        body_timeout_s=settings.body_timeout_s,
        keep_alive_s=settings.stream_keep_alive_s,
    )
    socket_endpoint = WebSocketEndpoint(
        operations=operations,
        authenticator=authenticator,
        loopback_only=loopback_only,
        streams=streams,
        init_timeout_s=settings.socket_init_timeout_s,
        max_operations=settings.operations_per_socket,
        max_message_bytes=settings.max_body_bytes,
        allowed_origins=settings.allowed_origins,
    )

    async def answer(request: Request) -> Response:
        return await endpoint.handle(request)

    async def serve_socket(websocket: WebSocket) -> None:
        await socket_endpoint.handle(websocket)

    return [Route(path, answer, methods=METHODS), WebSocketRoute(path, serve_socket)]
