import pytest

from domain.ids import SubscriptionId, new_uuid7
from domain.model.lifecycle import ACTIVE, INITIAL, PROVISIONING
from domain.model.trees.mapping import to_patch
from domain.scope import Scope
from domain.storage.listing.filters import FieldFilter, Operator
from domain.storage.listing.paging import PageRequest
from tests.domain.sample import (
    CUSTOMER,
    OTHER_CUSTOMER,
    NodeProvisioning,
    PortBlockInactive,
    new_node,
)
from tests.domain.storage.conftest import Store
from tests.postgres import StatementLog


async def saved(store: Store, count: int) -> list[SubscriptionId]:
    """New nodes of one customer; the newest first."""
    nodes = [new_node(name=f"n{number}") for number in range(count)]
    await store.save(*nodes)
    return sorted((node.id for node in nodes), reverse=True)


async def test_pages_forward_meet_every_row_once(store: Store) -> None:
    ids = await saved(store, 5)

    first = await store.subscriptions.page(Scope.all(), request=PageRequest(first=2))
    second = await store.subscriptions.page(Scope.all(), request=PageRequest(first=2, after=(ids[1],)))
    third = await store.subscriptions.page(Scope.all(), request=PageRequest(first=2, after=(ids[3],)))

    pages = (first, second, third)
    assert [[record.id for record in page.rows] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert [(page.has_previous, page.has_next) for page in pages] == [
        (False, True),
        (True, True),
        (True, False),
    ]


async def test_pages_backward_and_by_offset_keep_the_order(store: Store) -> None:
    ids = await saved(store, 5)

    last = await store.subscriptions.page(Scope.all(), request=PageRequest(last=2))
    before = await store.subscriptions.page(Scope.all(), request=PageRequest(last=2, before=(ids[3],)))
    numbered = await store.subscriptions.page(Scope.all(), request=PageRequest(first=2, offset=3))

    assert [record.id for record in last.rows] == ids[3:]
    assert [record.id for record in before.rows] == ids[1:3]
    assert [record.id for record in numbered.rows] == ids[3:]


async def test_what_is_out_of_scope_is_not_found(store: Store) -> None:
    mine, theirs = new_node(), new_node(customer=OTHER_CUSTOMER)
    await store.save(mine, theirs)
    ids = [mine.id, theirs.id]
    scope = Scope.of(CUSTOMER)

    page = await store.subscriptions.page(scope, request=PageRequest(first=10))

    assert [record.id for record in page.rows] == [mine.id]
    assert list(await store.subscriptions.by_ids(scope, ids)) == [mine.id]
    assert list(await store.subscriptions.trees(scope, ids)) == [mine.id]
    assert await store.subscriptions.count(scope) == 1
    assert await store.subscriptions.count(Scope.of()) == 0
    assert await store.subscriptions.count(Scope.all()) == 2


async def test_a_list_can_be_kept_to_some_statuses(store: Store) -> None:
    initial, provisioning = new_node(), new_node().transition(NodeProvisioning)
    await store.save(initial, provisioning)

    page = await store.subscriptions.page(
        Scope.all(),
        request=PageRequest(first=10),
        where=FieldFilter("status", Operator.IN, [PROVISIONING, ACTIVE]),
    )

    assert [(record.id, record.status) for record in page.rows] == [(provisioning.id, PROVISIONING)]
    assert await store.subscriptions.count(Scope.all(), FieldFilter("status", Operator.EQ, INITIAL)) == 1
    assert await store.subscriptions.count(Scope.all(), FieldFilter("status", Operator.IN, [])) == 0


async def test_only_the_columns_asked_for_are_read(store: Store, statements: StatementLog) -> None:
    (subscription_id,) = await saved(store, 1)

    with statements.recorded() as executed:
        page = await store.subscriptions.page(
            Scope.all(), request=PageRequest(first=1), columns=frozenset({"status"})
        )

    (record,) = page.rows
    assert (record.id, record.status) == (subscription_id, INITIAL)
    with pytest.raises(AttributeError):
        _ = record.description
    (text,) = executed
    assert "description" not in text
    assert "product" not in text


@pytest.mark.parametrize("count", [1, 20])
async def test_trees_are_read_in_one_statement(store: Store, statements: StatementLog, count: int) -> None:
    nodes = [new_node(name=f"n{number}") for number in range(count)]
    for node in nodes:
        node.node.ports = [PortBlockInactive.new(speed=speed) for speed in (3, 1, 2)]
    await store.save(*nodes)

    with statements.recorded() as executed:
        trees = await store.subscriptions.trees(Scope.all(), [node.id for node in nodes])

    assert executed.verbs == ["SELECT"]
    for node in nodes:
        written = to_patch(node)
        assert frozenset(trees[node.id].relations) == frozenset(written.relations or ())
        assert {block.id: block for block in trees[node.id].blocks} == {
            block.id: block for block in written.blocks_written
        }


async def test_ids_that_do_not_exist_are_left_out(store: Store) -> None:
    missing = SubscriptionId(new_uuid7())

    assert await store.subscriptions.by_ids(Scope.all(), [missing]) == {}
    assert await store.subscriptions.trees(Scope.all(), []) == {}
