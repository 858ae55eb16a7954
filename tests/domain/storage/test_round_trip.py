"""Any tree that the models allow is stored and loaded as it is."""

from datetime import UTC
from ipaddress import IPv6Interface
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import StaleSubscription
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from domain.scope import Scope
from tests.domain.sample import (
    CUSTOMER,
    LARGE_NODE,
    Media,
    NodeBlockInactive,
    NodeInactive,
    PortBlockInactive,
)
from tests.domain.storage.conftest import Store

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
LABEL = st.none() | TEXT
PORT = st.builds(
    PortBlockInactive.new,
    label=LABEL,
    speed=st.none() | st.integers(-(2**63), 2**63 - 1),
    media=st.sampled_from(Media),
    vlans=st.lists(st.integers(1, 4094), max_size=4),
)
NODE_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "label": LABEL,
    "name": TEXT,
    "rack": LABEL,
    "loopback": st.none() | st.ip_addresses(v=6).map(lambda address: IPv6Interface((address, 64))),
    "management": st.none() | st.ip_addresses(v=4),
    "price": st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    "weight_kg": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "redundant": st.booleans(),
    "serial": st.none() | st.uuids(),
    "installed_at": st.none() | st.datetimes(timezones=st.just(UTC)),
    "ports": st.lists(PORT, max_size=3),
    "uplink": PORT,
    "spare": st.none() | PORT,
}
CHANGE = st.sampled_from(sorted(NODE_FIELDS)).flatmap(
    lambda name: st.tuples(st.just(name), NODE_FIELDS[name])
)
SETTINGS = settings(
    max_examples=30,
    deadline=None,
    # One database serves all examples: each makes subscriptions of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def nodes() -> st.SearchStrategy[NodeInactive]:
    return st.builds(NodeBlockInactive.new, **NODE_FIELDS).map(
        lambda block: NodeInactive.new(product=LARGE_NODE, customer_id=CUSTOMER, node=block)
    )


def content(model: SubscriptionModel) -> dict[str, Any]:
    """All that a model says, but for what saving sets."""
    return model.model_dump(exclude={"version", "in_sync"})


async def load(store: Store, node: NodeInactive) -> NodeInactive:
    model = await store.load(node.id)
    assert isinstance(model, NodeInactive)
    return model


def adopt(node: NodeInactive) -> None:
    """Blocks that were put into a loaded tree know their owner only once they are stored."""
    for block in (*node.node.ports, node.node.uplink, node.node.spare):
        if block is not None:
            block.subscription_id = node.id


@given(node=nodes())
@SETTINGS
async def test_what_is_saved_is_what_is_loaded(store: Store, node: NodeInactive) -> None:
    await store.save(node)

    loaded = await load(store, node)

    assert content(loaded) == content(node)
    assert to_patch(loaded).is_empty


@given(node=nodes(), changes=st.lists(CHANGE, min_size=1, max_size=4))
@SETTINGS
async def test_a_changed_tree_is_stored_as_it_is_and_no_more_than_that(
    store: Store, node: NodeInactive, changes: list[tuple[str, Any]]
) -> None:
    await store.save(node)
    loaded = await load(store, node)
    before = {block.id: block for block in (loaded.snapshot.blocks if loaded.snapshot else ())}

    for name, value in changes:
        setattr(loaded.node, name, value)
    adopt(loaded)
    patch = to_patch(loaded)
    outcomes = await store.save(loaded)

    assert content(await load(store, node)) == content(loaded)
    assert outcomes == {node.id: 1 if patch.is_empty else 2}
    assert all(before.get(block.id) != block for block in patch.blocks_written)
    tree = (await store.subscriptions.trees(Scope.all(), [node.id]))[node.id]
    assert set(before) - set(patch.blocks_removed) == set(before) & {block.id for block in tree.blocks}


@given(node=nodes(), change=CHANGE, late=CHANGE)
@SETTINGS
async def test_a_stale_change_writes_nothing(
    store: Store, node: NodeInactive, change: tuple[str, Any], late: tuple[str, Any]
) -> None:
    await store.save(node)
    winner, loser = await load(store, node), await load(store, node)
    winner.description = "the winner's"
    setattr(winner.node, *change)
    await store.save(winner)
    trees = await store.subscriptions.trees(Scope.all(), [node.id])

    loser.description = "the loser's"
    setattr(loser.node, *late)
    outcomes = await store.save(loser)

    assert isinstance(outcomes[node.id], StaleSubscription)
    assert await store.subscriptions.trees(Scope.all(), [node.id]) == trees
