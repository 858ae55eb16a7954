"""Following one process: every event behind a cursor, in order and without a gap, until its end."""

from collections.abc import AsyncGenerator, Iterable, Mapping

from domain.ids import ProcessId
from domain.storage.database import Database
from engine.run.bus import EventBus
from engine.run.outage import through_outages
from engine.states import TERMINAL, ProcessStatus
from engine.store.processes import ProcessRepository
from engine.store.records import EventKind, EventRecord

_POLL_S = 3.0


async def follow(
    database: Database,
    bus: EventBus,
    process_id: ProcessId,
    *,
    after: int,
    poll_s: float = _POLL_S,
) -> AsyncGenerator[list[EventRecord]]:
    """The events after this version, as they are committed; ends after the one that ended the process.

    What was missed while nobody listened is read from the rows: a lost notification costs `poll_s` at most.
    """
    processes = ProcessRepository(database)
    with bus.watch(process_id) as watch:
        while True:
            events: list[EventRecord] = []
            async for trial in through_outages():
                with trial:
                    events = await processes.events_after(process_id, after)
            if not events:
                await watch.wait(poll_s)
                continue
            after = events[-1].version
            yield events
            if _has_end(events):
                return


def _has_end(events: Iterable[EventRecord]) -> bool:
    return any(
        event.kind is EventKind.PROCESS_STATUS
        and isinstance(event.payload, Mapping)
        and ProcessStatus(str(event.payload["status"])) in TERMINAL
        for event in events
    )
