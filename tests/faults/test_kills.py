"""A worker is killed at a marked point; another one, which comes later, ends what it had begun."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pytest

from domain.ids import ProcessId
from engine.states import ProcessStatus
from tests.faults.marks import CHECKPOINT, CLAIM, COMMIT, TOKEN
from tests.faults.proxy import Mark, Proxy, Side
from tests.faults.site import Site
from tests.faults.verifier import verify
from tests.parity import parity


class Arrival(StrEnum):
    """What comes from outside at the very moment."""

    INPUT = "INPUT"
    CALLBACK = "CALLBACK"
    ABORT = "ABORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A scenario.

    Attributes:
        at: Where the worker stands: a point in what it says to the database, or a place in a step.
        arrival: What arrives while it stands there.
        arrival_waits: Whether that waits for a row which the worker has locked.
        answered: Whether the outside world answers what comes before.
        attempts: The attempts at the steps that need more than one; None where it depends.
    """

    workflow: str
    at: Mark | str
    arrival: Arrival | None = None
    arrival_waits: bool = False
    answered: bool = False
    processes: int = 1
    ends: ProcessStatus = ProcessStatus.COMPLETED
    attempts: Mapping[str, int] | None = field(default_factory=dict[str, int])


def before(statement: str, nth: int = 1) -> Mark:
    return Mark(statement=statement, side=Side.REQUEST, nth=nth)


def after(statement: str, nth: int = 1) -> Mark:
    return Mark(statement=statement, side=Side.REPLY, nth=nth)


KILLS = {
    "before the claim": Kill(workflow="linear", at=before(CLAIM)),
    "after the claim": Kill(workflow="linear", at=after(CLAIM), attempts={"first": 2}),
    "in a step, before its effect": Kill(workflow="linear", at="second/before", attempts={"second": 2}),
    "in a step, after its effect": Kill(workflow="linear", at="second/after", attempts={"second": 2}),
    "before a checkpoint": Kill(workflow="linear", at=before(CHECKPOINT, 2), attempts={"second": 2}),
    "after a checkpoint": Kill(workflow="linear", at=after(CHECKPOINT, 2), attempts={"third": 2}),
    "after the last checkpoint": Kill(workflow="linear", at=after(CHECKPOINT, 5)),
    "before the claim, of many": Kill(workflow="linear", at=before(CLAIM), processes=12, attempts=None),
    "after the claim, of many": Kill(workflow="linear", at=after(CLAIM), processes=12, attempts=None),
    "before a batch, of many": Kill(workflow="linear", at=before(CHECKPOINT, 4), processes=12, attempts=None),
    "after a batch, of many": Kill(workflow="linear", at=after(CHECKPOINT, 4), processes=12, attempts=None),
    "before a batch that saves": Kill(workflow="create_port", at=before(COMMIT), processes=8, attempts=None),
    "before the commit of a new subscription": Kill(
        workflow="create_port", at=before(COMMIT), attempts={"construct": 2}
    ),
    "after the commit of a new subscription": Kill(
        workflow="create_port", at=after(COMMIT), attempts={"provision": 2}
    ),
    "before the commit of a change": Kill(workflow="modify_port", at=before(COMMIT), attempts={"change": 2}),
    "before the release of a subscription": Kill(
        workflow="modify_port", at=before(CHECKPOINT, 2), attempts={"resync": 2}
    ),
    "after the release of a subscription": Kill(workflow="modify_port", at=after(CHECKPOINT, 2)),
    "before it parks for a person": Kill(
        workflow="confirmed", at=before(CHECKPOINT, 2), attempts={"confirm": 2}
    ),
    "after it parked for a person": Kill(workflow="confirmed", at=after(CHECKPOINT, 2)),
    "as a person answers": Kill(workflow="confirmed", at=after(CHECKPOINT, 2), arrival=Arrival.INPUT),
    "after the claim for an answer": Kill(workflow="confirmed", at=after(CLAIM, 2), answered=True),
    "before the answer is recorded": Kill(workflow="confirmed", at=before(CHECKPOINT, 3), answered=True),
    "after the answer is recorded": Kill(
        workflow="confirmed", at=after(CHECKPOINT, 3), answered=True, attempts={"third": 2}
    ),
    "after a callback's token is written": Kill(workflow="ordered", at=after(TOKEN), attempts={"order": 2}),
    "before it parks for a callback": Kill(workflow="ordered", at=before(CHECKPOINT), attempts={"order": 2}),
    "after it parked for a callback": Kill(workflow="ordered", at=after(CHECKPOINT)),
    "as a callback comes early, in the step": Kill(
        workflow="ordered", at="order/after", arrival=Arrival.CALLBACK, attempts={"order": 2}
    ),
    "as a callback comes early, before it parks": Kill(
        workflow="ordered", at=before(CHECKPOINT), arrival=Arrival.CALLBACK, attempts={"order": 2}
    ),
    "as a callback comes": Kill(workflow="ordered", at=after(CHECKPOINT), arrival=Arrival.CALLBACK),
    "before a callback is recorded": Kill(workflow="ordered", at=before(CHECKPOINT, 2), answered=True),
    "before it waits for the next attempt": Kill(
        workflow="stubborn", at=before(COMMIT), attempts={"flaky": 2}
    ),
    # The doomed worker may have begun the next attempt already.
    "while it waits for the next attempt": Kill(workflow="stubborn", at=after(COMMIT), attempts=None),
    "as it is aborted, before a checkpoint": Kill(
        workflow="linear", at=before(CHECKPOINT, 2), arrival=Arrival.ABORT, ends=ProcessStatus.ABORTED
    ),
    "as it is aborted, after a checkpoint": Kill(
        workflow="linear", at=after(CHECKPOINT, 2), arrival=Arrival.ABORT, ends=ProcessStatus.ABORTED
    ),
    "as it is aborted, before the claim": Kill(
        workflow="linear", at=before(CLAIM), arrival=Arrival.ABORT, ends=ProcessStatus.ABORTED
    ),
    "as an abort waits for its commit": Kill(
        workflow="create_port",
        at=before(COMMIT),
        arrival=Arrival.ABORT,
        arrival_waits=True,
        ends=ProcessStatus.ABORTED,
    ),
    "as it is aborted, while it waits for a person": Kill(
        workflow="confirmed", at=after(CHECKPOINT, 2), arrival=Arrival.ABORT, ends=ProcessStatus.ABORTED
    ),
}


@parity("WE-39")
@parity("WE-38", mends="two-commits")
@parity("W-01")
@parity("W-04")
@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS.keys())
async def test_a_killed_worker_leaves_nothing_undone_and_nothing_doubled(
    kill: Kill, site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start(kill.workflow, kill.processes)
    trap = proxy.trap(kill.at) if isinstance(kill.at, Mark) else None
    doomed = await site.hire(through=proxy, stops=[kill.at] if isinstance(kill.at, str) else [])
    if trap is not None:
        await site.until_sprung(trap, answering=process_ids if kill.answered else [])
    else:
        assert isinstance(kill.at, str)
        await site.door.visitor(kill.at)

    async with asyncio.TaskGroup() as outside:
        arriving = outside.create_task(_arrive(site, process_ids[0], kill.arrival), name="arrival")
        await (site.house.until_blocked() if kill.arrival_waits else arriving)
        await doomed.kill()
        await proxy.cut_off()
    await site.let_leases_expire()
    await site.hire()
    await site.until_ended(process_ids)

    await verify(
        site, process_ids, ends=kill.ends, attempts=None if kill.attempts is None else dict(kill.attempts)
    )


@pytest.mark.parametrize("side", Side)
async def test_an_abort_outlives_the_worker_that_was_to_record_it(
    side: Side, site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start("linear")
    trap = proxy.trap(Mark(statement=CHECKPOINT, side=side, nth=2))
    doomed = await site.hire(through=proxy, stops=["second/after"])
    await site.door.visitor("second/after")

    await site.abort(process_ids[0])
    await site.until_sprung(trap)
    await doomed.kill()
    await proxy.cut_off()
    await site.let_leases_expire()
    await site.hire()
    await site.until_ended(process_ids)

    await verify(site, process_ids, ends=ProcessStatus.ABORTED, attempts={})


async def test_a_process_that_nobody_owns_any_more_is_aborted_at_once(site: Site) -> None:
    process_ids = await site.start("linear")
    doomed = await site.hire(stops=["second/after"])
    await site.door.visitor("second/after")

    await doomed.kill()
    await site.let_leases_expire()
    await site.abort(process_ids[0])

    await verify(site, process_ids, ends=ProcessStatus.ABORTED, attempts={})


async def _arrive(site: Site, process_id: ProcessId, arrival: Arrival | None) -> None:
    match arrival:
        case Arrival.INPUT:
            await site.give_input(process_id)
        case Arrival.CALLBACK:
            await site.call_back(process_id)
        case Arrival.ABORT:
            await site.abort(process_id)
        case None:
            pass
