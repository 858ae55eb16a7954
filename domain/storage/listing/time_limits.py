"""Reads that may take long, and end when their time is over."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError

from domain.storage.database import Database
from domain.storage.listing.filters import FilterTooSlow
from domain.storage.listing.selection import AnySelect

VALUE_FILTER_LIMIT_S: Final = 5.0
"""How long a filter may take that no index may serve."""


async def fetch_within(database: Database, statement: AnySelect, *, limit_s: float) -> Sequence[Row[Any]]:
    """The rows of a select, as `Database.fetch` gives them; the wait for a connection does not count.

    Raises:
        FilterTooSlow: if it takes longer; the server is told to stop, and the connection is given up.
    """
    try:
        return await _fetch_once(database, statement, limit_s)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    return await _fetch_once(database, statement, limit_s)


async def _fetch_once(database: Database, statement: AnySelect, limit_s: float) -> Sequence[Row[Any]]:
    async with database.read() as connection:
        try:
            async with asyncio.timeout(limit_s):
                return (await connection.execute(statement)).all()
        except TimeoutError as error:
            raise FilterTooSlow(limit_s=limit_s) from error
