"""Whether an address or a name stands for this machine alone."""

from ipaddress import ip_address
from urllib.parse import urlsplit


class NotLoopback(Exception):
    """The server would be open to other machines while nobody has to sign in."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"refusing to listen on {host!r}: without authentication the server only listens "
            "on a loopback address (127.0.0.1, ::1 or localhost)"
        )


def require_loopback(host: str) -> None:
    """Checks that only this machine can reach the address.

    Raises:
        NotLoopback: `host` is neither `localhost` nor a loopback IP address.
    """
    if host == "localhost":
        return
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        raise NotLoopback(host) from None
    if not address.is_loopback:
        raise NotLoopback(host)


def is_loopback_name(host: str | None) -> bool:
    """Whether a Host header names this machine itself; none at all is no browser's."""
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
