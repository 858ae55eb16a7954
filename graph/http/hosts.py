"""Which web pages may open a socket.

A browser sends a page's requests to whatever address the page names, so an open server on this machine has
to look twice: at the name it is called by (a page can make its own name stand for 127.0.0.1, see
`graph.authentication.loopback`), and at the page a socket comes from.
"""

from urllib.parse import urlsplit


def is_origin_allowed(origin: str | None, *, host: str | None, allowed: frozenset[str]) -> bool:
    """Whether a page of this origin may open a socket: one of the server's own, or one that is listed."""
    return origin is None or origin in allowed or urlsplit(origin).netloc == host
