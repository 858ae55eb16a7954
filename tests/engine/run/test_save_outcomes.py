"""What becomes of a step whose changes of subscriptions are refused, or concern several at once."""

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.subscriptions import SubscriptionRepository
from engine.errors import ActionBlocked
from engine.states import FailureKind, ProcessStatus, StepStatus
from tests.engine.run.circuit_house import CircuitHouse
from tests.engine.run.house import ACTOR
from tests.parity import parity


async def failed(circuits: CircuitHouse, process_id: ProcessId) -> tuple[FailureKind | None, str | None]:
    process = await circuits.until(process_id, ProcessStatus.FAILED, ProcessStatus.COMPLETED)
    return process.failure_kind, process.failure_reason


async def retry(circuits: CircuitHouse, process_id: ProcessId) -> None:
    await circuits.commands.retry(process_id, actor=ACTOR, scope=Scope.all())


@parity("PM-17")
async def test_a_status_that_users_do_not_admit_fails_the_step_and_can_be_retried_when_they_are_gone(
    circuits: CircuitHouse,
) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    before = await circuits.rows("SELECT status, version, end_at FROM subscription ORDER BY id")

    async with circuits.working():
        process_id = await circuits.begin("force_port_out", port)
        kind, reason = await failed(circuits, process_id)
        after = await circuits.rows("SELECT status, version, end_at FROM subscription ORDER BY id")
        changes = await circuits.rows(
            "SELECT count(*) FROM subscription_change WHERE process_id = $1", process_id
        )
        await circuits.rows("UPDATE subscription SET status = 'TERMINATED' WHERE id = $1", circuit)
        await retry(circuits, process_id)
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert kind is FailureKind.INCONSISTENT_DATA
    assert reason == (
        f"subscription {port} cannot be TERMINATED: found users of its blocks that are ACTIVE,"
        " expected them to be INITIAL or TERMINATED"
    )
    assert (after, changes) == (before, [{"count": 0}])
    assert await circuits.rows("SELECT status, in_sync FROM subscription WHERE id = $1", port) == [
        {"status": "TERMINATED", "in_sync": True}
    ]


async def test_a_refused_save_does_not_disturb_those_of_its_batch(circuits: CircuitHouse) -> None:
    ports = [await circuits.new_port() for _ in range(4)]
    await circuits.new_circuit(ports[0])
    processes = [await circuits.begin("force_port_out", port) for port in ports]

    async with circuits.working():
        ended = [
            await circuits.until(process_id, ProcessStatus.FAILED, ProcessStatus.COMPLETED)
            for process_id in processes
        ]

    assert [process.status for process in ended] == [ProcessStatus.FAILED] + [ProcessStatus.COMPLETED] * 3
    assert (await circuits.step_statuses(processes[0])) == {"set_status": StepStatus.FAILED}


@parity("PM-17")
async def test_subscriptions_that_one_step_gives_are_saved_together(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    spare = await circuits.new_port(speed=20)

    async with circuits.working():
        process_id = await circuits.begin("change_circuit_and_port", circuit, to=str(spare))
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    trees = await SubscriptionRepository(circuits.database).trees(Scope.all(), [circuit, spare])
    values = {
        block.block: dict(block.values)
        for subscription_id, tree in trees.items()
        for block in tree.blocks
        if block.subscription_id == subscription_id
    }
    assert values == {"EndBlock": {"vlan": 7}, "PortBlock": {"speed": 77}}
    assert await circuits.rows(
        "SELECT subscription_id, step_key FROM subscription_change WHERE process_id = $1 ORDER BY 1",
        process_id,
    ) == [{"subscription_id": each, "step_key": "change_both"} for each in sorted((circuit, spare))]
    assert await circuits.rows("SELECT count(*) FROM subscription WHERE NOT in_sync") == [{"count": 0}]


@parity("PM-17")
async def test_of_subscriptions_that_one_step_gives_all_are_saved_or_none(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    spare = await circuits.new_port(speed=20)
    process_id = await circuits.begin("change_circuit_and_port", circuit, to=str(spare))
    holder = await circuits.begin("modify_port", spare, speed=30)
    before = await circuits.rows("SELECT id, values FROM block ORDER BY id")

    await circuits.abort(holder)
    await circuits.rows("UPDATE subscription SET in_sync = false WHERE id = $1", spare)
    async with circuits.working():
        kind, _ = await failed(circuits, process_id)
        after = await circuits.rows("SELECT id, values FROM block ORDER BY id")
        await circuits.rows("UPDATE subscription SET in_sync = true WHERE id = $1", spare)
        await retry(circuits, process_id)
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert (kind, after) == (FailureKind.INCONSISTENT_DATA, before)


async def test_a_subject_that_failed_stays_held_until_its_process_is_repaired(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    await circuits.new_circuit(port)

    async with circuits.working():
        process_id = await circuits.begin("force_port_out", port)
        await failed(circuits, process_id)

    assert isinstance(await circuits.attempt("modify_port", port, speed=1), ActionBlocked)
    assert await circuits.rows("SELECT in_sync, held_by FROM subscription WHERE id = $1", port) == [
        {"in_sync": False, "held_by": process_id}
    ]
