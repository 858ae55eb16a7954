"""A PostgreSQL of our own beside the application: the programs of a wheel, started by our own launcher.

A server belongs to a folder. Three locks in the folder say all that concerns it; the system frees them when
their holders die, however they die:

- `start.lock`: held alone while somebody starts, stops, joins or leaves, so that these never overlap.
- `users.lock`: every user shares it for as long as the handle is open. Who can take it alone when leaving
  was the last and stops the server.
- `server.lock`: inherited by the server's processes. It is free exactly when none of them lives.

Nobody is the server's parent. When all users are killed it runs on; the next user joins it, leaves it, and so
stops it. When the server is killed, the next start waits until its last session is gone, and then recovers.

A cluster is made under another name and renamed when complete. PostgreSQL refuses root: root runs it as an
account that exists (`nobody`), or as the owner of the data if there is some. What that account cannot reach
is put where it can: the programs are copied to root's own folder, a new cluster is placed there, and the
folder asked for holds a record (`location`). The mode of a folder we did not make is never changed.

Logins over the socket need no password, since its folder is private to the server's account; over TCP they
need the one in the file `password`.
"""

from domain.storage.embedded.binaries import Installation, find_binaries
from domain.storage.embedded.databases import create_database, drop_database, ensure_database
from domain.storage.embedded.errors import (
    AccountRefused,
    BinariesNotFound,
    DiskFull,
    EmbeddedPostgresError,
    FolderRefused,
    OtherMajorVersion,
    PortRefused,
    StartFailed,
    StartTimedOut,
    StopTimedOut,
)
from domain.storage.embedded.options import PostgresOptions
from domain.storage.embedded.server import EmbeddedPostgres

__all__ = [
    "AccountRefused",
    "BinariesNotFound",
    "DiskFull",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "FolderRefused",
    "Installation",
    "OtherMajorVersion",
    "PortRefused",
    "PostgresOptions",
    "StartFailed",
    "StartTimedOut",
    "StopTimedOut",
    "create_database",
    "drop_database",
    "ensure_database",
    "find_binaries",
]
