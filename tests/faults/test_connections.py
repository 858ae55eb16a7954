"""Connections are lost and the worker lives on: what was committed is recognised, the rest is done again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import pytest

from engine.states import ProcessStatus
from tests.faults.marks import CHECKPOINT, CLAIM, COMMIT, REGISTRATION, TOKEN
from tests.faults.proxy import Mark, Proxy, Side, Storm
from tests.faults.site import PATIENCE_S, Site
from tests.faults.verifier import verify
from tests.parity import parity
from tests.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A scenario: the connection is lost at a mark.

    Attributes:
        attempts: The attempts at the steps that need more than one; None where it depends.
    """

    workflow: str
    statement: str
    side: Side
    nth: int = 1
    processes: int = 1
    attempts: Mapping[str, int] | None = field(default_factory=dict[str, int])


CUTS = {
    "before a checkpoint": Cut(workflow="linear", statement=CHECKPOINT, side=Side.REQUEST, nth=2),
    "after a checkpoint": Cut(workflow="linear", statement=CHECKPOINT, side=Side.REPLY, nth=2),
    "after a batch, of many": Cut(
        workflow="linear", statement=CHECKPOINT, side=Side.REPLY, nth=3, processes=12
    ),
    "before a commit": Cut(workflow="create_port", statement=COMMIT, side=Side.REQUEST),
    "after a commit": Cut(workflow="create_port", statement=COMMIT, side=Side.REPLY),
    "after a commit, of many": Cut(workflow="create_port", statement=COMMIT, side=Side.REPLY, processes=8),
    "after it parked for a person": Cut(workflow="confirmed", statement=CHECKPOINT, side=Side.REPLY, nth=2),
    "after it parked for a callback": Cut(workflow="ordered", statement=CHECKPOINT, side=Side.REPLY),
    "before a callback's token is written": Cut(workflow="ordered", statement=TOKEN, side=Side.REQUEST),
    "after the wait for the next attempt began": Cut(
        workflow="stubborn", statement=COMMIT, side=Side.REPLY, attempts={"flaky": 2}
    ),
    "before the claim": Cut(workflow="linear", statement=CLAIM, side=Side.REQUEST),
}


@parity("W-15")
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
async def test_a_lost_connection_costs_no_attempt(cut: Cut, site: Site, proxy: Proxy) -> None:
    process_ids = await site.start(cut.workflow, cut.processes)
    trap = proxy.trap(Mark(statement=cut.statement, side=cut.side, nth=cut.nth))
    worker = await site.hire(through=proxy)
    await site.until_sprung(trap)

    trap.cut()
    await site.until_ended(process_ids)

    assert not worker.gone.is_set(), site.logs()
    await verify(site, process_ids, attempts=None if cut.attempts is None else dict(cut.attempts))


async def test_a_connection_lost_after_a_callbacks_token_was_written_costs_no_attempt(
    site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start("ordered")
    trap = proxy.trap(Mark(statement=TOKEN, side=Side.REPLY))
    await site.hire(through=proxy)
    await site.until_sprung(trap)

    trap.cut()
    await site.until_ended(process_ids)

    await verify(site, process_ids, attempts={})


async def test_a_connection_lost_as_a_worker_registers_does_not_end_the_worker(
    site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start("single")
    trap = proxy.trap(Mark(statement=REGISTRATION, side=Side.REPLY))
    worker = await site.hire(through=proxy)
    await site.until_sprung(trap)
    claim = proxy.trap(Mark(statement=CLAIM, side=Side.REQUEST))

    trap.cut()

    async def decided() -> bool:
        return worker.gone.is_set() or claim.sprung.is_set()

    await eventually(decided, deadline_s=PATIENCE_S)
    assert not worker.gone.is_set(), site.logs()
    claim.open()
    await site.until_ended(process_ids)
    await verify(site, process_ids, attempts={})


async def test_a_claim_that_was_never_acknowledged_is_taken_over_when_its_lease_has_expired(
    site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start("linear")
    trap = proxy.trap(Mark(statement=CLAIM, side=Side.REPLY))
    await site.hire(through=proxy)
    await site.until_sprung(trap)

    trap.cut()
    await site.let_leases_expire()
    await site.until_ended(process_ids)

    await verify(site, process_ids, attempts={"first": 2})


STORMY = ("linear", "create_port", "confirmed", "stubborn", "ordered")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_processes_end_while_connections_are_lost_at_random(
    seed: int, site: Site, proxy: Proxy
) -> None:
    process_ids = [
        process_id for workflow in STORMY for process_id in await site.start(workflow, processes=3)
    ]
    trap = proxy.trap(Mark(statement=CLAIM, side=Side.REQUEST))
    workers = [await site.hire(through=proxy, lease_s=2)]
    await site.until_sprung(trap)
    workers.append(await site.hire(lease_s=2))

    storm = proxy.storm = Storm(random=Random(seed), chance=0.05, left=15)  # noqa: S311  # decides when to cut
    trap.open()
    await site.until_ended(process_ids)

    assert storm.left < 15
    assert not [worker for worker in workers if worker.gone.is_set()]
    await verify(site, process_ids)


@parity("W-21")
async def test_lost_notifications_cost_time_and_nothing_else(site: Site, proxy: Proxy) -> None:
    proxy.swallows = True
    await site.hire(through=proxy, stops=["second/after"])
    early = await site.start("single")
    await site.until_ended(early)

    late = await site.start("linear")
    await site.door.visitor("second/after")
    await site.abort(late[0])
    await site.until_ended(late)
    parked = await site.start("confirmed")
    await site.until_ended(parked)

    assert proxy.swallowed > 0
    await verify(site, [*early, *parked], attempts={})
    await verify(site, late, ends=ProcessStatus.ABORTED, attempts={})


async def test_a_worker_without_any_connection_goes_on_when_they_come_back(site: Site, proxy: Proxy) -> None:
    """Every statement of a while is lost, the first of them a checkpoint."""
    process_ids = await site.start("linear", processes=5)
    trap = proxy.trap(Mark(statement=CHECKPOINT, side=Side.REPLY, nth=2))
    worker = await site.hire(through=proxy)
    await site.until_sprung(trap)

    storm = proxy.storm = Storm(random=Random(0), chance=1.0, left=20)  # noqa: S311  # always cuts
    trap.open()

    async def passed() -> bool:
        return storm.left == 0

    await eventually(passed, deadline_s=PATIENCE_S)
    await site.until_ended(process_ids)
    assert not worker.gone.is_set(), site.logs()
    await verify(site, process_ids, attempts={})
