"""What the test application adds to the schema, written as applications do: with the door's names alone."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping

import strawberry

from orchestrion.graphql import (
    AccessDenied,
    AccessPolicy,
    Block,
    Caller,
    CustomerId,
    CustomerRecord,
    Grant,
    GraphError,
    GraphExtension,
    Info,
    ListedCustomers,
    Page,
    PageRequest,
    Permission,
    Process,
    ProductSubscription,
    Scope,
    StartResult,
    requires,
)
from tests.graph.application import Node, Role


class NoSuchRack(GraphError):
    """There is no such rack."""

    code = "NO_SUCH_RACK"


@strawberry.interface(description="Where things stand.", directives=requires(Permission.READ_CATALOG))
class Place:
    """Where things stand."""

    name: str = strawberry.field(description="What it is called.")


@strawberry.type(description="A rack.", directives=requires(Permission.READ_CATALOG))
class Rack(Place):
    """A rack."""

    height: int = strawberry.field(description="How many units it has.")
    role: Role = strawberry.field(description="What is put in it.")


@strawberry.type
class NodeQueries:
    """What is asked about nodes."""

    @strawberry.field(description="A place.", directives=requires(Permission.READ_CATALOG))
    def place(self, name: str) -> Place:
        """A place."""
        if name != "r1":
            raise NoSuchRack(f"found no rack {name}, expected r1.")
        return Rack(name=name, height=42, role=Role.CORE)

    @strawberry.field(description="The nodes of a name.", directives=requires(Permission.READ_SUBSCRIPTIONS))
    async def nodes_named(self, info: Info, hostname: str) -> list[ProductSubscription]:
        """The nodes of a name."""
        read = info.context.read
        ids = await read.subscriptions.find_by_value(Node, "node.hostname", hostname)
        found = [await read.subscription(each) for each in ids]
        return [each for each in found if each is not None]


@strawberry.type
class NodeMutations:
    """What is done with nodes."""

    @strawberry.mutation(description="Orders a node.", directives=requires(Permission.START_WORKFLOW))
    async def order_node(self, info: Info, hostname: str) -> StartResult:
        """Orders a node."""
        return await info.context.commands.start(
            "create_node", {"product": "Node acme", "customer_id": "customer 1", "hostname": hostname}
        )

    @strawberry.mutation(description="Renames a node.", directives=requires(Permission.START_WORKFLOW))
    async def call_node(
        self, info: Info, node: strawberry.ID, hostname: str, version: int | None = None
    ) -> StartResult:
        """Renames a node."""
        return await info.context.commands.start(
            "rename_node", {"hostname": hostname}, subscription=node, expected_version=version
        )


@strawberry.type
class CountEvents:
    """What is followed."""

    @strawberry.subscription(
        description="The description of a subscription, each time that it is another.",
        directives=requires(Permission.READ_SUBSCRIPTIONS),
    )
    async def descriptions(self, info: Info, subscription: strawberry.ID, times: int) -> AsyncGenerator[str]:
        """The description of a subscription."""
        told: set[str] = set()
        while len(told) < times:
            info.context.forget()
            found = await info.context.read.subscription(subscription)
            description = "nothing" if found is None else found.description
            if description not in told:
                told.add(description)
                yield description
            await asyncio.sleep(0.01)


@strawberry.type
class NodeFields:
    """What is added to nodes."""

    @strawberry.field(
        description="Its names, in the model's words.", directives=requires(Permission.READ_SUBSCRIPTIONS)
    )
    @staticmethod
    async def port_names(root: strawberry.Parent[ProductSubscription], info: Info) -> list[str]:
        """The names of its ports."""
        node = await info.context.read.model(Node, root.id)
        return [] if node is None else [port.name for port in node.node.ports]


@strawberry.type
class SubscriptionFields:
    """What is added to every subscription."""

    @strawberry.field(description="What it is.", directives=requires(Permission.READ_SUBSCRIPTIONS))
    @staticmethod
    def title(root: strawberry.Parent[ProductSubscription]) -> str:
        """What it is."""
        return f"{root.description} of {root.customer_id}: {root.status}"


@strawberry.type
class BlockFields:
    """What is added to the blocks of nodes."""

    @strawberry.field(description="What it is.", directives=requires(Permission.READ_SUBSCRIPTIONS))
    @staticmethod
    def title(root: strawberry.Parent[Block]) -> str:
        """What it is."""
        return f"{root.block_name} {root.label}"


@strawberry.type
class ProcessFields:
    """What is added to processes."""

    @strawberry.field(description="What it does.", directives=requires(Permission.READ_PROCESSES))
    @staticmethod
    def title(root: strawberry.Parent[Process]) -> str:
        """What it does."""
        return f"{root.workflow_name} by {root.created_by}"


@strawberry.type
class ViewerFields:
    """What is added to the viewer."""

    @strawberry.field(description="How many customers they see.", directives=requires(Permission.CONNECT))
    def sees(self, info: Info) -> str:
        """How many customers they see."""
        customers = info.context.viewer.scope.customers
        return "all" if customers is None else ", ".join(sorted(customers))


class Doorkeeper(AccessPolicy):
    """Grants what the test says."""

    def __init__(self) -> None:
        self.grants: Grant | None = None
        self.admits = True

    async def grant(self, caller: Caller, granted: Grant) -> Grant:
        """What the test says, or else what the settings grant."""
        if not self.admits:
            raise AccessDenied(f"{caller.name} may not come in.")
        return self.grants or granted

    def let(self, *permissions: Permission, customers: tuple[str, ...] | None = None) -> None:
        """Grants these permissions, and these customers or all."""
        scope = Scope.all() if customers is None else Scope.of(*map(CustomerId, customers))
        self.grants = Grant(permissions=frozenset(permissions), scope=scope)


CUSTOMERS = [
    CustomerRecord(id=CustomerId("customer 1"), name="Zeta University", short_name="Zeta"),
    CustomerRecord(id=CustomerId("customer 2"), name="Alpha Hospital"),
    CustomerRecord(id=CustomerId("customer 3"), name="Beta Library"),
]


class Directory(ListedCustomers):
    """Writes down what it is asked, and fails when it is told to.

    Attributes:
        asked: The customers of each question by id, and the name of any other question.
        failing: What it raises.
        silent: Whether it never answers.
        entered: Whether the server has opened it and not closed it.
    """

    def __init__(self) -> None:
        super().__init__(CUSTOMERS)
        self.asked: list[object] = []
        self.failing: Exception | None = None
        self.silent = False
        self.entered = False

    async def __aenter__(self) -> None:
        self.entered = True

    async def __aexit__(self, *_: object) -> None:
        self.entered = False

    async def by_ids(self, ids: Collection[CustomerId], /) -> Mapping[CustomerId, CustomerRecord]:
        """Those that are listed."""
        await self._answer(sorted(ids))
        return await super().by_ids(ids)

    async def page(self, *, scope: Scope, request: PageRequest, search: str | None) -> Page[CustomerRecord]:
        """A page of those in scope."""
        await self._answer("page")
        return await super().page(scope=scope, request=request, search=search)

    async def count(self, *, scope: Scope, search: str | None) -> int:
        """How many of them are in scope."""
        await self._answer("count")
        return await super().count(scope=scope, search=search)

    async def _answer(self, question: object) -> None:
        self.asked.append(question)
        if self.failing is not None:
            raise self.failing
        if self.silent:
            await asyncio.Event().wait()


def extension(doorkeeper: Doorkeeper, directory: Directory) -> GraphExtension:
    """All of it."""
    return GraphExtension(
        queries=[NodeQueries],
        mutations=[NodeMutations],
        events=[CountEvents],
        types=[Rack],
        fields={
            "NodeSubscription": NodeFields,
            "ProductSubscription": SubscriptionFields,
            "NodeBlock": BlockFields,
            "Process": ProcessFields,
            "Viewer": ViewerFields,
        },
        customers=directory,
        access_policy=doorkeeper,
    )
