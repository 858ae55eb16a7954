"""Nodes and circuits on their ports, in whatever status a test wants them."""

from collections.abc import Sequence

from domain.ids import SubscriptionId
from domain.model.lifecycle import ACTIVE, PROVISIONING, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.storage.saving.saves import ChangeAuthor, SaveOutcome
from tests.domain.circuits import Circuit, CircuitInactive, CircuitProvisioning, new_circuit
from tests.domain.sample import Node, NodeInactive, NodeProvisioning, new_node
from tests.domain.storage.conftest import AUTHOR, Store

_CLASSES: dict[type[SubscriptionModel], dict[SubscriptionStatus, type[SubscriptionModel]]] = {
    NodeInactive: {PROVISIONING: NodeProvisioning, ACTIVE: Node},
    CircuitInactive: {PROVISIONING: CircuitProvisioning, ACTIVE: Circuit},
}


def moved(
    model: SubscriptionModel, status: SubscriptionStatus, *, override: str | None = None
) -> SubscriptionModel:
    """The model in another status."""
    base = NodeInactive if isinstance(model, NodeInactive) else CircuitInactive
    return model.transition(_CLASSES[base].get(status, base), status, override=override)


async def move(
    store: Store,
    subscription_id: SubscriptionId,
    status: SubscriptionStatus,
    *,
    override: str | None = None,
    author: ChangeAuthor = AUTHOR,
) -> SaveOutcome:
    """What becomes of a saved change of status."""
    model = moved(await store.load(subscription_id), status, override=override)
    return (await store.save(model, author=author))[subscription_id]


async def load_node(store: Store, subscription_id: SubscriptionId) -> NodeInactive:
    model = await store.load(subscription_id)
    assert isinstance(model, NodeInactive)
    return model


async def load_circuit(store: Store, subscription_id: SubscriptionId) -> CircuitInactive:
    model = await store.load(subscription_id)
    assert isinstance(model, CircuitInactive)
    return model


async def pairs(
    store: Store, *statuses: tuple[SubscriptionStatus, SubscriptionStatus]
) -> Sequence[tuple[SubscriptionId, SubscriptionId]]:
    """Saved nodes, each with a circuit on its uplink, in these statuses."""
    made: list[tuple[NodeInactive, CircuitInactive]] = []
    for _ in statuses:
        node = new_node()
        node.node.rack = "r1"
        made.append((node, new_circuit(node.node.uplink)))
    await store.save(*(model for pair in made for model in pair))
    ids = [(node.id, circuit.id) for node, circuit in made]
    targets = {
        each: status
        for pair, wanted in zip(ids, statuses, strict=True)
        for each, status in zip(pair, wanted, strict=True)
    }
    models = [await store.load(each) for each in targets]
    changed = [
        moved(model, targets[model.id], override="set up")
        for model in models
        if model.status is not targets[model.id]
    ]
    outcomes = await store.save(*changed)
    assert all(isinstance(outcome, int) for outcome in outcomes.values()), outcomes
    return ids
