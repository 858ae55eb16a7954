"""What an application's resolvers read and do: as the viewer, in the viewer's scope, and in no other way."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar
from uuid import UUID

import strawberry

from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.lookups import Subscriptions
from graph.context import OperationContext
from graph.customers import CustomerRecord, nameless
from graph.ids import parse_process_id, parse_subscription_id, public_process_id
from graph.loaders import ProcessRead
from graph.mutations.answers import START_REFUSALS, StartAnswer, answer_start, not_found
from graph.names import field_name
from graph.permissions import Viewer
from graph.types.process import Process, process
from graph.types.refusals import ProcessStarted
from graph.types.subscription import ProductSubscription

Model = TypeVar("Model", bound=SubscriptionModel)


class ApplicationContext(Protocol):
    """The context of an operation, or of one event, as an application's resolvers know it."""

    @property
    def viewer(self) -> Viewer:
        """Who asks: the name, the permissions, the scope and what else is known of them."""
        ...

    @property
    def read(self) -> "ViewerReads":
        """What the viewer may see."""
        ...

    @property
    def commands(self) -> "ViewerCommands":
        """What the viewer may do."""
        ...

    def forget(self) -> None:
        """Lets what was read be read anew: for sources of events, which live longer than what they read."""
        ...


Info = strawberry.Info[ApplicationContext, None]


class ServedContext(OperationContext):
    """The context of an operation, or of one event, with what an application's resolvers use."""

    __slots__ = ()

    @property
    def read(self) -> "ViewerReads":
        """What the viewer may see."""
        return ViewerReads(self)

    @property
    def commands(self) -> "ViewerCommands":
        """What the viewer may do."""
        return ViewerCommands(self)


class ViewerReads:
    """What the viewer may see; what is out of scope is not there.

    What is asked for by id is read at once for all who ask in one step of an operation, and remembered for
    its time. Ids are those of the schema, or bare ones.
    """

    def __init__(self, context: OperationContext) -> None:
        self._context = context

    @property
    def subscriptions(self) -> Subscriptions:
        """Subscriptions by what is in them, as steps ask for them."""
        dependencies = self._context.dependencies
        scope = self._context.viewer.scope
        return Subscriptions(dependencies.database, dependencies.catalog, scope=scope)

    async def model(self, model: type[Model], subscription: str | SubscriptionId) -> Model | None:
        """Gives a subscription as its model has it; None if it is not there, or not of that class.

        None, too, if blocks of its tree are out of scope.

        Raises:
            InvalidId: It is no id of a subscription.
            ModelDrifted: What is stored does not satisfy its class.
        """
        subscription_id = _read_id(subscription, parse_subscription_id, SubscriptionId)
        tree = await self._context.loaders.trees.load(subscription_id)
        typed = None if tree is None else self._context.models.find(tree)
        if typed is None or not isinstance(typed.subscription, model):
            return None
        return typed.subscription

    async def subscription(self, subscription: str | SubscriptionId) -> ProductSubscription | None:
        """Gives a subscription to answer with.

        Raises:
            InvalidId: It is no id of a subscription.
        """
        subscription_id = _read_id(subscription, parse_subscription_id, SubscriptionId)
        record = await self._context.loaders.subscriptions().load(subscription_id)
        return None if record is None else self._context.families.subscription(record)

    async def process(self, process_id: str | ProcessId) -> Process | None:
        """Gives a process to answer with.

        Raises:
            InvalidId: It is no id of a process.
        """
        known = _read_id(process_id, parse_process_id, ProcessId)
        return _process(await self._context.loaders.processes().load(known))

    async def customer(self, customer_id: str) -> CustomerRecord:
        """Gives what the directory tells of a customer; the id for a name if it tells nothing."""
        known = CustomerId(customer_id)
        return await self._context.loaders.customers.load(known) or nameless(known)


class ViewerCommands:
    """What the viewer may do, recorded under the viewer's name."""

    def __init__(self, context: OperationContext) -> None:
        self._context = context

    async def start(
        self,
        workflow: str,
        values: Mapping[str, JsonValue],
        *,
        subscription: str | SubscriptionId | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> ProcessStarted | StartAnswer:
        """Starts a workflow, and gives what a field of type `StartResult` answers.

        Which permission that takes is for the field to say. Paths of wrong values are those of `values`.

        Args:
            workflow: Its name.
            values: Its input, as JSON; ids in it are bare.
            subscription: The one that it is about, unless it creates one.
            expected_version: The version that the caller has seen; another by now is a Conflict.
            idempotency_key: Repeated starts with one key start one process.

        Raises:
            InvalidId: `subscription` is no id of one.
        """
        context = self._context
        subject = None
        if subscription is not None:
            subject = _read_id(subscription, parse_subscription_id, SubscriptionId)
        try:
            started = await context.dependencies.commands.start(
                workflow,
                values=dict(values),
                subscription_id=subject,
                expected_version=expected_version,
                idempotency_key=idempotency_key,
                actor=context.viewer.name,
                scope=context.viewer.scope,
                claims=context.viewer.claims,
            )
        except START_REFUSALS as refusal:
            return answer_start(refusal, path_of=_path_of_values)
        context.forget()
        found = _process(await context.loaders.processes().load(started.process_id))
        if found is None:
            # A task that somebody has deleted already.
            return not_found(public_process_id(started.process_id))
        return ProcessStarted(process=found, created=started.created)


Id = TypeVar("Id", bound=UUID)


def _read_id(given: str | Id, parse: Callable[[str], Id], bare: Callable[[UUID], Id]) -> Id:
    return parse(given) if isinstance(given, str) else bare(given)


def _process(read: ProcessRead | None) -> Process | None:
    return None if read is None else process(read)


def _path_of_values(path: tuple[str | int, ...]) -> list[str]:
    return [field_name(part) if isinstance(part, str) else str(part) for part in path]
