"""Following one process: every event behind a cursor, in order and without a gap, until its end.

Between the events it is told how far the step in flight is, and what somebody has noted: that is in no event,
and may be missed.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TypeAlias

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.run.bus import EventBus
from engine.run.outage import through_outages
from engine.states import TERMINAL, ProcessStatus
from engine.store import notes
from engine.store.processes import ProcessRepository
from engine.store.records import EventKind, EventRecord, NoteRecord, StepRecord

_POLL_S = 3.0

Told: TypeAlias = list[EventRecord] | StepRecord | NoteRecord
"""Events, the step in flight with how far it is, or a note."""


async def follow(
    database: Database,
    bus: EventBus,
    process_id: ProcessId,
    *,
    scope: Scope,
    after: int,
    poll_s: float = _POLL_S,
) -> AsyncGenerator[Told]:
    """The events after this version, as they are committed; ends after the one that ended the process.

    It ends as well, once nothing comes for `poll_s`, when the process is deleted or is out of scope by now: a
    process comes to concern another customer as soon as it makes or takes one of their subscriptions.

    The step in flight comes by itself whenever it has come further, a note whenever it was written.

    What was missed while nobody listened is read from the rows: a lost notification costs `poll_s` at most.
    """
    processes = ProcessRepository(database)
    told: StepRecord | None = None
    noted: NoteRecord | None = None
    with bus.watch(process_id) as watch:
        while True:
            events: list[EventRecord] = []
            async for trial in through_outages():
                with trial:
                    events = await processes.events_after(scope, process_id, after)
            if not events:
                if watch.take_progress():
                    step = await _step_in_progress(processes, process_id, scope)
                    if step is not None and step != told:
                        told = step
                        yield step
                if watch.take_note():
                    note = await _note(database, process_id, scope)
                    if note is not None and note.version > 0 and note != noted:
                        noted = note
                        yield note
                if not await watch.wait(poll_s) and await _is_gone(processes, process_id, scope):
                    return
                continue
            after = events[-1].version
            yield events
            if _has_end(events):
                return


async def _step_in_progress(
    processes: ProcessRepository, process_id: ProcessId, scope: Scope
) -> StepRecord | None:
    async for trial in through_outages():
        with trial:
            return await processes.step_in_progress(scope, process_id)
    return None


async def _note(database: Database, process_id: ProcessId, scope: Scope) -> NoteRecord | None:
    async for trial in through_outages():
        with trial:
            async with database.writer() as connection:
                return await notes.read(connection, process_id, scope=scope)
    return None


async def _is_gone(processes: ProcessRepository, process_id: ProcessId, scope: Scope) -> bool:
    async for trial in through_outages():
        with trial:
            return not await processes.is_there(scope, process_id)
    return False


def _has_end(events: Iterable[EventRecord]) -> bool:
    return any(
        event.kind is EventKind.PROCESS_STATUS
        and isinstance(event.payload, Mapping)
        and ProcessStatus(str(event.payload["status"])) in TERMINAL
        for event in events
    )
