import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from domain.errors import (
    BlockInUse,
    ProductNotFound,
    ReferencedBlockNotFound,
    StaleSubscription,
    SubscriptionLocked,
)
from domain.ids import BlockId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue, UnrepresentableValue
from domain.model.errors import ForeignBlock
from domain.model.lifecycle import INITIAL, PROVISIONING, TERMINATED
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.scope import Scope
from domain.storage.changes import ChangeRepository
from domain.storage.listing.paging import PageRequest
from domain.storage.saving.saves import AuthoredPatch, ChangeAuthor, save, save_all
from tests.domain.circuits import CircuitInactive, TreeBlock, new_circuit
from tests.domain.sample import NodeInactive, NodeProvisioning, PortBlockInactive, new_node
from tests.domain.storage.conftest import AUTHOR, Store
from tests.domain.storage.related_pairs import load_circuit, load_node, moved, pairs
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually


def port_json(*, speed: int) -> JsonValue:
    return {"block": "PortBlock", "label": None, "values": {"media": "fibre", "vlans": [], "speed": speed}}


def inactive(model: SubscriptionModel) -> NodeInactive:
    assert isinstance(model, NodeInactive)
    return model


@parity("PM-16")
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


@parity("PM-24")
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


@parity("PM-16")
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
    assert executed.verbs == ["BEGIN", "WITH", "WITH", "COMMIT"]


async def test_only_the_needed_statements_are_executed(store: Store, statements: StatementLog) -> None:
    node = new_node()
    await store.save(node)
    described = await store.load(node.id)
    described.description = "Another description"

    with statements.recorded() as executed:
        await store.save(described)

    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]


@parity("PM-16", mends="last-writer")
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


@parity("PM-16", mends="last-writer")
@parity("PM-24", mends="form-only")
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


@parity("PM-25")
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


@parity("PM-10")
async def test_a_reference_is_stored_alone(network: Store, statements: StatementLog) -> None:
    node = new_node()
    await network.save(node)
    circuit = new_circuit(node.node.uplink)

    with statements.recorded() as executed:
        assert await network.save(circuit) == {circuit.id: 1}

    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "WITH", "WITH", "COMMIT"]
    loaded = await load_circuit(network, circuit.id)
    port = loaded.circuit.endpoints[0].port
    assert port is not None
    assert (port.id, port.subscription_id, port.speed) == (node.node.uplink.id, node.id, 10**10)
    assert (await load_node(network, node.id)).version == 1
    async with network.database.writer() as connection:
        rows = await connection.fetch(
            "SELECT subscription_id, child_id FROM block_relation WHERE owner_id = $1", node.id
        )
    assert [tuple(row) for row in rows] == [(circuit.id, node.node.uplink.id)]


@parity("PM-10")
async def test_kept_references_cost_no_further_statements(network: Store, statements: StatementLog) -> None:
    node = new_node()
    await network.save(node)
    circuit = new_circuit(node.node.uplink)
    await network.save(circuit)
    loaded = await load_circuit(network, circuit.id)
    loaded.circuit.endpoints[0].vlan = 7

    with statements.recorded() as executed:
        assert await network.save(loaded) == {circuit.id: 2}

    assert executed.verbs == ["BEGIN", "WITH", "WITH", "COMMIT"]


@parity("PM-10")
async def test_kept_references_are_looked_at_again_when_blocks_move_around_them(
    network: Store, statements: StatementLog
) -> None:
    node = new_node()
    await network.save(node)
    circuit = new_circuit(node.node.uplink)
    await network.save(circuit)
    loaded = await load_circuit(network, circuit.id)
    loaded.circuit.tree = TreeBlock.new(name="another block")

    with statements.recorded() as executed:
        assert await network.save(loaded) == {circuit.id: 2}

    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "WITH", "WITH", "COMMIT"]


async def test_the_used_one_is_written_while_a_reference_is_added(network: Store) -> None:
    node = new_node()
    await network.save(node)
    changed = await load_node(network, node.id)
    changed.node.uplink.speed = 5
    circuit = new_circuit((await load_node(network, node.id)).node.uplink)

    async with asyncio.TaskGroup() as tasks, network.database.write() as connection:
        await save(connection, [to_patch(circuit)], author=AUTHOR)
        late = tasks.create_task(network.save(changed), name="late save")
        await eventually(network.has_a_waiting_writer)

    assert late.result() == {node.id: 2}
    port = (await load_circuit(network, circuit.id)).circuit.endpoints[0].port
    assert port is not None
    assert port.speed == 5


def with_owner(patch: SubscriptionPatch, **changed: object) -> SubscriptionPatch:
    """The patch with its references changed."""
    return replace(
        patch,
        relations=tuple(
            each if each.owner_id is None else replace(each, **changed) for each in patch.relations or ()
        ),
    )


@parity("PM-10")
@pytest.mark.parametrize("wrong", ["unknown block", "another owner", "no such owner"])
async def test_a_reference_to_what_its_owner_does_not_have_is_refused_alone(
    network: Store, wrong: str
) -> None:
    node, other = new_node(), new_node()
    await network.save(node, other)
    bad, good = new_circuit(node.node.uplink), new_circuit(node.node.uplink)
    changed = {
        "unknown block": {"child_id": BlockId(new_uuid7())},
        "another owner": {"owner_id": other.id},
        "no such owner": {"owner_id": SubscriptionId(new_uuid7())},
    }[wrong]
    patch = with_owner(to_patch(bad), **changed)
    (reference,) = [each for each in patch.relations or () if each.owner_id is not None]

    async with network.database.write() as connection:
        outcomes = await save(connection, [patch, to_patch(good)], author=AUTHOR)

    refusal = outcomes[bad.id]
    assert isinstance(refusal, ReferencedBlockNotFound)
    assert (refusal.block_id, refusal.expected_owner) == (reference.child_id, reference.owner_id)
    assert str(reference.owner_id) not in str(refusal)
    assert outcomes[good.id] == 1
    assert await network.subscriptions.trees(Scope.all(), [bad.id]) == {}


@pytest.mark.parametrize("wrong", ["own block as another's", "another's as its own", "unknown as its own"])
async def test_a_block_in_a_wrong_place_rolls_back(network: Store, wrong: str) -> None:
    node = new_node()
    await network.save(node)
    circuit = new_circuit(node.node.uplink)
    patch = to_patch(circuit)
    patch = {
        "own block as another's": with_owner(patch, owner_id=circuit.id),
        "another's as its own": with_owner(patch, owner_id=None),
        "unknown as its own": with_owner(patch, owner_id=None, child_id=BlockId(new_uuid7())),
    }[wrong]

    with pytest.raises(ForeignBlock):
        async with network.database.write() as connection:
            await save(connection, [patch], author=AUTHOR)

    assert await network.subscriptions.count(Scope.all()) == 1


async def test_a_block_that_two_patches_write_rolls_back(store: Store) -> None:
    node, thief = new_node(), new_node()
    patch = to_patch(thief)
    stolen = replace(patch.blocks_written[0], id=node.node.id)
    patches = [to_patch(node), replace(patch, blocks_written=(stolen,))]

    with pytest.raises(ForeignBlock):
        async with store.database.write() as connection:
            await save(connection, patches, author=AUTHOR)

    assert await store.subscriptions.count(Scope.all()) == 0


@pytest.mark.parametrize("giver_first", [True, False])
async def test_a_block_cannot_be_handed_over_in_one_save(network: Store, giver_first: bool) -> None:
    giver, taker = new_circuit(), new_circuit()
    giver.circuit.tree = TreeBlock.new(first=TreeBlock.new())
    await network.save(giver, taker)
    giver, taker = await network.load(giver.id), await network.load(taker.id)
    assert isinstance(giver, CircuitInactive)
    assert isinstance(taker, CircuitInactive)
    before = await network.subscriptions.trees(Scope.all(), [giver.id, taker.id])
    tree = giver.circuit.tree
    assert tree is not None
    assert tree.first is not None
    tree.subscription_id = tree.first.subscription_id = taker.id
    giver.circuit.tree, taker.circuit.tree = None, tree

    with pytest.raises(ForeignBlock):
        await network.save(*((giver, taker) if giver_first else (taker, giver)))

    assert await network.subscriptions.trees(Scope.all(), [giver.id, taker.id]) == before


async def node_with_used_port(network: Store) -> tuple[NodeInactive, CircuitInactive]:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(speed=1)]
    await network.save(node)
    node = await load_node(network, node.id)
    circuit = new_circuit(node.node.ports[0])
    await network.save(circuit)
    return node, await load_circuit(network, circuit.id)


@parity("PM-16")
async def test_a_block_that_others_refer_to_is_not_removed(network: Store, statements: StatementLog) -> None:
    node, circuit = await node_with_used_port(network)
    (port,) = node.node.ports
    node.node.ports = []

    with statements.recorded() as executed:
        outcomes = await network.save(node)

    refusal = outcomes[node.id]
    assert isinstance(refusal, BlockInUse)
    assert (refusal.block_id, refusal.users) == (port.id, (circuit.id,))
    assert str(circuit.id) not in str(refusal)
    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "COMMIT"]
    stored = await load_node(network, node.id)
    assert (stored.version, [each.id for each in stored.node.ports]) == (1, [port.id])


async def test_a_block_may_go_with_the_last_reference_to_it(network: Store) -> None:
    node, circuit = await node_with_used_port(network)
    node.node.ports = []
    circuit.circuit.endpoints = []

    assert await network.save(node, circuit) == {node.id: 2, circuit.id: 2}

    assert (await load_node(network, node.id)).node.ports == []


async def test_a_block_stays_when_the_change_that_lets_go_of_it_is_refused(network: Store) -> None:
    node, circuit = await node_with_used_port(network)
    node.node.ports = []
    winner = await load_circuit(network, circuit.id)
    winner.description = "Meanwhile"
    await network.save(winner)
    circuit.circuit.endpoints = []

    outcomes = await network.save(node, circuit)

    assert isinstance(outcomes[circuit.id], StaleSubscription)
    assert isinstance(outcomes[node.id], BlockInUse)


async def test_a_reference_to_a_block_that_is_removed_meanwhile_is_refused(network: Store) -> None:
    node = new_node()
    node.node.ports = [PortBlockInactive.new(speed=1)]
    await network.save(node)
    loaded = await load_node(network, node.id)
    circuit = new_circuit(loaded.node.ports[0])
    loaded.node.ports = []

    async with asyncio.TaskGroup() as tasks, network.database.write() as connection:
        await save(connection, [to_patch(loaded)], author=AUTHOR)
        late = tasks.create_task(network.save(circuit), name="late save")
        await eventually(network.has_a_waiting_writer)

    assert isinstance(late.result()[circuit.id], ReferencedBlockNotFound)


async def test_a_save_with_decisions_takes_a_constant_number_of_statements(
    network: Store, statements: StatementLog
) -> None:
    ids = await pairs(network, *[(PROVISIONING, INITIAL)] * 30)
    models = [moved(await network.load(node), TERMINATED) for node, _ in ids]

    with statements.recorded() as executed:
        outcomes = await network.save(*models)

    assert set(outcomes.values()) == {3}
    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "WITH", "COMMIT"]


async def test_two_patches_for_one_subscription_are_a_mistake(store: Store) -> None:
    patch = to_patch(new_node())

    with pytest.raises(ValueError, match="two patches"):
        async with store.database.write() as connection:
            await save(connection, [patch, patch], author=AUTHOR)


async def test_a_value_without_a_stored_form_is_refused_with_its_path(store: Store) -> None:
    node = new_node(name="null \x00 character")

    with pytest.raises(UnrepresentableValue) as refused:
        await store.save(node)

    assert refused.value.path[-1] == "name"
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
    assert len(executed) == 4
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
