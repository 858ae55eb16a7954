"""What a resolver can reach: the parts of the server, who asks, and the loaders of this operation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import strawberry

from domain.model.catalog import Catalog
from domain.storage.customers import CustomerRepository
from domain.storage.database import Database
from engine.registry import Registry
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from graph.customers import CustomerDirectory, Customers, SubscriptionHolders
from graph.generate.results.typed_models import TypedModels
from graph.limits import ReadBudget
from graph.loaders import Loaders
from graph.permissions import Viewer
from graph.settings import GraphSettings

if TYPE_CHECKING:
    from graph.generate.results.families import Families


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphDependencies:
    """What the server is made of, built at the edge and shared by all operations.

    Attributes:
        customers: The application's directory of them; without one, who holds a subscription is one.
    """

    database: Database
    catalog: Catalog
    registry: Registry
    commands: Commands
    bus: EventBus
    engine_watch: EngineWatch
    settings: GraphSettings
    customers: CustomerDirectory | None = None

    def customers_for(self, viewer: Viewer) -> Customers:
        """Gives the directory of customers, as far as a viewer may ask it."""
        return Customers(
            self.customers or SubscriptionHolders(CustomerRepository(self.database)),
            scope=viewer.scope,
            limit_s=self.settings.directory_limit_s,
        )


@dataclass(slots=True, kw_only=True)
class OperationContext:
    """The context of one operation, or of one event of a subscription.

    Attributes:
        families: The generated types, which turn records of subscriptions into results.
        models: The typed models of what was read.
        budget: How much may still be read.
    """

    dependencies: GraphDependencies
    families: "Families"
    viewer: Viewer
    new_loaders: Callable[[], Loaders]
    loaders: Loaders = field(init=False)
    models: TypedModels = field(init=False)
    budget: ReadBudget = field(init=False)

    def __post_init__(self) -> None:
        """Begin with loaders that have read nothing."""
        self.forget()
        self.budget = ReadBudget(self.dependencies.settings.max_list_entries)

    @property
    def customers(self) -> Customers:
        """The directory of customers, as far as the viewer may ask it."""
        return self.dependencies.customers_for(self.viewer)

    def forget(self) -> None:
        """Takes new loaders: what was read before a command must not be shown after it."""
        self.loaders = self.new_loaders()
        self.models = TypedModels(self.dependencies.catalog)


Info = strawberry.Info[OperationContext, None]
