"""The limits and timings of the graph floor, filled in by the application: nothing here reads them."""

from dataclasses import dataclass, field

from graph.authentication.settings import OidcSettings
from graph.limits import DocumentLimits, VariableLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """Limits and timings of the transports and of lists.

    Attributes:
        oidc: The identity provider whose tokens callers need; without one the server is open to this
            machine alone.
        host: The address the server is bound to; decides whether it may be open.
        allowed_origins: Web origins whose pages may ask and open sockets, beside the server's own.
        access_policy_limit_s: How long the application's access policy may take to answer.
        access_policy_again_s: How often it is asked again about a caller whose socket or stream stays open.
        environment: What operators call the place the server stands in, such as staging.
        introspection: Whether clients may ask for the schema; without, no error suggests its names either.
        graphiql: Whether the page is served that people try operations on.
        max_body_bytes: The largest request body, and the largest message on a socket.
        max_query_string_bytes: The longest query string.
        body_timeout_s: How long a client may take to send its request.
        document: The largest document.
        variables: The largest variables.
        max_cost: How many values the answer to one operation, or to one event, may have.
        max_list_entries: How many entries the lists of one operation, or one event, may have together.
        max_errors: How many errors one response has.
        operation_timeout_s: How long an operation may take, or the answer to one event.
        socket_init_timeout_s: How long an opened socket may stay without its greeting.
        operations_of_caller: How many operations of one caller run at a time; the others wait.
        operations_per_socket: How many operations may run on one socket at a time.
        max_streams: How many sockets and event streams may be open at a time.
        max_streams_of_caller: How many of them one caller may have.
        stream_keep_alive_s: How often a silent event stream sends a comment.
        stream_close_timeout_s: How long a stopping server waits for its streams to end.
        default_page_size: The length of a page that asks for no other.
        max_page_size: The longest page that may be asked for.
        directory_limit_s: How long the application's directory of customers may take to answer.
        filter_limit_s: How long a filter may take that no index may serve.
    """

    oidc: OidcSettings | None = None
    host: str = "127.0.0.1"
    allowed_origins: frozenset[str] = frozenset()
    access_policy_limit_s: float = 3.0
    access_policy_again_s: float = 60.0
    environment: str | None = None
    introspection: bool = True
    graphiql: bool = True
    max_body_bytes: int = 1_000_000
    max_query_string_bytes: int = 16_000
    body_timeout_s: float = 30.0
    document: DocumentLimits = field(default_factory=DocumentLimits)
    variables: VariableLimits = field(default_factory=VariableLimits)
    max_cost: int = 200_000
    max_list_entries: int = 20_000
    max_errors: int = 20
    operation_timeout_s: float = 30.0
    socket_init_timeout_s: float = 5.0
    operations_of_caller: int = 20
    operations_per_socket: int = 100
    max_streams: int = 2_000
    max_streams_of_caller: int = 500
    stream_keep_alive_s: float = 12.0
    stream_close_timeout_s: float = 5.0
    default_page_size: int = 25
    max_page_size: int = 200
    directory_limit_s: float = 3.0
    filter_limit_s: float = 5.0
