"""A connection that listens for notifications, and comes back when it is lost."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

import asyncpg
import structlog

from domain.ids import ProcessId
from engine.run.outage import is_outage, through_outages

_CONNECT_TIMEOUT_S = 10.0
_PROBE = "SELECT 1 AS still_there"
_PROBE_TIMEOUT_S = 10.0

OnNotice: TypeAlias = Callable[[frozenset[ProcessId] | None], None]

_log = structlog.get_logger(__name__)


class Listener:
    """Listens on one channel, on a connection of its own.

    Args:
        dsn: The database.
        channel: The channel.
        on_notice: Called with the ids that a notification names, or with None for "any"; also with None
            whenever a connection begins, as nobody knows what was missed before.
        others: What is called likewise for notifications on other channels, on the same connection.
        probe_s: How often the connection is checked to be alive.
    """

    def __init__(
        self,
        dsn: str,
        channel: str,
        *,
        on_notice: OnNotice,
        others: Mapping[str, OnNotice] = MappingProxyType({}),
        probe_s: float,
    ) -> None:
        self._dsn = dsn
        self._channel = channel
        self._on_notice = {**others, channel: on_notice}
        self._probe_s = probe_s

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            connection = await self._connect()
            try:
                await self._listen(connection)
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("listener.lost", channel=self._channel, error=str(error))
            finally:
                connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        return await through_outages()(asyncpg.connect, self._dsn, timeout=_CONNECT_TIMEOUT_S)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        for channel in self._on_notice:
            await connection.add_listener(channel, self._hear)
        for on_notice in self._on_notice.values():
            on_notice(None)
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._probe_s):
                    await lost.wait()
            if not lost.is_set():
                await connection.fetchval(_PROBE, timeout=_PROBE_TIMEOUT_S)

    def _hear(self, _connection: object, _pid: object, channel: object, payload: object) -> None:
        self._on_notice[str(channel)](_named(str(payload)))


def _named(payload: str) -> frozenset[ProcessId] | None:
    """The processes a notification names; None for "any", and for what cannot be read."""
    try:
        return frozenset(ProcessId(UUID(part)) for part in payload.split(","))
    except ValueError:
        return None
