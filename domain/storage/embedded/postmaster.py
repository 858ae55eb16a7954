"""What can be learnt of a server from outside: its `postmaster.pid` and its answer to a caller.

Source: PostgreSQL, src/include/utils/pidfile.h (the file) and the page "Message Formats" (the start packet).
"""

import socket
import struct
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "orchestrion"

_PROTOCOL_3 = 196608
_CALL_TIMEOUT_S = 5.0
_CANNOT_CONNECT_NOW = "57P03"
_PID_FILE_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A server's entry in its data folder, which it writes before it takes connections.

    Attributes:
        process_id: Its main process.
        port: The number in its socket's name, and its TCP port if it has one.
        socket_folder: Where its Unix socket is; None: not opened yet.
        listens_on_tcp: Whether it has a TCP port.
        ready: Whether it says that it takes connections.
    """

    process_id: int
    port: int
    socket_folder: Path | None
    listens_on_tcp: bool
    ready: bool

    def answers(self) -> bool:
        """Whether a server answers on the socket, even if only to say that it is starting or stopping."""
        return self._call() is not None

    def takes_connections(self) -> bool:
        """Whether the server on the socket lets sessions begin (as `pg_isready` tells it)."""
        return self._call() not in {None, _CANNOT_CONNECT_NOW}

    def _call(self) -> str | None:
        """The error code the server answers with, empty for a welcome; None if none answers."""
        if self.socket_folder is None:
            return None
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CALL_TIMEOUT_S)
            try:
                connection.connect(str(self.socket_folder / f".s.PGSQL.{self.port}"))
                connection.sendall(_start_packet())
                answer = connection.recv(4096)
            except OSError:
                return None
        return _error_code(answer) if answer else None


def find_postmaster(data: Path) -> Postmaster | None:
    """Reads the entry in a data folder; None if there is none, or only the beginning of one.

    The entry may be that of a server that was killed.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    lines += [""] * (_PID_FILE_LINES - len(lines))
    process_id, _, _, port, socket_folder, address, _, status = lines[:_PID_FILE_LINES]
    if not process_id.isdigit() or not port.isdigit():
        return None
    return Postmaster(
        process_id=int(process_id),
        port=int(port),
        socket_folder=Path(socket_folder) if socket_folder else None,
        listens_on_tcp=bool(address.strip()),
        ready=status.strip() == "ready",
    )


def _start_packet() -> bytes:
    body = f"user\0{SUPERUSER}\0database\0postgres\0\0".encode()
    return struct.pack("!ii", len(body) + 8, _PROTOCOL_3) + body


def _error_code(answer: bytes) -> str:
    if not answer.startswith(b"E"):
        return ""
    fields = answer[5:].split(b"\0")
    return next((field[1:].decode() for field in fields if field.startswith(b"C")), "")
