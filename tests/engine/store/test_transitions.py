"""Whatever a statement does to a process, the table of legal transitions allows it, in every status."""

from collections.abc import Awaitable, Callable, Mapping

import asyncpg
import pytest

from domain.ids import ProcessId, new_uuid7
from engine.states import LEGAL_TRANSITIONS, TERMINAL, ProcessStatus, StepKind, StepStatus
from engine.store import aborts, callbacks, checkpoints, claims, deletions, inbox, recovery, retries, skips
from engine.store.checkpoints import Checkpoint, NextStep, StepOutcome
from engine.store.skips import SkippedStep
from tests.engine.run.house import House
from tests.parity import parity

Action = Callable[[asyncpg.Connection, ProcessId], Awaitable[object]]
TOKEN = b"token"
SECOND = NextStep(key="second", position=1, name="Second", kind=StepKind.STEP)


async def claim(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await claims.claim(connection, process_id, run_no=1, worker_id=new_uuid7(), lease_s=60)


async def abort(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await aborts.abort(connection, [process_id], reason=None, actor="ada")


async def end_abandoned(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await aborts.end_abandoned(connection, [process_id])


async def retry(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await retries.retry(connection, [process_id], actor="ada")


async def delete(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await deletions.delete(connection, [process_id])


def skip(following: NextStep | None) -> Action:
    async def skipped(connection: asyncpg.Connection, process_id: ProcessId) -> object:
        step = SkippedStep(key="first", reason="no need", delta=None, state=None, following=following)
        return await skips.skip(connection, process_id, step, version=1, actor="ada")

    return skipped


async def add_input(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await inbox.add_input(connection, process_id, step_key="first", version=1, values={}, actor="ada")


async def arrive(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    await connection.execute(
        "INSERT INTO callback (token_hash, process_id, step_key, attempt) VALUES ($1, $2, 'first', 1)",
        TOKEN,
        process_id,
    )
    return await callbacks.arrive(connection, TOKEN, payload={}, actor="callback")


async def expire(connection: asyncpg.Connection, process_id: ProcessId) -> object:
    return await recovery.expire_callbacks(connection, [process_id])


def checkpoint(status: ProcessStatus, expected: ProcessStatus) -> Action:
    async def record(connection: asyncpg.Connection, process_id: ProcessId) -> object:
        outcome = StepOutcome(
            key="first", status=StepStatus.SUCCESS, attempt=1, attempt_status=StepStatus.SUCCESS
        )
        item = Checkpoint(
            process_id=process_id,
            epoch=0,
            number=0,
            expected=expected,
            status=status,
            outcome=outcome,
            next_step=SECOND if status is ProcessStatus.RUNNING else None,
            inbox_seen=0,
            inbox_taken=0,
        )
        return await checkpoints.record(connection, [item], lease_s=60)

    return record


RUN_ENDS = (
    ProcessStatus.QUEUED,
    ProcessStatus.SUSPENDED,
    ProcessStatus.WAITING,
    ProcessStatus.AWAITING_CALLBACK,
    ProcessStatus.FAILED,
    ProcessStatus.COMPLETED,
    ProcessStatus.RUNNING,
)

ACTIONS: dict[str, Action] = {
    "claim": claim,
    "abort": abort,
    "end abandoned": end_abandoned,
    "retry": retry,
    "skip": skip(SECOND),
    "skip the last": skip(None),
    "delete": delete,
    "add input": add_input,
    "arrive": arrive,
    "expire": expire,
    **{f"record {status}": checkpoint(status, ProcessStatus.RUNNING) for status in RUN_ENDS},
    "record ABORTED": checkpoint(ProcessStatus.ABORTED, ProcessStatus.ABORTING),
}

MOVES: dict[str, Mapping[str, str | None]] = {
    "claim": {"QUEUED": "RUNNING", "WAITING": "RUNNING"},
    "end abandoned": {"ABORTING": "ABORTED"},
    "retry": {"FAILED": "QUEUED", "WAITING": "QUEUED"},
    "skip": dict.fromkeys(("FAILED", "WAITING", "SUSPENDED", "AWAITING_CALLBACK"), "QUEUED"),
    "skip the last": dict.fromkeys(("FAILED", "WAITING", "SUSPENDED", "AWAITING_CALLBACK"), "COMPLETED"),
    "delete": {"COMPLETED": None, "ABORTED": None},
    "add input": {"SUSPENDED": "QUEUED"},
    "arrive": {"AWAITING_CALLBACK": "QUEUED"},
    "expire": {"AWAITING_CALLBACK": "FAILED"},
    "abort": {
        "QUEUED": "ABORTED",
        "RUNNING": "ABORTED",
        "SUSPENDED": "ABORTED",
        "WAITING": "ABORTED",
        "AWAITING_CALLBACK": "ABORTED",
        "COMPENSATING": "ABORTED",
        "FAILED": "ABORTED",
    },
    **{f"record {status}": {"RUNNING": status} for status in RUN_ENDS if status is not ProcessStatus.RUNNING},
    "record ABORTED": {"ABORTING": "ABORTED"},
}
"""What each statement does, None being the row's end; where it says nothing, the process stays as it is."""


@parity("WE-14")
@parity("WE-16")
@pytest.mark.parametrize("name", ACTIONS)
async def test_a_statement_moves_a_process_as_the_table_allows(house: House, name: str) -> None:
    process_id = await house.start("linear", text="a")
    moves: dict[str, str | None] = {}
    for status in ProcessStatus:
        async with house.database.writer() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "UPDATE process SET status = $1, owner = id, lease_until = now(), wake_at = now()", status
            )
            await ACTIONS[name](connection, process_id)
            found = await connection.fetchval("SELECT status FROM process")
            await transaction.rollback()
        if found is None:
            assert status in TERMINAL
            moves[status] = None
        elif found != status:
            assert ProcessStatus(found) in LEGAL_TRANSITIONS[status]
            moves[status] = found

    assert moves == MOVES.get(name, {})


async def test_a_process_with_a_live_lease_is_asked_to_abort(house: House) -> None:
    process_id = await house.start("linear", text="a")
    async with house.database.write() as connection:
        await claim(connection, process_id)
        aborted = await aborts.abort(connection, [process_id], reason=None, actor="ada")

    assert aborted == {process_id: aborts.Aborted(status=ProcessStatus.ABORTING, began=True)}
