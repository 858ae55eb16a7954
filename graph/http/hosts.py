"""Which web pages may talk to the server.

A browser sends a page's requests to whatever address the page names, so an open server on this machine has
to look twice: at the name it is called by (a page can make its own name stand for 127.0.0.1), and at the
page a socket comes from.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback_name(host: str | None) -> bool:
    """Whether a Host header names this machine itself; none at all is no browser's."""
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def is_origin_allowed(origin: str | None, *, host: str | None, allowed: frozenset[str]) -> bool:
    """Whether a page of this origin may open a socket: one of the server's own, or one that is listed."""
    return origin is None or origin in allowed or urlsplit(origin).netloc == host
