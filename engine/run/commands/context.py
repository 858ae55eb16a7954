"""What every command needs."""

from dataclasses import dataclass

from domain.errors import StaleSubscription, SubscriptionLocked, SubscriptionNotFound
from domain.model.catalog import Catalog
from domain.storage.database import Database
from domain.storage.subscriptions import SubscriptionRepository
from engine.errors import Refusal, StaleSubject, SubjectLocked, SubjectNotFound
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


def refusal_of(error: SubscriptionNotFound | SubscriptionLocked | StaleSubscription) -> Refusal:
    """The refusal a caller understands, for what the domain found wrong with a command's subject."""
    match error:
        case SubscriptionNotFound():
            return SubjectNotFound(error.subscription_id)
        case SubscriptionLocked():
            return SubjectLocked(error.subscription_id, held_by=error.held_by)
        case StaleSubscription():
            return StaleSubject(error.subscription_id, expected=error.expected, found=error.found)
