"""The claimer: the runs that the queue hands over together are claimed in one statement.

As the checkpoint writer does, it takes all that is queued the moment the previous statement returns, without
a timer. A process whose row somebody holds is claimed by itself, beside the others.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.ids import ProcessId
from domain.storage.database import Database
from engine.run.outage import is_outage, through_outages
from engine.run.runs import Run
from engine.store import claims
from engine.store.claims import Claim

_LARGEST_BATCH = 100
_MOST_ALONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    run: Run
    answer: asyncio.Future[Claim | None]


class Claimer:
    """Claims processes for one worker.

    While the database is away it keeps trying, for as long as it is not cancelled.
    """

    def __init__(self, database: Database, *, worker_id: UUID, lease_s: float) -> None:
        self._database = database
        self._worker_id = worker_id
        self._lease_s = lease_s
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._alone = asyncio.Semaphore(_MOST_ALONE)

    async def claim(self, run: Run) -> Claim | None:
        """Make the worker the owner of the run's process; None if there is nothing to take.

        Raises:
            Exception: what the database says about this process.
        """
        answer: asyncio.Future[Claim | None] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(run=run, answer=answer))
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Claim what is queued, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._arrived.wait()
                for waiting in await self._claim_free(self._take()):
                    tasks.create_task(self._claim_alone(waiting), name=f"claim {waiting.run.process_id}")

    def _take(self) -> list[_Waiting]:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), _LARGEST_BATCH))]
        if not self._queue:
            self._arrived.clear()
        return batch

    async def _claim_free(self, batch: Sequence[_Waiting]) -> list[_Waiting]:
        """Answer those that can be claimed at once; gives the others, most of which are not to be had."""
        first: dict[ProcessId, _Waiting] = {}
        for waiting in batch:
            first.setdefault(waiting.run.process_id, waiting)
        answered: set[asyncio.Future[Claim | None]] = set()
        found = await self._ask_for([waiting.run for waiting in first.values()])
        for process_id, claim in found.items():
            answer = first[process_id].answer
            answered.add(answer)
            _settle(answer, claim)
        return [waiting for waiting in batch if waiting.answer not in answered]

    async def _ask_for(self, runs: Sequence[Run]) -> dict[ProcessId, Claim | Exception]:
        """Their claims; none if the database refuses one of them, so that each is asked for by itself."""
        try:
            async for trial in through_outages():
                with trial:
                    async with self._database.writer() as connection:
                        return await claims.claim_free(
                            connection,
                            {run.process_id: run.run_no for run in runs},
                            worker_id=self._worker_id,
                            lease_s=self._lease_s,
                        )
        except Exception as error:
            if is_outage(error):
                raise
        return {}

    async def _claim_alone(self, waiting: _Waiting) -> None:
        async with self._alone:
            try:
                claim = await self._wait_for(waiting.run)
            except Exception as error:  # noqa: BLE001  # the answer is whoever asked's to handle
                claim = error
        _settle(waiting.answer, claim)

    async def _wait_for(self, run: Run) -> Claim | None:
        async for trial in through_outages():
            with trial:
                async with self._database.writer() as connection:
                    return await claims.claim(
                        connection,
                        run.process_id,
                        run_no=run.run_no,
                        worker_id=self._worker_id,
                        lease_s=self._lease_s,
                    )
        return None


def _settle(answer: asyncio.Future[Claim | None], claim: Claim | Exception | None) -> None:
    """Answer whoever asked, unless they have stopped waiting."""
    if answer.done():
        return
    if isinstance(claim, Exception):
        answer.set_exception(claim)
    else:
        answer.set_result(claim)
