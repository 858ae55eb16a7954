"""Every pair of commands to one process at the same moment: what is decided is decided once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement

import pytest

from domain.ids import ProcessId
from domain.scope import Scope
from engine.errors import Refusal
from engine.run.commands import Deleted, Queued
from engine.states import ProcessStatus
from tests.engine.run.house import ACTOR, QUIET, House
from tests.parity import parity

EVERYBODY = Scope.all()
ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A process, the step it stands at, and the token of its callback if it awaits one."""

    process_id: ProcessId
    step_key: str
    token: str = ""


Command = Callable[[House, Target], Awaitable[object]]


async def resume(house: House, target: Target) -> object:
    return await house.commands.resume(
        target.process_id, pages=[{"sure": True}], actor=ACTOR, scope=EVERYBODY
    )


async def retry(house: House, target: Target) -> object:
    return await house.commands.retry(target.process_id, actor=ACTOR, scope=EVERYBODY)


async def retry_many(house: House, target: Target) -> object:
    answers = await house.commands.retry_many([target.process_id], actor=ACTOR, scope=EVERYBODY)
    return _said(answers[target.process_id])


async def abort(house: House, target: Target) -> object:
    return await house.abort(target.process_id)


async def skip(house: House, target: Target) -> object:
    return await house.commands.skip(
        target.process_id, target.step_key, reason="so", actor=ACTOR, scope=EVERYBODY
    )


async def callback(house: House, target: Target) -> object:
    return await house.commands.receive_callback(target.token, {"parcel": "P-1"})


async def delete(house: House, target: Target) -> object:
    answers = await house.commands.delete([target.process_id], actor=ACTOR, scope=EVERYBODY)
    return _said(answers[target.process_id])


def _said(answer: Queued | Deleted | Refusal) -> object:
    if isinstance(answer, Refusal):
        raise answer
    return answer


COMMANDS: dict[str, Command] = {
    "resume": resume,
    "retry": retry,
    "retry many": retry_many,
    "abort": abort,
    "skip": skip,
    "callback": callback,
    "delete": delete,
}

ADMITTED: dict[ProcessStatus, frozenset[str]] = {
    ProcessStatus.SUSPENDED: frozenset({"resume", "abort", "skip"}),
    ProcessStatus.AWAITING_CALLBACK: frozenset({"callback", "abort", "skip"}),
    ProcessStatus.FAILED: frozenset({"retry", "retry many", "abort", "skip"}),
    ProcessStatus.ABORTED: frozenset({"delete"}),
}

PAIRS = [
    (status, one, other)
    for status, admitted in ADMITTED.items()
    for one, other in combinations_with_replacement(COMMANDS, 2)
    if admitted & {one, other}
]


@parity("WE-40", mends="double-run")
@parity("W-03")
@pytest.mark.parametrize(("status", "one", "other"), PAIRS)
async def test_of_two_commands_at_once_one_wins_and_the_other_is_told(
    house: House, status: ProcessStatus, one: str, other: str
) -> None:
    async with house.working(QUIET):
        targets = [await bring_to(house, status) for _ in range(ROUNDS)]
    versions = {target: (await house.process(target.process_id)).version for target in targets}

    for target in targets:
        answers = await asyncio.gather(
            COMMANDS[one](house, target), COMMANDS[other](house, target), return_exceptions=True
        )

        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert all(isinstance(answer, Refusal) for answer in refused), answers
        # Only an abort may follow upon another command, and a deletion upon an abort.
        most = 2 if "abort" in {one, other} and one != other else 1
        assert 1 <= len(answers) - len(refused) <= most, answers
        await check_rows(house, target, versions[target] + len(answers) - len(refused))


async def bring_to(house: House, status: ProcessStatus) -> Target:
    match status:
        case ProcessStatus.AWAITING_CALLBACK:
            process_id = await house.start("ordered", text="a")
            await house.until(process_id, status)
            return Target(process_id=process_id, step_key="order", token=house.stage.callback_token("order"))
        case ProcessStatus.FAILED:
            house.stage.raising["third"] = [RuntimeError("no")]
            process_id = await house.start("linear", text="a")
            await house.until(process_id, status)
            return Target(process_id=process_id, step_key="third")
        case _:
            process_id = await house.start("confirmed", text="a")
            await house.until(process_id, ProcessStatus.SUSPENDED)
            if status is ProcessStatus.ABORTED:
                await house.abort(process_id)
            return Target(process_id=process_id, step_key="confirm")


async def check_rows(house: House, target: Target, version: int) -> None:
    """Each command that was carried out is one version, with events; a deleted process has left nothing."""
    found = await house.processes.by_ids(EVERYBODY, [target.process_id])
    if target.process_id not in found:
        assert await house.versions(target.process_id) == []
        return
    process = found[target.process_id]
    assert process.version == version
    assert await house.versions(process.id) == list(range(1, version + 1))
    if process.status is ProcessStatus.QUEUED:
        jobs = (
            "SELECT count(*) FROM pgqueuer, process WHERE process.id = $1 AND dedupe_key = $2 || run_no::text"
        )
        assert await house.rows(jobs, process.id, f"{process.id.hex}:") == [{"count": 1}]
