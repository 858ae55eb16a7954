"""Where the files of one cluster lie."""

import contextlib
import hashlib
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

import structlog

from domain.storage.embedded.account import ServerAccount
from domain.storage.embedded.binary_cache import secure_folder
from domain.storage.embedded.errors import FolderRefused, folder_errors
from domain.storage.embedded.options import PostgresOptions

_log = structlog.stdlib.get_logger(__name__)

_LOCATION_RECORD = "location"
_ORIGIN_RECORD = "origin"
_OWN_FILES = (
    "password",
    "server.log",
    "server.log.old",
    "server.lock",
    "users.lock",
    "start.lock",
    _ORIGIN_RECORD,
)
_HIGHEST_PORT_SOCKET = ".s.PGSQL.65535"
# The shortest limit of the systems we run on (macOS: 104 with the closing zero; Linux: 108).
_LONGEST_SOCKET_PATH = 103
# A comma separates folders and hosts for PostgreSQL and its clients; the others need quoting in one of them.
_PLAIN_PATH = re.compile(r"[\w/.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterHome:
    """The folder with everything of one cluster: data, socket, locks, log and password.

    Attributes:
        folder: Usually the folder asked for; elsewhere if root's server account cannot reach that one.
        asked: The folder asked for.
        account: Who runs the server.
    """

    folder: Path
    asked: Path
    account: ServerAccount

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def password(self) -> Path:
        """The superuser's password for logins over TCP."""
        return self.folder / "password"

    @property
    def start_lock(self) -> Path:
        """Held alone by whoever starts or stops the server."""
        return self.folder / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by all who use the server."""
        return self.folder / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server's own processes."""
        return self.folder / "server.lock"

    @property
    def run_folder(self) -> Path:
        """Where the socket is: in the home, or under `/tmp` if the home's path is too long for one."""
        inside = self.folder / "run"
        fits = len(os.fsencode(inside / _HIGHEST_PORT_SOCKET)) <= _LONGEST_SOCKET_PATH
        if fits and _PLAIN_PATH.fullmatch(str(inside)):
            return inside
        return Path("/tmp") / f"orchestrion-{_digest(self.folder)}"  # noqa: S108  # its owner and mode are checked

    def make_private(self, folder: Path) -> None:
        """Makes a folder that only the server's account may use, or checks one that is there.

        Raises:
            FolderRefused: It cannot be made, or somebody else owns or can use it.
            DiskFull: There is no room for it.
        """
        with folder_errors(folder):
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                pass
            else:
                self.account.own(folder)
            found = folder.lstat()
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != self.account.user_id
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            raise FolderRefused(folder, f"expected a folder that only {self.account.name} can use")

    def delete(self) -> None:
        """Deletes what the launcher made: the cluster, and its folder if nothing else is in it.

        Raises:
            FolderRefused: Something cannot be deleted.
        """
        with folder_errors(self.folder):
            for folder in (self.data, self.run_folder):
                if folder.exists():
                    shutil.rmtree(folder)
            for name in _OWN_FILES:
                (self.folder / name).unlink(missing_ok=True)
            if self.folder != self.asked:
                (self.asked / _LOCATION_RECORD).unlink(missing_ok=True)
        for folder in {self.folder, self.asked}:
            # Somebody else's files may be left in it.
            with contextlib.suppress(OSError):
                folder.rmdir()


def settle_home(folder: Path, *, options: PostgresOptions) -> ClusterHome:
    """Decides where the cluster of a folder lies and who runs it, and makes the folders.

    A cluster that is there keeps its place and its owner. As root, a new one goes to the root folder if the
    server's account cannot reach the folder, which then holds a record of the place.

    Raises:
        FolderRefused: A folder cannot be made or used.
        AccountRefused: As root: no account to run the server as.
        DiskFull: There is no room.
    """
    folder = folder.absolute()
    with folder_errors(folder):
        _make_folder(folder)
        folder = folder.resolve()
    if os.geteuid() != 0:
        return ClusterHome(folder=folder, asked=folder, account=ServerAccount.current())
    place = _find_recorded_place(folder) or folder
    if (place / "data").exists():
        return ClusterHome(folder=place, asked=folder, account=_owner(place / "data", options))
    account = ServerAccount.named(options.account)
    if place == folder and not account.can_enter(folder):
        place = _place_elsewhere(folder, account=account, options=options)
    return ClusterHome(folder=place, asked=folder, account=account)


def usable_root_folder(options: PostgresOptions) -> Path:
    """The first of root's folders that can be made and that nobody else can write.

    Raises:
        FolderRefused: None can be used; tells of the last one.
    """
    *first, last = options.root_folders
    for candidate in first:
        try:
            return secure_folder(candidate)
        except FolderRefused as refusal:
            _log.info("postgres.root_folder_refused", folder=str(candidate), reason=refusal.reason)
    return secure_folder(last)


def _make_folder(folder: Path) -> None:
    # Root's server account has to pass through; an ordinary user keeps the folder to themselves.
    mode = 0o755 if os.geteuid() == 0 else 0o700
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(mode)


def _owner(data: Path, options: PostgresOptions) -> ServerAccount:
    owner = ServerAccount.owning(data)
    if options.account is not None and ServerAccount.named(options.account).user_id != owner.user_id:
        raise FolderRefused(data, f"it belongs to {owner.name}, expected {options.account}")
    return owner


def _find_recorded_place(folder: Path) -> Path | None:
    record = folder / _LOCATION_RECORD
    with folder_errors(folder):
        try:
            found = record.lstat()
            text = record.read_text().strip()
        except FileNotFoundError:
            return None
    if not stat.S_ISREG(found.st_mode) or found.st_uid != 0:
        raise FolderRefused(folder, f"its record {record.name} is not root's own file")
    if not Path(text).is_dir():
        raise FolderRefused(folder, f"{record.name} says that the cluster is in {text}, which does not exist")
    return Path(text)


def _place_elsewhere(folder: Path, *, account: ServerAccount, options: PostgresOptions) -> Path:
    clusters = secure_folder(usable_root_folder(options) / "clusters")
    place = secure_folder(clusters / _digest(folder))
    with folder_errors(folder):
        (place / _ORIGIN_RECORD).write_text(f"{folder}\n")
        (folder / _LOCATION_RECORD).write_text(f"{place}\n")
    _log.warning("postgres.cluster_elsewhere", folder=str(folder), place=str(place), account=account.name)
    return place


def _digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
