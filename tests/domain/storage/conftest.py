from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from domain.ids import SubscriptionId
from domain.model.catalog import Catalog
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.saving.saves import ChangeAuthor, SaveOutcome, save
from domain.storage.subscriptions import SubscriptionRepository
from tests.domain.circuits import CIRCUITS
from tests.domain.sample import CATALOG

AUTHOR = ChangeAuthor(actor="tester")


class Store:
    """Saving and loading models, as a step does it."""

    def __init__(self, database: Database, catalog: Catalog = CATALOG) -> None:
        self.database = database
        self.catalog = catalog
        self.subscriptions = SubscriptionRepository(database)

    async def save(
        self, *models: SubscriptionModel, author: ChangeAuthor = AUTHOR
    ) -> dict[SubscriptionId, SaveOutcome]:
        patches = [to_patch(model) for model in models]
        async with self.database.write() as connection:
            return await save(connection, patches, author=author)

    async def load(self, subscription_id: SubscriptionId) -> SubscriptionModel:
        trees = await self.subscriptions.trees(Scope.all(), [subscription_id])
        return to_model(self.catalog, trees[subscription_id])

    async def has_a_waiting_writer(self) -> bool:
        """Whether a session of this database waits for a lock."""
        async with self.database.writer() as connection:
            return await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )


@pytest_asyncio.fixture
async def catalogued(database: Database) -> AsyncGenerator[Database]:
    """A database with the sample's catalogue."""
    await sync(database, CATALOG)
    yield database


@pytest_asyncio.fixture
async def network(database: Database) -> Store:
    """A store of nodes and of circuits, which refer to their ports."""
    await sync(database, CIRCUITS)
    return Store(database, CIRCUITS)


@pytest.fixture
def store(catalogued: Database) -> Store:
    return Store(catalogued)
