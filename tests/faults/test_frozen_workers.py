"""A worker is frozen for longer than its lease, and thaws when another one has done its work."""

import pytest

from domain.ids import ProcessId
from tests.faults.marks import CHECKPOINT, COMMIT, HEARTBEAT, TOKEN
from tests.faults.proxy import Mark, Proxy, Side
from tests.faults.site import Site
from tests.faults.verifier import verify

_TABLES = ("process", "process_step", "step_attempt", "event", "inbox", "callback", "subscription")

LATE_WRITES = {
    "a checkpoint": ("linear", Mark(statement=CHECKPOINT, side=Side.REQUEST, nth=2), {"second": 2}),
    "the last checkpoint": ("linear", Mark(statement=CHECKPOINT, side=Side.REQUEST, nth=5), {"fifth": 2}),
    "a parking": ("confirmed", Mark(statement=CHECKPOINT, side=Side.REQUEST, nth=2), {"confirm": 2}),
    "a callback's token": ("ordered", Mark(statement=TOKEN, side=Side.REQUEST), {"order": 2}),
    "a release": ("modify_port", Mark(statement=CHECKPOINT, side=Side.REQUEST, nth=2), {"resync": 2}),
}


@pytest.mark.parametrize(("workflow", "mark", "attempts"), LATE_WRITES.values(), ids=LATE_WRITES.keys())
async def test_a_write_that_comes_late_changes_nothing(
    workflow: str, mark: Mark, attempts: dict[str, int], site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start(workflow)
    trap = proxy.trap(mark)
    frozen = await site.hire(through=proxy)
    await site.until_sprung(trap)

    frozen.freeze()
    await site.let_leases_expire()
    heir = await site.hire()
    await site.until_ended(process_ids)
    await heir.kill()
    rows = await _rows(site)
    answer = proxy.trap(Mark(statement=mark.statement, side=Side.REPLY))
    trap.open()
    frozen.thaw()
    await site.until_answered(answer)
    await site.until_answered(proxy.trap(Mark(statement=HEARTBEAT, side=Side.REPLY)))

    assert await _rows(site) == rows
    assert not frozen.gone.is_set()
    await verify(site, process_ids, attempts=attempts)


async def test_a_step_that_ends_late_changes_nothing(site: Site, proxy: Proxy) -> None:
    """The lease runs out by itself here."""
    process_ids = await site.start("linear")
    frozen = await site.hire(through=proxy, stops=["second/after"], lease_s=1.5)
    step = await site.door.visitor("second/after")

    frozen.freeze()
    heir = await site.hire(lease_s=1.5)
    await site.until_ended(process_ids)
    await heir.kill()
    rows = await _rows(site)
    step.go_on()
    frozen.thaw()
    for _ in range(2):
        await site.until_answered(proxy.trap(Mark(statement=HEARTBEAT, side=Side.REPLY)))

    assert await _rows(site) == rows
    assert not frozen.gone.is_set()
    await verify(site, process_ids)


async def test_a_commit_that_a_frozen_worker_owes_is_rolled_back_when_its_connection_ends(
    site: Site, proxy: Proxy
) -> None:
    process_ids = await site.start("create_port")
    trap = proxy.trap(Mark(statement=COMMIT, side=Side.REQUEST))
    frozen = await site.hire(through=proxy)
    await site.until_sprung(trap)

    frozen.freeze()
    trap.cut()
    await site.let_leases_expire()
    await site.hire()
    await site.until_ended(process_ids)
    frozen.thaw()
    await site.until_answered(proxy.trap(Mark(statement=HEARTBEAT, side=Side.REPLY)))

    assert await _subscriptions_of(site, process_ids[0]) == 1
    assert await site.house.rows("SELECT count(*) FROM subscription") == [{"count": 1}]
    await verify(site, process_ids, attempts={"construct": 2})


async def _rows(site: Site) -> list[object]:
    return [await site.house.rows(f"SELECT t::text AS row FROM {table} AS t ORDER BY 1") for table in _TABLES]  # noqa: S608  # names of tables


async def _subscriptions_of(site: Site, process_id: ProcessId) -> int:
    return len((await site.house.processes.subscriptions_of([process_id]))[process_id])
