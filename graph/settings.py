"""The limits and timings of the graph floor, filled in by the application: nothing here reads them."""

from dataclasses import dataclass, field

from graph.authentication.settings import OidcSettings
from graph.limits import DocumentLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """Limits and timings of the transports and of lists.

    Attributes:
        oidc: The identity provider whose tokens callers need; without one the server is open to this
            machine alone.
        host: The address the server is bound to; decides whether it may be open.
        allowed_origins: Web origins whose pages may ask and open sockets, beside the server's own.
        max_body_bytes: The largest request body, and the largest message on a socket.
        document: The largest document.
        max_list_entries: How many entries the lists of one operation, or one event, may have together.
        socket_init_timeout_s: How long an opened socket may stay without its greeting.
        operations_per_socket: How many operations may run on one socket at a time.
        stream_keep_alive_s: How often a silent event stream sends a comment.
        stream_close_timeout_s: How long a stopping server waits for its streams to end.
        default_page_size: The length of a page that asks for no other.
        max_page_size: The longest page that may be asked for.
        filter_limit_s: How long a filter may take that no index may serve.
    """

    oidc: OidcSettings | None = None
    host: str = "127.0.0.1"
    allowed_origins: frozenset[str] = frozenset()
    max_body_bytes: int = 1_000_000
    document: DocumentLimits = field(default_factory=DocumentLimits)
    max_list_entries: int = 20_000
    socket_init_timeout_s: float = 5.0
    operations_per_socket: int = 100
    stream_keep_alive_s: float = 12.0
    stream_close_timeout_s: float = 5.0
    default_page_size: int = 25
    max_page_size: int = 200
    filter_limit_s: float = 5.0
