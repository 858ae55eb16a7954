"""Telling a database that is away from one that refuses: the first is waited for, the second is an answer."""

from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 1.0

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InternalClientError,
)


def is_outage(error: BaseException) -> bool:
    """Whether the statement failed because the database is away, or cannot work for the moment.

    A full disk, a fail-over to a server that only reads and a deadlock count as well: they pass. What was
    sent last may or may not have been committed.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or any(is_outage(cause) for cause in _causes(error))
    if isinstance(error, asyncpg.InterfaceError):
        # A closed connection is an outage; a wrong argument is a mistake of ours.
        return not isinstance(error, asyncpg.DataError | ValueError)
    return isinstance(error, _AWAY)


def _causes(error: DBAPIError) -> Iterator[BaseException]:
    """What SQLAlchemy wrapped: its own driver layer's error, and below it asyncpg's or the system's."""
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def through_outages() -> AsyncRetrying:
    """Tries again, with growing pauses, for as long as the database is away."""
    return AsyncRetrying(
        retry=retry_if_exception(is_outage),
        wait=wait_exponential_jitter(multiplier=_FIRST_WAIT_S, max=_LONGEST_WAIT_S, jitter=_FIRST_WAIT_S),
        reraise=True,
    )
