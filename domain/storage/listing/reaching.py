"""Whether a database that somebody named can be used at all, said in words they can act on."""

import asyncpg

from domain.errors import DomainError
from domain.storage.dsn import normalise_dsn, shown

OLDEST_POSTGRESQL = 15
REACH_TIMEOUT_S = 10.0


class DatabaseUnusable(DomainError):
    """No PostgreSQL that we can work with answers at the address; user and password are not told."""

    def __init__(self, dsn: str, *, found: str) -> None:
        super().__init__(
            f"Cannot use the database at {shown(dsn)}: found {found}, "
            f"expected PostgreSQL {OLDEST_POSTGRESQL} or newer that lets us in."
        )


async def require_usable(dsn: str) -> None:
    """Connect once, and look at the server's version.

    Raises:
        InvalidDsn: If the address is none.
        DatabaseUnusable: If nothing answers, we are refused, or the server is too old.
    """
    try:
        connection = await asyncpg.connect(normalise_dsn(dsn), timeout=REACH_TIMEOUT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnusable(dsn, found=f"{type(error).__name__} ({error})") from error
    try:
        version = connection.get_server_version().major
    finally:
        await connection.close()
    if version < OLDEST_POSTGRESQL:
        raise DatabaseUnusable(dsn, found=f"PostgreSQL {version}")
