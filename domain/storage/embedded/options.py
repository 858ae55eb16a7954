"""How the embedded PostgreSQL is to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_DEFAULT_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    # The launcher reads the log to tell why a start failed.
    "lc_messages": "C",
    "logging_collector": "off",
    "log_destination": "stderr",
}
_VOLATILE_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
_RESERVED = frozenset(
    {
        "config_file",
        "data_directory",
        "hba_file",
        "ident_file",
        "listen_addresses",
        "lc_messages",
        "log_destination",
        "logging_collector",
        "port",
        "unix_socket_directories",
        "unix_socket_group",
        "unix_socket_permissions",
    }
)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """Choices for one start; a server that already runs keeps those it was started with.

    Attributes:
        durable: False gives up safety on power loss for speed; for tests.
        port: A TCP port of 127.0.0.1 beside the Unix socket; logins over it need the generated password.
        settings: Server settings by name, over the defaults.
        start_timeout_s: How long a start may go on without a sign of progress; crash recovery is progress.
        stop_timeout_s: How long sessions have to end before the server is stopped the hard way.
        log_limit_bytes: A larger log is set aside as `server.log.old` at the next start.
        account: As root, the unprivileged account to run a new cluster as; None: the first of the usual ones.
        root_folders: As root, where to keep what that account cannot reach elsewhere: the first usable one.
    """

    durable: bool = True
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    start_timeout_s: float = 300
    stop_timeout_s: float = 60
    log_limit_bytes: int = 10 * 1024 * 1024
    account: str | None = None
    root_folders: tuple[Path, ...] = (Path("/var/lib/orchestrion"), Path("/var/tmp/orchestrion"))  # noqa: S108  # ownership is checked before use

    def __post_init__(self) -> None:
        """Refuses settings the launcher itself decides.

        Raises:
            ValueError: A reserved setting or a port out of range.
        """
        reserved = _RESERVED.intersection(name.lower() for name in self.settings)
        if reserved:
            raise ValueError(f"settings decided by the launcher: {', '.join(sorted(reserved))}")
        if self.port is not None and not 0 < self.port <= _HIGHEST_PORT:
            raise ValueError(f"port {self.port}, expected 1 to {_HIGHEST_PORT}")

    def server_settings(self) -> dict[str, str]:
        """All settings by name: the defaults, then what `durable` asks for, then `settings`."""
        durability: Mapping[str, str] = {} if self.durable else _VOLATILE_SETTINGS
        return {**_DEFAULT_SETTINGS, **durability, **self.settings}
