"""The embedded server as its users see it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog

from domain.storage.embedded.binaries import Installation, find_binaries
from domain.storage.embedded.binary_cache import reachable_installation
from domain.storage.embedded.cluster import prepare_cluster
from domain.storage.embedded.errors import FolderRefused, PortRefused, StartTimedOut
from domain.storage.embedded.home import ClusterHome, settle_home, usable_root_folder
from domain.storage.embedded.locks import FileLock
from domain.storage.embedded.options import PostgresOptions
from domain.storage.embedded.postmaster import SUPERUSER, Postmaster
from domain.storage.embedded.process import ServerProcess

_log = structlog.stdlib.get_logger(__name__)

DEFAULT_DATABASE = "orchestrion"


class EmbeddedPostgres:
    """One user of the server of a folder; the server runs while it has users, in any process.

    Made by `start`. Every method blocks: from asyncio, call through `asyncio.to_thread`.
    """

    def __init__(
        self, home: ClusterHome, *, options: PostgresOptions, process: ServerProcess, users: FileLock
    ) -> None:
        self._home = home
        self._options = options
        self._process = process
        self._users = users
        self._postmaster: Postmaster | None = None
        self._is_closed = False

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        options: PostgresOptions | None = None,
        bin_folder: Path | None = None,
    ) -> Self:
        """Joins the users of the folder's server; starts it if none runs, makes its cluster if there is none.

        Returns when the server takes connections. A server that runs already keeps its options.

        Args:
            folder: Made if absent, with its parents; the modes of those that exist are not changed.
            options: None: the defaults.
            bin_folder: The folder with PostgreSQL's programs; None: the installed wheel's.

        Raises:
            BinariesNotFound: There are no programs.
            FolderRefused: A folder cannot be made or used.
            AccountRefused: As root: there is nobody to run the server as.
            OtherMajorVersion: The folder's data is of another version than the programs.
            DiskFull: There is no room.
            PortRefused: The TCP port asked for is not to be had.
            StartFailed: PostgreSQL ended, for another reason.
            StartTimedOut: PostgreSQL neither takes connections nor ends nor shows progress.
        """
        options = options or PostgresOptions()
        installation = find_binaries(bin_folder)
        home = settle_home(folder, options=options)
        if home.account.switched and not installation.usable_by(home.account):
            installation = reachable_installation(installation, root_folder=usable_root_folder(options))
        process = ServerProcess(home, installation=installation, options=options)
        server = cls(
            home,
            options=options,
            process=process,
            users=FileLock.open(home.users_lock, account=home.account),
        )
        server._join(installation)
        return server

    @property
    def folder(self) -> Path:
        """Where the cluster is: the folder given to `start`, or a place that root's server can reach."""
        return self._home.folder

    @property
    def process_id(self) -> int:
        """The server's main process, as of the last start."""
        return self._running.process_id

    @property
    def log_file(self) -> Path:
        """The file with what the server says."""
        return self._home.log

    def dsn(self, database: str = DEFAULT_DATABASE) -> str:
        """The URL, over the Unix socket, of a database that need not exist (asyncpg, SQLAlchemy, libpq)."""
        socket_folder = quote(str(self._running.socket_folder), safe="/")
        place = f"host={socket_folder}&port={self._running.port}"
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?{place}"

    def tcp_dsn(self, database: str = DEFAULT_DATABASE) -> str:
        """The URL of a database over TCP, with the password; only for a server started with a port.

        Raises:
            ValueError: The server has no TCP port.
        """
        if not self._running.listens_on_tcp:
            raise ValueError("the server was started without a TCP port")
        password = self._home.password.read_text().strip()
        return (
            f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self._running.port}/{quote(database, safe='')}"
        )

    def stop(self, *, immediate: bool = False) -> None:
        """Stops the server whoever else uses it; this handle stays a user, and `restart` starts it again.

        Args:
            immediate: As in a crash: no checkpoint, the next start recovers.

        Raises:
            StopTimedOut: It still runs.
        """
        with self._alone():
            self._process.stop(immediate=immediate)

    def restart(self, *, immediate: bool = False) -> None:
        """Stops the server if it runs, whoever else uses it, and starts it with this handle's options.

        Raises:
            EmbeddedPostgresError: As `stop` and `start`.
        """
        with self._alone():
            self._process.stop(immediate=immediate)
            self._run()

    def ensure_running(self) -> None:
        """Starts the server if it died; waits for one that starts, and leaves one that runs alone.

        Raises:
            EmbeddedPostgresError: As `start`.
        """
        with self._alone():
            self._run()

    def close(self) -> None:
        """Leaves the server's users; the last one out stops it. Does nothing the second time.

        Raises:
            StopTimedOut: The last one out could not stop it.
        """
        self._leave()

    def delete(self) -> None:
        """Leaves the server's users, stops the server and deletes the cluster with all its data.

        Raises:
            FolderRefused: Somebody else uses it, or something cannot be deleted; the handle is closed.
        """
        self._leave(delete=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _running(self) -> Postmaster:
        if self._postmaster is None:
            raise ValueError("the server was never started")
        return self._postmaster

    def _join(self, installation: Installation) -> None:
        try:
            with self._alone():
                self._users.take_shared()
                prepare_cluster(self._home, installation=installation, durable=self._options.durable)
                try:
                    self._run()
                except StartTimedOut:
                    raise
                except BaseException:
                    self._stop_if_last()
                    raise
        except BaseException:
            self._users.close()
            raise

    def _run(self) -> None:
        postmaster = self._process.find()
        if postmaster is None:
            postmaster = self._process.start()
            event = "postgres.started"
        else:
            event = "postgres.joined"
        is_news = self._postmaster is None or self._postmaster.process_id != postmaster.process_id
        port = self._options.port
        if port is not None and not (postmaster.listens_on_tcp and postmaster.port == port):
            raise PortRefused(port, "the server of this folder runs already, without that port")
        self._postmaster = postmaster
        if is_news:
            _log.info(event, folder=str(self._home.folder), process_id=postmaster.process_id)

    def _leave(self, *, delete: bool = False) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            with self._alone():
                is_last = self._stop_if_last()
                if delete and not is_last:
                    raise FolderRefused(self._home.folder, "others use its server, so it is not deleted")
                if delete:
                    self._home.delete()
        finally:
            self._users.close()

    def _stop_if_last(self) -> bool:
        # Nobody can join in between: joining needs the start lock too.
        is_last = self._users.take_exclusive()
        if is_last:
            self._process.stop()
            _log.info("postgres.stopped", folder=str(self._home.folder))
        return is_last

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Holds the start lock, which all who start, stop, join or leave take."""
        lock = FileLock.open(self._home.start_lock, account=self._home.account)
        try:
            if not lock.wait_exclusive(self._options.start_timeout_s):
                raise StartTimedOut(self._home.folder, self._options.start_timeout_s)
            if lock.is_deleted:
                raise FolderRefused(self._home.folder, "its cluster was deleted in the meantime")
            yield
        finally:
            lock.close()
