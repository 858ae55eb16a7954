"""The checkpoint writer: all runs of a worker record their steps through it, many in one commit.

It takes all that is queued the moment the previous commit returns. Nobody waits for a timer: an idle system
pays nothing, and a busy one at most the time of one commit. Only behind a commit that is held up, as by
somebody's lock on one of its rows, does nobody wait for long: the next batch goes on beside it.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import asyncpg
import structlog

from domain.errors import DomainError
from domain.ids import ProcessId
from domain.storage.database import Database
from domain.storage.saving.saves import AuthoredPatch, ChangeAuthor, save_all
from engine.run.answers import Aborting, CheckpointAnswer, Fenced, InboxNotEmpty, Paused, Recorded, Refused
from engine.run.outage import is_outage, through_outages
from engine.run.runs import Dispatcher, Run, RunRequest
from engine.states import ProcessStatus
from engine.store import checkpoints
from engine.store.checkpoints import Checkpoint, FenceRow, RecordedRow

_LARGEST_BATCH = 100
_HELD_UP_AFTER_S = 1.0
_MOST_HELD_UP = 3

_log = structlog.get_logger(__name__)

Answers: TypeAlias = dict[ProcessId, CheckpointAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    checkpoint: Checkpoint
    answer: asyncio.Future[CheckpointAnswer]


class CheckpointWriter:
    """Writes the checkpoints of many runs, and answers each on its own.

    While the database is away it keeps trying, for as long as it is not cancelled.
    """

    def __init__(self, database: Database, dispatcher: Dispatcher, *, lease_s: float) -> None:
        self._batches = _BatchWriter(database, dispatcher, lease_s=lease_s)
        self._queue: dict[tuple[ProcessId, int], _Waiting] = {}
        self._arrived = asyncio.Event()

    async def write(self, checkpoint: Checkpoint) -> CheckpointAnswer:
        """Commit the checkpoint, and what became of it; a caller that stops waiting does not stop that."""
        answer: asyncio.Future[CheckpointAnswer] = asyncio.get_running_loop().create_future()
        run = (checkpoint.process_id, checkpoint.epoch)
        assert run not in self._queue, "a run waits for its checkpoint before the next"
        self._queue[run] = _Waiting(checkpoint=checkpoint, answer=answer)
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Write what is queued, until cancelled."""
        held_up: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._arrived.wait()
                writing = tasks.create_task(self._write(self._take()), name="checkpoint batch")
                await asyncio.wait({writing}, timeout=_HELD_UP_AFTER_S)
                held_up = {task for task in (*held_up, writing) if not task.done()}
                if len(held_up) >= _MOST_HELD_UP:
                    _, held_up = await asyncio.wait(held_up, return_when=asyncio.FIRST_COMPLETED)

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        answers = await self._batches.write([waiting.checkpoint for waiting in batch])
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_result(answers[waiting.checkpoint.process_id])

    def _take(self) -> list[_Waiting]:
        """The next batch, in the order of the processes' ids: every writer locks rows in that order.

        A worker that took a process over from itself has two runs of it; the second waits for the next batch.
        """
        chosen: dict[ProcessId, tuple[ProcessId, int]] = {}
        for run in islice(self._queue, _LARGEST_BATCH):
            chosen.setdefault(run[0], run)
        batch = [self._queue.pop(chosen[process_id]) for process_id in sorted(chosen)]
        if not self._queue:
            self._arrived.clear()
        return batch


class _BatchWriter:
    """Commits a batch in one transaction, and takes it apart when a part of it cannot be stored."""

    def __init__(self, database: Database, dispatcher: Dispatcher, *, lease_s: float) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._lease_s = lease_s

    async def write(self, batch: Sequence[Checkpoint]) -> Answers:
        """One answer for each checkpoint, as soon as the database can give it.

        When the connection is lost nobody knows whether the commit took place, so what has been recorded
        already is looked up before anything is tried again.
        """
        settled: Answers = {}
        async for attempt in through_outages():
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    settled |= await self._find_recorded(batch)
                await self._write_rest(batch, settled)
        return settled

    async def _write_rest(self, batch: Sequence[Checkpoint], settled: Answers) -> None:
        """Answer the rest; a batch that fails is halved, so that what cannot be stored fails alone."""
        rest = [checkpoint for checkpoint in batch if checkpoint.process_id not in settled]
        if not rest:
            return
        try:
            settled |= await self._commit(rest)
        except Exception as error:
            if is_outage(error):
                raise
            if len(rest) == 1:
                _log.error("checkpoint.refused", process_id=str(rest[0].process_id), error=str(error))
                settled[rest[0].process_id] = Refused(error=error)
                return
            middle = len(rest) // 2
            await self._write_rest(rest[:middle], settled)
            await self._write_rest(rest[middle:], settled)

    async def _commit(self, batch: Sequence[Checkpoint]) -> Answers:
        if any(checkpoint.patches or checkpoint.requeue for checkpoint in batch):
            recorded, answers = await self._commit_together(batch)
        else:
            async with self._database.writer() as connection:
                recorded, answers = await checkpoints.record(connection, batch, lease_s=self._lease_s), {}
        for process_id, row in recorded.items():
            answers[process_id] = Recorded(version=row.version)
        unanswered = [checkpoint for checkpoint in batch if checkpoint.process_id not in answers]
        if unanswered:
            answers |= await self._diagnose(unanswered)
        return answers

    async def _commit_together(
        self, batch: Sequence[Checkpoint]
    ) -> tuple[dict[ProcessId, RecordedRow], Answers]:
        """Commit steps with their changes of subscriptions and the jobs they ask for.

        A step whose changes went through while its process did not, or the other way round, is taken out and
        the rest is done anew.
        """
        refused: Answers = {}
        going = list(batch)
        while going:
            try:
                async with self._database.write() as connection:
                    return await self._apply(connection, going), refused
            except _TakenOut as taken_out:
                refused |= taken_out.refused
                going = [c for c in going if c.process_id not in taken_out.process_ids]
        return {}, refused

    async def _apply(
        self, connection: asyncpg.Connection, batch: Sequence[Checkpoint]
    ) -> dict[ProcessId, RecordedRow]:
        refused = await _save_changes(connection, batch)
        if refused:
            answers: Answers = {process_id: Refused(error=error) for process_id, error in refused.items()}
            raise _TakenOut(answers.keys(), refused=answers)
        recorded = await checkpoints.record(connection, batch, lease_s=self._lease_s)
        unrecorded = [c.process_id for c in batch if c.patches and c.process_id not in recorded]
        if unrecorded:
            raise _TakenOut(unrecorded, refused={})
        requests = [
            RunRequest(
                run=Run(process_id=c.process_id, run_no=recorded[c.process_id].run_no),
                after_s=c.wake_after_s or 0.0,
            )
            for c in batch
            if c.requeue and c.process_id in recorded
        ]
        if requests:
            await self._dispatcher.enqueue(connection, requests)
        return recorded

    async def _find_recorded(self, batch: Sequence[Checkpoint]) -> Answers:
        rows = await self._fences(batch)
        return {
            checkpoint.process_id: Recorded(version=row.version)
            for checkpoint in batch
            if (row := rows.get(checkpoint.process_id)) is not None and _is_recorded(checkpoint, row)
        }

    async def _diagnose(self, batch: Sequence[Checkpoint]) -> Answers:
        rows = await self._fences(batch)
        return {c.process_id: _reason(c, rows.get(c.process_id)) for c in batch}

    async def _fences(self, batch: Sequence[Checkpoint]) -> Mapping[ProcessId, FenceRow]:
        async with self._database.writer() as connection:
            return await checkpoints.fences(connection, [c.process_id for c in batch])


class _TakenOut(Exception):  # rolls a transaction back, and is not an error
    """Some of the batch cannot go on; the transaction is rolled back."""

    def __init__(self, process_ids: Collection[ProcessId], *, refused: Answers) -> None:
        super().__init__()
        self.process_ids = frozenset(process_ids)
        self.refused = refused


async def _save_changes(
    connection: asyncpg.Connection, batch: Sequence[Checkpoint]
) -> dict[ProcessId, DomainError]:
    """Write the batch's changes of subscriptions; for each process whose changes were refused, why."""
    changes = [
        AuthoredPatch(patch=patch, author=_author(checkpoint))
        for checkpoint in batch
        for patch in checkpoint.patches
    ]
    saved = await save_all(connection, changes) if changes else {}
    refused: dict[ProcessId, DomainError] = {}
    for checkpoint in batch:
        for patch in checkpoint.patches:
            outcome = saved[patch.subscription_id]
            if isinstance(outcome, DomainError):
                refused[checkpoint.process_id] = outcome
    return refused


def _author(checkpoint: Checkpoint) -> ChangeAuthor:
    return ChangeAuthor(
        actor=checkpoint.actor, process_id=checkpoint.process_id, step_key=checkpoint.outcome.key
    )


def _is_recorded(checkpoint: Checkpoint, row: FenceRow) -> bool:
    """Whether this very checkpoint is in the database: nobody else counts up within an epoch."""
    return row.epoch == checkpoint.epoch and row.checkpoint_no == checkpoint.number + 1


def _reason(checkpoint: Checkpoint, row: FenceRow | None) -> CheckpointAnswer:
    """Why a checkpoint did not apply."""
    if row is None or row.epoch != checkpoint.epoch:
        return Fenced()
    if _is_recorded(checkpoint, row):
        return Recorded(version=row.version)
    if row.status is not checkpoint.expected:
        return Aborting() if row.status is ProcessStatus.ABORTING else Fenced()
    if checkpoint.status is ProcessStatus.RUNNING:
        return Paused()
    assert row.inbox_no != checkpoint.inbox_seen, f"checkpoint {checkpoint} did not apply to {row}"
    return InboxNotEmpty()
