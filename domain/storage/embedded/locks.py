"""Advisory file locks that vanish with the processes that hold them."""

import fcntl
import os
import stat
import time
from pathlib import Path
from typing import Self

from domain.storage.embedded.account import ServerAccount
from domain.storage.embedded.errors import FolderRefused, folder_errors

_POLL_S = 0.02


def open_owned(path: Path, flags: int, *, account: ServerAccount) -> int:
    """Opens or makes a file that only the account may use, and gives its descriptor.

    Root may be working in a folder of somebody else here, hence no links are followed.

    Raises:
        FolderRefused: It cannot be opened, or is not a plain file with one name.
        DiskFull: There is no room for it.
    """
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC
    with folder_errors(path.parent):
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            descriptor = os.open(path, flags)
        else:
            account.own(descriptor)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(descriptor)
        raise FolderRefused(path.parent, f"{path.name} is not a plain file with one name")
    return descriptor


class FileLock:
    """One open handle on a lock file.

    The lock belongs to the handle and to every process that inherited it (flock), so two handles within one
    process are two holders, and the lock is free when the last process that has the handle is dead.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def open(cls, path: Path, *, account: ServerAccount) -> Self:
        """Opens the file, taking no lock yet.

        Raises:
            FolderRefused: The file cannot be opened.
            DiskFull: There is no room for it.
        """
        return cls(open_owned(path, os.O_RDWR, account=account))

    @property
    def descriptor(self) -> int:
        """The open descriptor, for a child process to inherit."""
        if self._descriptor is None:
            raise ValueError("the lock is closed")
        return self._descriptor

    @property
    def is_deleted(self) -> bool:
        """Whether the file has no name any more, so that newcomers take a lock on another one."""
        return os.fstat(self.descriptor).st_nlink == 0

    def take_exclusive(self) -> bool:
        """Takes the lock alone, or answers False at once (a shared lock held before is then lost)."""
        return self._take(fcntl.LOCK_EX)

    def take_shared(self) -> bool:
        """Takes the lock together with others, or answers False at once."""
        return self._take(fcntl.LOCK_SH)

    def wait_exclusive(self, timeout_s: float) -> bool:
        """Takes the lock alone as soon as it is free; False if that takes longer than the timeout."""
        deadline = time.monotonic() + timeout_s
        while not self.take_exclusive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def close(self) -> None:
        """Lets go of the handle; a process that inherited it keeps the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, operation: int) -> bool:
        try:
            fcntl.flock(self.descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
