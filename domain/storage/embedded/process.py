"""The server's process: started, awaited, stopped. Whoever calls these holds the home's start lock."""

import os
import signal
import time

import structlog

from domain.storage.embedded.binaries import Installation
from domain.storage.embedded.errors import (
    AccountRefused,
    StartTimedOut,
    StopTimedOut,
    folder_errors,
)
from domain.storage.embedded.home import ClusterHome
from domain.storage.embedded.locks import FileLock
from domain.storage.embedded.options import PostgresOptions
from domain.storage.embedded.postmaster import Postmaster, find_postmaster
from domain.storage.embedded.server_log import log_size_bytes, open_log, read_log, start_failure

_log = structlog.stdlib.get_logger(__name__)

_POLL_S = 0.02
_SOCKET_PORT = 5432
# The shell leaves the server to the system and ends, so the server is nobody's child: it outlives whoever
# started it, and who started it and who found it running are alike.
_DETACH = '"$@" &'


class ServerProcess:
    """The server of one home.

    Its processes inherit the lock on `server.lock`, so whether it runs is asked of that lock and not of a
    process id. That is right after kill -9 too (sessions may outlive the main process, and ids are used
    again), and from other containers.
    """

    def __init__(self, home: ClusterHome, *, installation: Installation, options: PostgresOptions) -> None:
        self._home = home
        self._installation = installation
        self._options = options

    def find(self) -> Postmaster | None:
        """The running server, once it takes connections; None if none runs.

        Waits for one that starts or stops.

        Raises:
            StartTimedOut: It neither takes connections nor ends.
        """
        progress = _Progress(self._home, self._options.start_timeout_s)
        while True:
            postmaster = find_postmaster(self._home.data)
            # A recovering server logs every caller it turns away, so it is not called before it says ready.
            if postmaster and postmaster.ready and postmaster.takes_connections():
                return postmaster
            if not self.is_running():
                return None
            progress.check()
            time.sleep(_POLL_S)

    def is_running(self) -> bool:
        """Whether a process of the server lives, ours by the lock or anybody's by its socket."""
        lock = FileLock.open(self._home.server_lock, account=self._home.account)
        try:
            if not lock.take_exclusive():
                return True
        finally:
            lock.close()
        postmaster = find_postmaster(self._home.data)
        return postmaster is not None and postmaster.answers()

    def start(self) -> Postmaster:
        """Starts the server, of which none runs, and waits until it takes connections.

        Raises:
            StartFailed: It ended.
            PortRefused: It ended since the port is not to be had.
            DiskFull: It ended for want of room.
            FolderRefused: It ended for want of rights.
            StartTimedOut: It neither takes connections nor ends nor shows progress.
        """
        home = self._home
        self._sweep()
        log = open_log(home, limit_bytes=self._options.log_limit_bytes)
        log_start = log_size_bytes(home)
        lock = FileLock.open(home.server_lock, account=home.account)
        try:
            lock.take_exclusive()
            with folder_errors(home.folder):
                home.account.run(
                    ["/bin/sh", "-c", _DETACH, "sh", *self._command()], stdout=log, keep=[lock.descriptor]
                )
        finally:
            os.close(log)
            lock.close()
        postmaster = self.find()
        if postmaster is None:
            raise start_failure(home.folder, read_log(home, since=log_start), port=self._options.port)
        return postmaster

    def stop(self, *, immediate: bool = False) -> None:
        """Stops the server, if one runs, and waits until all its processes are gone.

        Args:
            immediate: As in a crash: no checkpoint, the next start recovers.

        Raises:
            StopTimedOut: It still runs, though it was told to stop at once in the end.
            AccountRefused: It belongs to somebody else.
        """
        if not immediate:
            self._signal(signal.SIGINT)
            if self._wait_gone(self._options.stop_timeout_s):
                return
            _log.warning(
                "postgres.stop_slow", folder=str(self._home.folder), timeout_s=self._options.stop_timeout_s
            )
        self._signal(signal.SIGQUIT)
        if not self._wait_gone(self._options.stop_timeout_s):
            raise StopTimedOut(self._home.folder, self._options.stop_timeout_s)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = find_postmaster(self._home.data)
        if postmaster is None or not self.is_running():
            return
        try:
            os.kill(postmaster.process_id, number)
        except ProcessLookupError:
            # Killed; its sessions end by themselves.
            return
        except PermissionError as error:
            raise AccountRefused(
                self._home.account.name, f"process {postmaster.process_id} is not its own"
            ) from error

    def _wait_gone(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _sweep(self) -> None:
        """Removes a killed server's entries: if their id is another process by now, PostgreSQL refuses."""
        run_folder = self._home.run_folder
        self._home.make_private(run_folder)
        with folder_errors(self._home.folder):
            (self._home.data / "postmaster.pid").unlink(missing_ok=True)
            for entry in run_folder.iterdir():
                entry.unlink()

    def _command(self) -> list[str]:
        options = self._options
        settings = {
            **options.server_settings(),
            "unix_socket_directories": str(self._home.run_folder),
            "unix_socket_permissions": "0700",
            "listen_addresses": "" if options.port is None else "127.0.0.1",
            "port": str(options.port or _SOCKET_PORT),
        }
        command = [str(self._installation.postgres), "-D", str(self._home.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command


class _Progress:
    """A deadline that moves on while the log grows: PostgreSQL tells of long recoveries every ten seconds."""

    def __init__(self, home: ClusterHome, timeout_s: float) -> None:
        self._home = home
        self._timeout_s = timeout_s
        self._size = log_size_bytes(home)
        self._deadline = time.monotonic() + timeout_s

    def check(self) -> None:
        size = log_size_bytes(self._home)
        if size != self._size:
            self._size = size
            self._deadline = time.monotonic() + self._timeout_s
        if time.monotonic() > self._deadline:
            raise StartTimedOut(self._home.folder, self._timeout_s)
