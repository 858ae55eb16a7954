from domain.ids import CustomerId
from domain.model.lifecycle import ACTIVE
from domain.scope import Scope
from domain.storage.subscriptions import SubscriptionRepository
from engine.states import FailureKind, ProcessStatus
from tests.engine.run.house import ACTOR, PORT, House
from tests.parity import parity


@parity("PM-17")
@parity("PM-24")
@parity("PM-25")
async def test_a_created_subscription_is_saved_step_by_step_and_let_go_at_the_end(house: House) -> None:
    gate = house.stage.hold("provision")
    async with house.working():
        process_id = await house.start("create_port", **PORT)
        await house.stage.entry("provision")
        during = await house.rows("SELECT status, in_sync, held_by, version FROM subscription")
        gate.set()
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert during == [{"status": "INITIAL", "in_sync": False, "held_by": process_id, "version": 1}]
    assert await house.rows("SELECT status, in_sync, held_by, version FROM subscription") == [
        {"status": "ACTIVE", "in_sync": True, "held_by": None, "version": 3}
    ]
    assert await house.rows(
        "SELECT version, process_id, step_key, actor FROM subscription_change ORDER BY version"
    ) == [
        {"version": 1, "process_id": process_id, "step_key": "construct", "actor": ACTOR},
        {"version": 2, "process_id": process_id, "step_key": "provision", "actor": ACTOR},
        {"version": 3, "process_id": process_id, "step_key": "set_status", "actor": ACTOR},
    ]
    assert process.customers == (CustomerId("acme"),)


async def test_a_changed_subscription_is_saved_with_its_step(house: House) -> None:
    subscription_id = await house.create_port()
    async with house.working():
        process_id = await house.modify(subscription_id, speed=40)
        await house.until(process_id, ProcessStatus.COMPLETED)

    tree = (await SubscriptionRepository(house.database).trees(Scope.all(), [subscription_id]))[
        subscription_id
    ]
    assert [dict(block.values) for block in tree.blocks] == [{"speed": 40}]
    assert (tree.subscription.status, tree.subscription.in_sync) == (ACTIVE, True)
    found = await house.processes.processes_of(Scope.all(), [subscription_id])
    assert found[subscription_id][0] == process_id


async def test_a_subscription_that_changed_under_a_step_fails_it_and_writes_nothing(house: House) -> None:
    subscription_id = await house.create_port()
    gate = house.stage.hold("change")
    async with house.working():
        process_id = await house.modify(subscription_id, speed=40)
        await house.stage.entry("change")
        await house.rows("UPDATE subscription SET version = version + 1")
        gate.set()
        process = await house.until(process_id, ProcessStatus.FAILED)

    assert process.failure_kind is FailureKind.INCONSISTENT_DATA
    assert process.failure_reason == f"subscription {subscription_id} has version 4, expected version 3"
    assert await house.rows("SELECT values FROM block") == [{"values": {"speed": 10}}]
    assert await house.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": False, "held_by": process_id}
    ]


async def test_processes_are_found_by_their_customers(house: House) -> None:
    await house.create_port()

    seen = await house.processes.count(Scope.of(CustomerId("acme"), CustomerId("other")))
    unseen = await house.processes.count(Scope.of(CustomerId("other")))

    assert (seen, unseen) == (1, 0)
