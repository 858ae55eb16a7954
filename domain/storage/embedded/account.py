"""The operating system account that PostgreSQL runs as.

PostgreSQL refuses root. An ordinary user runs it as themselves, root as an account that exists already.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domain.storage.embedded.errors import AccountRefused

# Nothing of ours is inherited: PGDATA, PGPORT, PGOPTIONS and the like would change what the programs do.
CLEAN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_USUAL_ACCOUNTS = ("nobody", "postgres", "daemon")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccount:
    """Who the server's processes are and who owns its files.

    Attributes:
        user_id: The account's user.
        group_id: The account's main group.
        switched: Whether our own process is somebody else, namely root.
    """

    user_id: int
    group_id: int
    switched: bool

    @classmethod
    def current(cls) -> Self:
        """The user of this process."""
        return cls(user_id=os.geteuid(), group_id=os.getegid(), switched=False)

    @classmethod
    def named(cls, name: str | None) -> Self:
        """The account of that name for root to run the server as; None: the first usual one that exists.

        Raises:
            AccountRefused: It does not exist or is root.
        """
        for candidate in _USUAL_ACCOUNTS if name is None else (name,):
            try:
                entry = pwd.getpwnam(candidate)
            except KeyError:
                continue
            if entry.pw_uid == 0:
                raise AccountRefused(candidate, "it is root too")
            return cls(user_id=entry.pw_uid, group_id=entry.pw_gid, switched=True)
        raise AccountRefused(name or " or ".join(_USUAL_ACCOUNTS), "no such account")

    @classmethod
    def owning(cls, folder: Path) -> Self:
        """The owner of an existing folder, for root to go on with a cluster that has an owner.

        Raises:
            AccountRefused: The owner is root.
        """
        found = folder.stat()
        if found.st_uid == 0:
            raise AccountRefused(
                "the owner of the data", f"{folder} belongs to root, expected an ordinary owner"
            )
        return cls(user_id=found.st_uid, group_id=found.st_gid, switched=True)

    @property
    def name(self) -> str:
        """The account's name, or its number if it has none."""
        try:
            return pwd.getpwuid(self.user_id).pw_name
        except KeyError:
            return str(self.user_id)

    def own(self, target: int | Path) -> None:
        """Makes the account the owner of what we have just made."""
        if self.switched:
            os.chown(target, self.user_id, self.group_id)

    def run(
        self, command: Sequence[str], *, stdout: int = subprocess.PIPE, keep: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program as the account and waits for it, in a session of its own.

        Args:
            command: The program's path and its arguments.
            stdout: Where its output and its errors go.
            keep: Descriptors it inherits.

        Raises:
            AccountRefused: This process may not switch to the account.
            PermissionError: The account cannot reach the program.
        """
        switch = self.switched
        try:
            return subprocess.run(
                command,
                cwd="/",
                env=CLEAN_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                pass_fds=keep,
                start_new_session=True,
                user=self.user_id if switch else None,
                group=self.group_id if switch else None,
                extra_groups=[] if switch else None,
                umask=0o077,
                text=True,
                errors="replace",
                check=False,
            )
        except PermissionError as error:
            # subprocess names the program only if it got as far as running it.
            if switch and error.filename != command[0]:
                raise AccountRefused(self.name, str(error)) from error
            raise

    def can_enter(self, folder: Path) -> bool:
        """Whether the account can pass through the folder; tried out, not computed from modes."""
        if not self.switched:
            return True
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", os.fspath(folder)]).returncode == 0
