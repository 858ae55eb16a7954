"""Trees as the database would give them back, for tests that need none."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from domain.ids import BlockId, ProductId, new_uuid7
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.tree import SubscriptionRecord, Tree

AT: Final = datetime(2026, 1, 2, tzinfo=UTC)


def stored(model: SubscriptionModel, *others: SubscriptionModel, version: int = 1) -> Tree:
    """The tree that is stored once a new model is saved; the others own blocks that it refers to."""
    patch = to_patch(model)
    record = SubscriptionRecord(
        id=model.id,
        product_id=ProductId(new_uuid7()),
        product_name=model.product,
        customer_id=model.customer_id,
        status=model.status,
        description=model.description,
        in_sync=True,
        held_by=None,
        version=version,
        note=None,
        note_version=0,
        start_at=model.start_at,
        end_at=model.end_at,
        created_at=AT,
        modified_at=AT,
    )
    own = Tree(subscription=record, blocks=patch.blocks_written, relations=patch.relations or ())
    return _with_foreign(own, [to_patch(other) for other in others])


def _with_foreign(own: Tree, others: Iterable[SubscriptionPatch]) -> Tree:
    """The tree with the blocks of others that it reaches, and their relations."""
    patches = list(others)
    blocks = {block.id: block for patch in patches for block in patch.blocks_written}
    relations = [relation for patch in patches for relation in patch.relations or ()]
    reached: dict[BlockId, None] = {}
    waiting = [relation.child_id for relation in own.relations if relation.owner_id is not None]
    while waiting:
        block_id = waiting.pop(0)
        if block_id in blocks and block_id not in reached:
            reached[block_id] = None
            waiting += [relation.child_id for relation in relations if relation.parent_id == block_id]
    return Tree(
        subscription=own.subscription,
        blocks=(*own.blocks, *(blocks[block_id] for block_id in reached)),
        relations=(
            *own.relations,
            *(relation for relation in relations if relation.parent_id in reached),
        ),
    )
