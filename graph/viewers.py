"""Where viewers come from. The one policy there is lets everybody do everything, and only on this machine."""

from ipaddress import ip_address

from domain.scope import Scope
from graph.permissions import Permission, Viewer


class NotLoopback(Exception):
    """The server would be open to other machines while nobody has to sign in."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"refusing to listen on {host!r}: without authentication the server only listens "
            "on a loopback address (127.0.0.1, ::1 or localhost)"
        )


def open_development_viewer() -> Viewer:
    """Gives a viewer with every permission, who sees every customer."""
    return Viewer(name="developer", permissions=frozenset(Permission), scope=Scope.all())


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
