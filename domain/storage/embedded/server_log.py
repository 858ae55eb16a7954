"""The file that takes what the server says, and what a failed start is called by it."""

import os
import re
from pathlib import Path

from domain.storage.embedded.errors import (
    DiskFull,
    EmbeddedPostgresError,
    FolderRefused,
    PortRefused,
    StartFailed,
    folder_errors,
)
from domain.storage.embedded.home import ClusterHome
from domain.storage.embedded.locks import open_owned

_TAIL_BYTES = 16 * 1024
_TAIL_LINES = 20
_BIND_REFUSED = re.compile(r'could not bind IPv\d address "[^"]*": (.*)')


def open_log(home: ClusterHome, *, limit_bytes: int) -> int:
    """Gives a descriptor of the log, for a server about to start; sets a log that has grown large aside.

    Raises:
        FolderRefused: It cannot be opened.
        DiskFull: There is no room for it.
    """
    if log_size_bytes(home) > limit_bytes:
        with folder_errors(home.folder):
            home.log.replace(home.log.with_name(f"{home.log.name}.old"))
    return open_owned(home.log, os.O_WRONLY | os.O_APPEND, account=home.account)


def log_size_bytes(home: ClusterHome) -> int:
    """The log's size; 0 if there is none."""
    try:
        return home.log.stat().st_size
    except FileNotFoundError:
        return 0


def read_log(home: ClusterHome, *, since: int) -> str:
    """The end of what was written to the log after its first `since` bytes."""
    with home.log.open("rb") as file:
        file.seek(max(since, log_size_bytes(home) - _TAIL_BYTES))
        return file.read().decode(errors="replace")


def start_failure(folder: Path, said: str, *, port: int | None = None) -> EmbeddedPostgresError:
    """The error for a start that failed, by what the program said: it has no exit codes for it."""
    refused = _BIND_REFUSED.search(said)
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return DiskFull(folder)
    if port is not None and refused:
        return PortRefused(port, refused[1])
    if "Permission denied" in said or "has wrong ownership" in said:
        return FolderRefused(folder, _last_line(said))
    return StartFailed(folder, "\n".join(said.splitlines()[-_TAIL_LINES:]))


def _last_line(said: str) -> str:
    return said.rstrip().rpartition("\n")[2]
