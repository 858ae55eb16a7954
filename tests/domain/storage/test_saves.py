import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from domain.errors import ProductNotFound, StaleSubscription, SubscriptionLocked
from domain.ids import BlockId, ProcessId, new_uuid7
from domain.json import JsonValue, UnrepresentableValue
from domain.model.errors import ForeignBlock
from domain.model.mapping import to_patch
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.changes import ChangeRepository
from domain.storage.paging import PageRequest
from domain.storage.saves import AuthoredPatch, ChangeAuthor, save, save_all
from tests.domain.sample import NodeInactive, NodeProvisioning, PortBlockInactive, new_node
from tests.domain.storage.conftest import AUTHOR, Store
from tests.postgres import StatementLog
from tests.waiting import eventually


def port_json(*, speed: int) -> JsonValue:
    return {"block": "PortBlock", "label": None, "values": {"media": "fibre", "vlans": [], "speed": speed}}


def inactive(model: SubscriptionModel) -> NodeInactive:
    assert isinstance(model, NodeInactive)
    return model


async def test_a_saved_subscription_loads_as_it_was(store: Store) -> None:
    node = new_node()
    node.node.label = "the first"
    node.node.price = Decimal("12.50")
    node.node.installed_at = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    node.node.uplink.vlans = [10, 9, 100, 1]

    outcomes = await store.save(node)
    loaded = inactive(await store.load(node.id))

    assert outcomes == {node.id: 1}
    assert loaded.model_dump(exclude={"version", "in_sync"}) == node.model_dump(
        exclude={"version", "in_sync"}
    )
    assert (loaded.version, loaded.in_sync) == (1, True)


async def test_the_version_rises_by_one_with_each_change(store: Store) -> None:
    node = new_node()
    await store.save(node)

    versions: list[object] = []
    for rack in ("a", "b", "c"):
        loaded = inactive(await store.load(node.id))
        loaded.node.rack = rack
        versions += (await store.save(loaded)).values()

    assert versions == [2, 3, 4]
    assert (await store.load(node.id)).version == 4


async def test_an_unchanged_subscription_is_not_written(store: Store, statements: StatementLog) -> None:
    node = new_node()
    await store.save(node)
    loaded = await store.load(node.id)

    with statements.recorded() as executed:
        outcomes = await store.save(loaded)

    assert outcomes == {node.id: 1}
    assert executed.verbs == ["BEGIN", "COMMIT"]


async def test_removed_and_moved_blocks_are_stored(store: Store) -> None:
    node = new_node()
    first, second, third = (PortBlockInactive.new(speed=speed) for speed in (1, 2, 3))
    node.node.ports = [first, second, third]
    await store.save(node)
    loaded = inactive(await store.load(node.id))

    loaded.node.spare = loaded.node.ports.pop(1)
    loaded.node.ports = [loaded.node.ports[1]]
    await store.save(loaded)

    again = inactive(await store.load(node.id))
    assert [port.id for port in again.node.ports] == [third.id]
    assert again.node.spare is not None
    assert again.node.spare.id == second.id
    async with store.database.writer() as connection:
        assert await connection.fetchval("SELECT count(*) FROM block WHERE id = $1", first.id) == 0


@pytest.mark.parametrize("count", [1, 40])
async def test_saving_new_subscriptions_takes_a_constant_number_of_statements(
    store: Store, statements: StatementLog, count: int
) -> None:
    nodes = [new_node(name=f"n{number}") for number in range(count)]

    with statements.recorded() as executed:
        outcomes = await store.save(*nodes)

    assert outcomes == {node.id: 1 for node in nodes}
    assert executed.verbs == ["BEGIN", "WITH", "INSERT", "WITH", "COMMIT"]


async def test_only_the_needed_statements_are_executed(store: Store, statements: StatementLog) -> None:
    node = new_node()
    await store.save(node)
    described = await store.load(node.id)
    described.description = "Another description"

    with statements.recorded() as executed:
        await store.save(described)

    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]


async def test_a_stale_patch_writes_nothing_while_the_others_go_on(store: Store) -> None:
    nodes = [new_node(name=f"n{number}") for number in range(3)]
    await store.save(*nodes)
    first, stale, third = [inactive(await store.load(node.id)) for node in nodes]
    winner = inactive(await store.load(stale.id))
    winner.node.rack = "winner"
    await store.save(winner)

    for loaded in (first, stale, third):
        loaded.node.rack = "late"
        loaded.node.ports = [PortBlockInactive.new()]
    outcomes = await store.save(first, stale, third)

    refusal = outcomes[stale.id]
    assert isinstance(refusal, StaleSubscription)
    assert (refusal.expected, refusal.found) == (1, 2)
    assert (outcomes[first.id], outcomes[third.id]) == (2, 2)
    stored = inactive(await store.load(stale.id))
    assert (stored.version, stored.node.rack, stored.node.ports) == (2, "winner", [])
    assert inactive(await store.load(third.id)).node.rack == "late"


async def test_a_subscription_that_exists_is_not_created_again(store: Store) -> None:
    node = new_node()
    await store.save(node)

    outcomes = await store.save(node)

    refusal = outcomes[node.id]
    assert isinstance(refusal, StaleSubscription)
    assert (refusal.expected, refusal.found) == (0, 1)


async def test_of_two_concurrent_saves_one_is_stale_and_told_the_new_version(store: Store) -> None:
    node = new_node()
    await store.save(node)
    one, other = inactive(await store.load(node.id)), inactive(await store.load(node.id))
    one.node.rack, other.node.rack = "one", "other"

    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        await save(connection, [to_patch(one)], author=AUTHOR)
        late = tasks.create_task(store.save(other), name="late save")
        await eventually(store.has_a_waiting_writer)

    refusal = late.result()[node.id]
    assert isinstance(refusal, StaleSubscription)
    assert (refusal.expected, refusal.found) == (1, 2)
    assert inactive(await store.load(node.id)).node.rack == "one"


async def test_a_subscription_held_by_another_process_is_not_written(store: Store) -> None:
    holder = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()), step_key="construct")
    node = new_node()
    await store.save(node, author=holder)
    loaded = inactive(await store.load(node.id))
    loaded.node.rack = "rack"

    for author in (AUTHOR, ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()))):
        refusal = (await store.save(loaded, author=author))[node.id]
        assert isinstance(refusal, SubscriptionLocked)
        assert refusal.held_by == holder.process_id
    outcomes = await store.save(loaded, author=holder)

    assert outcomes == {node.id: 2}


async def test_a_process_holds_what_it_creates(store: Store) -> None:
    process_id = ProcessId(new_uuid7())
    node = new_node()

    await store.save(node, author=ChangeAuthor(actor="tester", process_id=process_id))

    (record,) = (await store.subscriptions.by_ids(Scope.all(), [node.id])).values()
    assert (record.in_sync, record.held_by) == (False, process_id)


async def test_a_product_that_is_not_stored_is_refused_alone(store: Store) -> None:
    node, other = new_node(), new_node()
    unknown = replace(to_patch(node), product="Unknown")

    async with store.database.write() as connection:
        outcomes = await save(connection, [unknown, to_patch(other)], author=AUTHOR)

    assert isinstance(outcomes[node.id], ProductNotFound)
    assert outcomes[other.id] == 1
    assert await store.subscriptions.trees(Scope.all(), [node.id]) == {}


async def test_a_block_of_another_subscription_is_not_taken_over(store: Store) -> None:
    node, thief = new_node(), new_node()
    await store.save(node)
    patch = to_patch(thief)
    stolen = replace(patch.blocks_written[0], id=BlockId(node.node.id))

    with pytest.raises(ForeignBlock):
        async with store.database.write() as connection:
            await save(connection, [replace(patch, blocks_written=(stolen,))], author=AUTHOR)

    assert await store.subscriptions.count(Scope.all()) == 1


async def test_two_patches_for_one_subscription_are_a_mistake(store: Store) -> None:
    patch = to_patch(new_node())

    with pytest.raises(ValueError, match="two patches"):
        async with store.database.write() as connection:
            await save(connection, [patch, patch], author=AUTHOR)


async def test_a_value_without_a_stored_form_is_refused_with_its_path(store: Store) -> None:
    node = new_node(name="null \x00 character")

    with pytest.raises(UnrepresentableValue) as refused:
        await store.save(node)

    assert refused.value.path[-2:] == ("values", "name")
    assert await store.subscriptions.count(Scope.all()) == 0


async def test_every_version_leaves_a_change_record(store: Store) -> None:
    author = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()), step_key="construct")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    node = new_node()
    async with store.database.write() as connection:
        await save(connection, [to_patch(node)], author=author, now=at)
    loaded = inactive(await store.load(node.id))
    loaded.node.uplink.speed = 5
    await store.save(loaded.transition(NodeProvisioning), author=author)

    page = await ChangeRepository(store.database).page(
        Scope.all(), subscription_id=node.id, request=PageRequest(first=10)
    )

    second, first = page.rows
    assert (first.version, first.before, first.after) == (1, None, to_patch(node).after)
    assert (first.actor, first.process_id, first.step_key, first.at) == (
        "tester",
        author.process_id,
        "construct",
        at,
    )
    uplink = str(node.node.uplink.id)
    assert second.before == {
        "subscription": {"status": "INITIAL"},
        "blocks": {uplink: port_json(speed=10**10)},
    }
    assert second.after == {
        "subscription": {"status": "PROVISIONING"},
        "blocks": {uplink: port_json(speed=5)},
    }


async def test_changes_of_many_processes_are_saved_together(store: Store, statements: StatementLog) -> None:
    authors = [
        ChangeAuthor(actor=f"actor {number}", process_id=ProcessId(new_uuid7()), step_key=f"step {number}")
        for number in range(3)
    ]
    nodes = [new_node() for _ in authors]
    changes = [
        AuthoredPatch(patch=to_patch(node), author=author)
        for node, author in zip(nodes, authors, strict=True)
    ]

    with statements.recorded() as executed:
        async with store.database.write() as connection:
            outcomes = await save_all(connection, changes)

    assert outcomes == {node.id: 1 for node in nodes}
    assert len(executed) == 5
    records = await store.subscriptions.by_ids(Scope.all(), outcomes)
    assert [records[node.id].held_by for node in nodes] == [author.process_id for author in authors]
    for node, author in zip(nodes, authors, strict=True):
        page = await ChangeRepository(store.database).page(
            Scope.all(), subscription_id=node.id, request=PageRequest(first=1)
        )
        assert [(each.actor, each.process_id, each.step_key) for each in page.rows] == [
            (author.actor, author.process_id, author.step_key)
        ]


async def test_a_rolled_back_save_leaves_nothing(store: Store) -> None:
    node = new_node()

    async def save_and_fail() -> None:
        async with store.database.write() as connection:
            await save(connection, [to_patch(node)], author=AUTHOR)
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await save_and_fail()

    assert await store.subscriptions.count(Scope.all()) == 0


async def test_large_numbers_are_stored_exactly(store: Store) -> None:
    node = new_node()
    node.node.uplink.speed = 2**63 - 1
    node.node.price = Decimal("0.10000000000000000000000001")

    await store.save(node)

    loaded = inactive(await store.load(node.id))
    assert (loaded.node.uplink.speed, loaded.node.price) == (2**63 - 1, node.node.price)
