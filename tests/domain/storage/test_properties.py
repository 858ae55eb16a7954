"""What holds for every model and every tree: they are stored as they are, or nothing of them is."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import ConflictingEdit, StaleSubscription, SubscriptionLocked
from domain.ids import BlockId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue, UnrepresentableValue
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog
from domain.model.errors import BlockUsedTwice, ForeignBlock, ModelMismatch
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.change_form import in_order
from domain.model.trees.disassembly import walk
from domain.model.trees.history import TreeVersion, replay
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.tree import BlockRecord, Tree
from domain.scope import Scope
from domain.storage.catalog_sync import sync
from domain.storage.changes import ChangeRecord, ChangeRepository
from domain.storage.database import Database
from domain.storage.listing.paging import PageRequest
from domain.storage.saving.outcomes import ChangeAuthor, SaveOutcome
from domain.storage.saving.saves import save
from domain.storage.subscriptions import SubscriptionRepository
from tests.domain.random_models import (
    RandomFamily,
    RandomModels,
    RandomTrees,
    blocks_in,
    put,
    random_families,
)
from tests.parity import parity

AUTHOR = ChangeAuthor(actor="tester")
SETTINGS = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    # One database serves all examples: each makes subscriptions of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class RandomStore:
    """Saving and loading models of any catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscriptions = SubscriptionRepository(database)
        self._changes = ChangeRepository(database)

    async def save(
        self, *models: SubscriptionModel, author: ChangeAuthor = AUTHOR
    ) -> dict[SubscriptionId, SaveOutcome]:
        patches = [to_patch(model) for model in models]
        async with self._database.write() as connection:
            return await save(connection, patches, author=author)

    async def steal(self, thief: SubscriptionModel, block: BlockRecord) -> None:
        """Save what another subscription owns as if it were one's own."""
        stolen = replace(block, subscription_id=thief.id)
        patch = replace(to_patch(thief), blocks_written=(stolen,), after={"blocks": {}})
        async with self._database.write() as connection:
            await save(connection, [patch], author=AUTHOR)

    async def trees(self, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, Tree]:
        return await self._subscriptions.trees(Scope.all(), ids)

    async def tree(self, subscription_id: SubscriptionId) -> Tree:
        return (await self.trees([subscription_id]))[subscription_id]

    async def load(self, catalog: Catalog, subscription_id: SubscriptionId) -> SubscriptionModel:
        return to_model(catalog, await self.tree(subscription_id))

    async def changes(self, subscription_id: SubscriptionId) -> list[ChangeRecord]:
        """All change records, the first one first."""
        page = await self._changes.page(
            Scope.all(), subscription_id=subscription_id, request=PageRequest(first=50)
        )
        return list(reversed(page.rows))


@pytest_asyncio.fixture
async def random_store(database: Database) -> AsyncGenerator[RandomStore]:
    """A store that knows the product of all random models."""
    await sync(database, RandomModels([RandomFamily(values={}, nested={})]).catalog)
    yield RandomStore(database)


def content(model: SubscriptionModel) -> dict[str, Any]:
    """All that a model says, but for what saving sets."""
    for placed in walk(model, model.structure(), subscription_id=model.id):
        placed.block.subscription_id = model.id
    return model.model_dump(exclude={"version", "in_sync"})


def blocks_of(model: SubscriptionModel) -> list[ProductBlockModel]:
    return [placed.block for placed in walk(model, model.structure(), subscription_id=model.id)]


def own(tree: Tree) -> dict[BlockId, BlockRecord]:
    return {block.id: block for block in tree.blocks if block.subscription_id == tree.subscription.id}


def as_version(tree: Tree) -> TreeVersion:
    """What the change records of a tree are to give."""
    record, blocks = tree.subscription, own(tree)
    return TreeVersion(
        subscription_id=record.id,
        version=record.version,
        at=record.modified_at,
        product=record.product_name,
        customer_id=record.customer_id,
        status=record.status,
        description=record.description,
        start_at=record.start_at,
        end_at=record.end_at,
        blocks=tuple(blocks[block_id] for block_id in sorted(blocks)),
        relations=tuple(
            in_order(each for each in tree.relations if each.parent_id is None or each.parent_id in blocks)
        ),
    )


def spoil(model: SubscriptionModel, field: str = "more") -> None:
    """Put something into a list that is no block, as a careless step does."""
    held: list[object] = getattr(model, field)
    held.append({"label": "no block"})


class Example:
    """Random models, two active subscriptions to refer to, and one to change."""

    def __init__(self, store: RandomStore, data: st.DataObject) -> None:
        self.store = store
        self.data = data
        self.models = RandomModels(data.draw(random_families()))
        self.trees = RandomTrees(data.draw, self.models)
        self.others = [
            self.trees.subscription().transition(self.models.subscription, ACTIVE) for _ in range(2)
        ]
        self.subject = self.trees.subscription()

    async def begin(self, *, author: ChangeAuthor = AUTHOR) -> None:
        await self.store.save(*self.others)
        outcomes = await self.store.save(self.subject, author=author)
        assert outcomes == {self.subject.id: 1}

    async def load(self) -> SubscriptionModel:
        return await self.store.load(self.models.catalog, self.subject.id)

    async def changed(self) -> SubscriptionModel | None:
        """The subject with random changes; None if they make no tree."""
        model = await self.load()
        foreign = [block for other in self.others for block in blocks_of(other)]
        for _ in range(self.data.draw(st.integers(1, 3))):
            try:
                model = self.trees.change(model, foreign)
                to_patch(model)
            except BlockUsedTwice:
                return None
            except ValidationError as error:
                if "recursion_loop" not in {each["type"] for each in error.errors()}:
                    raise
                return None
        return model

    async def everything(self) -> object:
        """All that is stored of the subscriptions of this example."""
        ids = [self.subject.id, *(other.id for other in self.others)]
        return await self.store.trees(ids), [await self.store.changes(each) for each in ids]


@parity("PM-13")
@parity("PM-13", mends="label")
@parity("PM-13", mends="root-fields")
@given(data=st.data())
@SETTINGS
async def test_every_version_of_any_tree_loads_as_it_was_saved_and_replays(
    random_store: RandomStore, data: st.DataObject
) -> None:
    example = Example(random_store, data)
    await example.begin()
    loaded = await example.load()
    assert content(loaded) == content(example.subject)
    versions = [as_version(await random_store.tree(example.subject.id))]

    for _ in range(data.draw(st.integers(1, 3))):
        model = await example.changed()
        if model is None:
            continue
        patch = to_patch(model)
        outcomes = await random_store.save(model)
        tree = await random_store.tree(model.id)
        loaded = to_model(example.models.catalog, tree)
        assert outcomes == {model.id: patch.base_version + (0 if patch.is_empty else 1)}
        assert content(loaded) == content(model)
        assert to_patch(loaded).is_empty
        if not patch.is_empty:
            versions.append(as_version(tree))

    changes = await random_store.changes(example.subject.id)
    assert [replay(changes[: version + 1]) for version in range(len(changes))] == versions
    assert await random_store.trees([each.id for each in example.others]) == {
        each.id: await random_store.tree(each.id) for each in example.others
    }


@given(data=st.data())
@SETTINGS
async def test_a_save_that_is_refused_changes_nothing(random_store: RandomStore, data: st.DataObject) -> None:
    example = Example(random_store, data)
    await example.begin()
    stale, thief, winner, broken = [await example.load() for _ in range(4)]
    winner.description = "the winner's"
    await random_store.save(winner)
    before = await example.everything()

    stale.description = "the loser's"
    refusal = (await random_store.save(stale))[stale.id]
    assert isinstance(refusal, StaleSubscription)
    others_root = blocks_in(example.others[0], "root")[0]
    put(thief, "root", others_root)
    with pytest.raises(ForeignBlock):
        await random_store.save(thief)
    robbed = await random_store.tree(example.others[0].id)
    with pytest.raises(ForeignBlock):
        await random_store.steal(await example.load(), robbed.blocks[0])
    spoil(broken)
    with pytest.raises((ModelMismatch, UnrepresentableValue)):
        await random_store.save(broken)

    assert await example.everything() == before


@given(data=st.data())
@SETTINGS
async def test_of_two_changes_by_one_process_both_are_stored_or_the_second_is_refused(
    random_store: RandomStore, data: st.DataObject
) -> None:
    author = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()))
    example = Example(random_store, data)
    await example.begin(author=author)
    base = await random_store.tree(example.subject.id)
    theirs, ours = await example.changed(), await example.changed()
    if theirs is None or ours is None or to_patch(theirs).is_empty or to_patch(ours).is_empty:
        return
    assert isinstance((await random_store.save(ours))[ours.id], SubscriptionLocked)
    assert await random_store.save(theirs, author=author) == {theirs.id: 2}
    first = await random_store.tree(example.subject.id)

    outcome = (await random_store.save(ours, author=author))[ours.id]

    tree = await random_store.tree(example.subject.id)
    if isinstance(outcome, ConflictingEdit):
        assert tree == first
        return
    assert outcome == tree.subscription.version
    assert to_patch(to_model(example.models.catalog, tree)).is_empty
    changes = await random_store.changes(example.subject.id)
    assert replay(changes) == as_version(tree)
    alone = replace(base, blocks=(*(each for each in to_patch(ours).blocks_written),), relations=())
    expected = merged(base, first, alone, set(to_patch(ours).blocks_removed))
    assert with_floats(expected) == with_floats(own(tree))


def with_floats(blocks: dict[BlockId, BlockRecord]) -> dict[BlockId, JsonValue]:
    """Blocks as JSON, with large numbers as floats: PostgreSQL writes those without an exponent."""
    return {
        block_id: [block.block, block.label, as_floats(dict(block.values))]
        for block_id, block in blocks.items()
    }


def as_floats(value: JsonValue) -> JsonValue:
    match value:
        case int() if abs(value) > 2**53:
            return float(value)
        case list():
            return [as_floats(item) for item in value]
        case dict():
            return {key: as_floats(item) for key, item in value.items()}
        case _:
            return value


def merged(base: Tree, theirs: Tree, ours: Tree, removed: set[BlockId]) -> dict[BlockId, BlockRecord]:
    """Own blocks, of which each value is ours if we changed it, else theirs."""
    blocks = {block_id: block for block_id, block in own(theirs).items() if block_id not in removed}
    for block_id, block in own(ours).items():
        before, there = own(base).get(block_id), blocks.get(block_id)
        blocks[block_id] = block if before is None or there is None else merged_block(before, there, block)
    return blocks


def merged_block(base: BlockRecord, theirs: BlockRecord, ours: BlockRecord) -> BlockRecord:
    names = {*base.values, *theirs.values, *ours.values}
    values: dict[str, JsonValue] = {}
    for name in names:
        side = ours if ours.values.get(name) != base.values.get(name) else theirs
        if name in side.values:
            values[name] = side.values[name]
    return replace(ours, label=ours.label if ours.label != base.label else theirs.label, values=values)
