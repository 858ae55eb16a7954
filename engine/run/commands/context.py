"""What every command needs."""

from dataclasses import dataclass

from domain.model.catalog import Catalog
from domain.storage.database import Database
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from engine.run.runs import Dispatcher
from engine.settings import EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """What every command needs."""

    database: Database
    subscriptions: SubscriptionRepository
    catalog: Catalog
    registry: Registry
    dispatcher: Dispatcher
    settings: EngineSettings
