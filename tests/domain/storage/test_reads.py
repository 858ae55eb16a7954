"""Reads by keys: blocks, metadata, descriptions, changes; each in one statement and within the scope."""

import pytest

from domain.errors import SubscriptionNotFound, VersionNotFound
from domain.ids import BlockId, SubscriptionId, new_uuid7
from domain.model.lifecycle import INITIAL
from domain.model.trees.change_form import decode_side
from domain.scope import Scope
from domain.storage.annotation_reads import AnnotationRepository
from domain.storage.annotations import set_customer_description, set_metadata
from domain.storage.blocks import BlockRepository
from domain.storage.changes import ChangeRepository
from domain.storage.listing.paging import InvalidPageRequest, PageRequest
from tests.domain.circuits import CircuitInactive, new_circuit
from tests.domain.sample import CUSTOMER, OTHER_CUSTOMER, NodeInactive, PortBlockInactive, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog

MINE = Scope.of(CUSTOMER)


@pytest.fixture
def mine() -> NodeInactive:
    return new_node()


@pytest.fixture
def theirs() -> NodeInactive:
    return new_node(customer=OTHER_CUSTOMER)


async def test_blocks_are_read_by_id_and_by_subscription(
    store: Store, statements: StatementLog, mine: NodeInactive, theirs: NodeInactive
) -> None:
    await store.save(mine, theirs)
    blocks = BlockRepository(store.database)
    asked = [mine.node.id, theirs.node.id, BlockId(new_uuid7())]

    with statements.recorded() as executed:
        by_id = await blocks.by_ids(MINE, asked)
        everybodys = await blocks.by_ids(Scope.all(), asked)
        of = await blocks.of_subscriptions(MINE, [mine.id, theirs.id])

    assert executed.verbs == ["SELECT"] * 3
    assert {key: (block.block, block.values["name"]) for key, block in by_id.items()} == {
        mine.node.id: ("NodeBlock", "n1")
    }
    assert set(everybodys) == {mine.node.id, theirs.node.id}
    assert {key: {block.id for block in found} for key, found in of.items()} == {
        mine.id: {mine.node.id, mine.node.uplink.id}
    }


@parity("PM-27")
@parity("PM-28")
async def test_what_people_add_is_read_within_the_scope(
    store: Store, statements: StatementLog, mine: NodeInactive, theirs: NodeInactive
) -> None:
    await store.save(mine, theirs)
    async with store.database.write() as connection:
        for node in (mine, theirs):
            await set_metadata(
                connection, Scope.all(), node.id, {"a": 1}, expected_version=0, actor="ann", model=None
            )
            for customer in (CUSTOMER, OTHER_CUSTOMER):
                await set_customer_description(
                    connection, Scope.all(), node.id, customer, f"by {customer}", actor="ann"
                )
    annotations = AnnotationRepository(store.database)
    ids = [mine.id, theirs.id]

    with statements.recorded() as executed:
        metadata = await annotations.metadata_of(MINE, ids)
        descriptions = await annotations.customer_descriptions_of(MINE, ids)
        by = await annotations.customer_descriptions_by(MINE, [CUSTOMER, OTHER_CUSTOMER])
        all_of_mine = await annotations.customer_descriptions_of(Scope.all(), [mine.id])

    assert executed.verbs == ["SELECT"] * 4
    assert {key: (each.metadata, each.version, each.modified_by) for key, each in metadata.items()} == {
        mine.id: ({"a": 1}, 1, "ann")
    }
    assert {key: [each.description for each in found] for key, found in descriptions.items()} == {
        mine.id: ["by customer-1"]
    }
    assert {key: [each.subscription_id for each in found] for key, found in by.items()} == {
        CUSTOMER: [mine.id]
    }
    assert [each.customer_id for each in all_of_mine[mine.id]] == [CUSTOMER, OTHER_CUSTOMER]


async def changed(store: Store, node: NodeInactive) -> None:
    """Three versions: as it was, with another name and a port, without the port."""
    await store.save(node)
    second = await store.load(node.id)
    assert isinstance(second, NodeInactive)
    second.description = "second"
    second.node.name = "renamed"
    second.node.ports = [PortBlockInactive.new(speed=5)]
    await store.save(second)
    third = await store.load(node.id)
    assert isinstance(third, NodeInactive)
    third.node.ports = []
    await store.save(third)


async def test_a_tree_is_read_as_it_was_at_any_version(
    store: Store, statements: StatementLog, mine: NodeInactive
) -> None:
    await changed(store, mine)
    changes = ChangeRepository(store.database)

    with statements.recorded() as executed:
        versions = [await changes.tree_at(MINE, mine.id, version) for version in (1, 2, 3)]

    assert executed.verbs == ["SELECT"] * 3
    assert [tree.version for tree in versions] == [1, 2, 3]
    assert [tree.description for tree in versions] == [mine.description, "second", "second"]
    assert [len(tree.blocks) for tree in versions] == [2, 3, 2]
    names = [block.values["name"] for tree in versions for block in tree.blocks if block.block == "NodeBlock"]
    assert names == ["n1", "renamed", "renamed"]
    assert {(tree.status, tree.customer_id, tree.product) for tree in versions} == {
        (INITIAL, CUSTOMER, "Small node")
    }
    current = (await store.subscriptions.trees(MINE, [mine.id]))[mine.id]
    assert {block.id: block for block in versions[-1].blocks} == {block.id: block for block in current.blocks}
    assert frozenset(versions[-1].relations) == frozenset(current.relations)


@pytest.mark.parametrize("version", [0, -1, 4, 2**40, 10**30])
async def test_a_version_that_never_was_is_refused(store: Store, mine: NodeInactive, version: int) -> None:
    await changed(store, mine)

    with pytest.raises(VersionNotFound) as refused:
        await ChangeRepository(store.database).tree_at(MINE, mine.id, version)

    assert refused.value.found == (1, 3)


async def test_versions_out_of_scope_are_not_found(store: Store, theirs: NodeInactive) -> None:
    await changed(store, theirs)
    changes = ChangeRepository(store.database)

    for missing in (theirs.id, SubscriptionId(new_uuid7())):
        with pytest.raises(SubscriptionNotFound):
            await changes.tree_at(MINE, missing, 1)


async def test_the_last_changes_of_several_are_one_statement(
    store: Store, statements: StatementLog, mine: NodeInactive, theirs: NodeInactive
) -> None:
    other = new_node()
    await changed(store, mine)
    await changed(store, theirs)
    await store.save(other)
    changes = ChangeRepository(store.database)

    with statements.recorded() as executed:
        latest = await changes.pages_of(MINE, [mine.id, theirs.id, other.id], request=PageRequest(first=2))
        first = await changes.pages_of(MINE, [mine.id, other.id], request=PageRequest(last=2))

    assert executed.verbs == ["SELECT"] * 2
    assert {
        key: ([change.version for change in page.rows], page.has_next) for key, page in latest.items()
    } == {
        mine.id: ([3, 2], True),
        other.id: ([1], False),
    }
    assert {key: [change.version for change in page.rows] for key, page in first.items()} == {
        mine.id: [2, 1],
        other.id: [1],
    }


@parity("PM-26")
async def test_changes_do_not_tell_whose_the_blocks_out_of_scope_are(
    network: Store, statements: StatementLog
) -> None:
    visible, hidden = new_node(), new_node(customer=OTHER_CUSTOMER)
    await network.save(visible, hidden)
    circuit = new_circuit(visible.node.uplink, hidden.node.uplink)
    await network.save(circuit)
    loaded = await network.load(circuit.id)
    assert isinstance(loaded, CircuitInactive)
    loaded.circuit.endpoints = []
    await network.save(loaded)
    changes = ChangeRepository(network.database)

    with statements.recorded() as executed:
        page = await changes.page(MINE, subscription_id=circuit.id, request=PageRequest(first=5))
        latest = await changes.pages_of(MINE, [circuit.id], request=PageRequest(first=5))
    everything = await changes.page(Scope.all(), subscription_id=circuit.id, request=PageRequest(first=5))

    assert executed.verbs == ["SELECT"] * 2
    assert list(page.rows) == list(latest[circuit.id].rows)
    removal, creation = page.rows
    for side in (removal.before, creation.after):
        relations = decode_side(side, circuit.id).relations or ()
        owners = {relation.child_id: relation.owner_id for relation in relations}
        assert owners[visible.node.uplink.id] == visible.id
        assert owners[hidden.node.uplink.id] is None
    told = [decode_side(each.after, circuit.id).relations for each in everything.rows]
    assert {each.owner_id for each in told[1] or ()} == {None, visible.id, hidden.id}


@pytest.mark.parametrize("key", [("a",), (True,), (2**31,), (-1,), (10**5000,)])
async def test_a_place_among_changes_is_a_version(store: Store, key: tuple[object, ...]) -> None:
    with pytest.raises(InvalidPageRequest, match="expected one version"):
        await ChangeRepository(store.database).page(
            MINE, subscription_id=SubscriptionId(new_uuid7()), request=PageRequest(first=1, after=key)
        )
