"""What all runs of one worker share."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from domain.model.catalog import Catalog
from domain.storage.database import Database
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from engine.run.calls import Calls
from engine.run.progress import ProgressReports
from engine.run.writer import CheckpointWriter
from engine.settings import EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnvironment:
    """What all runs of one worker share.

    Attributes:
        services: The open services by the type steps ask for.
        calls: Carries out what users wrote.
        progress: Passes on how far steps are.
        random: Spreads the waits between attempts.
        public_url: The address under which the outside world reaches the callbacks.
    """

    database: Database
    subscriptions: SubscriptionRepository
    catalog: Catalog
    registry: Registry
    writer: CheckpointWriter
    services: Mapping[type, object]
    calls: Calls
    progress: ProgressReports
    settings: EngineSettings
    random: Random
    public_url: str
