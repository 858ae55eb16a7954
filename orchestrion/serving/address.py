"""The address a server takes: bound first, announced later."""

import errno
import socket

from orchestrion.failures import StartFailed

KEEPALIVE_S = 30
UNREAD_TIMEOUT_S = 120


def bind(host: str, port: int) -> socket.socket:
    """Take an address; nothing answers there until the server listens.

    Args:
        host: A name or an address.
        port: 0 for any free one.

    Raises:
        StartFailed: If the address is taken, not of this machine, or not permitted.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise StartFailed(
            f"Cannot serve on host {host!r}: {error.strerror}; expected an address of this machine."
        ) from error
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by the connections: streams may be silent for hours, and their readers may be gone.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A peer that takes nothing for so long is gone, or might as well be: its streams are ended.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_TIMEOUT_S * 1_000)
    if hasattr(socket, "TCP_KEEPIDLE"):
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    try:
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        bound.close()
        raise StartFailed(f"Cannot serve on {host}:{port}: {_reason(error)}") from error
    bound.setblocking(False)
    return bound


def url_of(bound: socket.socket) -> str:
    """The HTTP URL of a bound socket, without a path."""
    host, port = bound.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                "the port is in use, perhaps by another `orchestrion serve`; stop that one or choose --port."
            )
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address."
        case errno.EACCES:
            return "not permitted; expected a port above 1023 or more rights."
        case _:
            return error.strerror or "refused."
