"""The served application with some of everything in its database, to be asked below HTTP."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest_asyncio

from domain.scope import Scope
from engine.run.bus import EventBus
from engine.run.commands import Commands
from engine.run.engine_watch import EngineWatch
from graph.app import context_factory
from graph.context import GraphDependencies
from graph.permissions import Permission, Viewer
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.execution.comparison import Executors
from tests.graph.served.house import SCHEMA, House
from tests.graph.served.stored import Stored, subscription_of

VIEWER = Viewer(name="a test", permissions=frozenset(Permission), scope=Scope.all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A house with something in it.

    Attributes:
        executors: Execute operations on it both ways.
        ids: Of what is in it, as clients see them.
    """

    house: House
    executors: Executors
    ids: list[str]


@pytest_asyncio.fixture
async def filled(house: House) -> AsyncGenerator[Filled]:
    """Nodes, circuits between them; processes: one done, one that waits for a form, one for a worker."""
    stored = Stored(house.database)
    node = await stored.node(ports=("eth0", "eth1"))
    circuit = await stored.circuit(node.node.ports[0], node.node.ports[1])
    other = await stored.circuit(node.node.ports[1], active=False, customer="customer 2")
    async with house.working():
        brought_into_service = await house.active_node()
        waiting = await house.start_node(hostname="lab-2")
        await house.until(waiting, "SUSPENDED")
    created = await house.start_node(hostname="lab-3")
    ids = [brought_into_service, waiting, created, *map(subscription_of, (node, circuit, other))]
    yield Filled(house=house, executors=executors_of(house), ids=ids)


def executors_of(house: House) -> Executors:
    """Executes operations on the database of a house both ways, each in a context of its own."""
    dependencies = GraphDependencies(
        database=house.database,
        catalog=CATALOG,
        registry=REGISTRY,
        commands=Commands(house.database, catalog=CATALOG, registry=REGISTRY),
        bus=EventBus(house.database),
        engine_watch=EngineWatch(house.database),
        settings=GraphSettings(max_list_entries=200),
    )
    new_context = context_factory(dependencies, SCHEMA)
    return Executors(SCHEMA.core, new_context=lambda: new_context(VIEWER))
