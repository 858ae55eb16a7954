"""What a viewer of one customer sees of a server that has two."""

from typing import Any

import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain.ids import CustomerId
from domain.scope import Scope
from engine.run.bus import EventBus
from engine.run.commands import Commands
from graph.app import context_factory
from graph.context import GraphDependencies
from graph.execution.documents import RequestRefused
from graph.execution.operations import Operations
from graph.execution.request import GraphQLRequest
from graph.permissions import Permission, Viewer
from graph.schema import build_schema
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.house import CREATE_NODE, NODE, House


class Asking:
    """Executes requests for a viewer, below HTTP."""

    def __init__(self, house: House, *permissions: Permission, customer: str = "customer 1") -> None:
        dependencies = GraphDependencies(
            database=house.database,
            catalog=CATALOG,
            registry=REGISTRY,
            commands=Commands(house.database, catalog=CATALOG, registry=REGISTRY),
            bus=EventBus(house.database),
            settings=GraphSettings(),
        )
        schema = build_schema(CATALOG, REGISTRY)
        self._viewer = Viewer(
            name="customer's clerk",
            permissions=frozenset(permissions or Permission),
            scope=Scope.of(CustomerId(customer)),
        )
        self._operations = Operations(
            schema.core,
            executor_class=StrawberryGraphQLCoreExecutionContext,
            new_context=context_factory(dependencies, schema),
        )

    async def __call__(self, query: str, **variables: Any) -> Any:
        request = GraphQLRequest(query=query, variables=variables)
        response: Any = await self._operations.execute(self._operations.prepare(request, self._viewer))
        return response


async def test_a_viewer_sees_its_own_customers_alone(working_house: House) -> None:
    house = working_house
    own, other = await house.start_node(), await house.start_node(customerId="customer 2")
    await house.until(own, "SUSPENDED")
    await house.until(other, "SUSPENDED")
    everything = await house.ask("{ subscriptions { nodes { id customerId } } }")
    [hidden] = [
        node["id"] for node in everything["subscriptions"]["nodes"] if node["customerId"] == "customer 2"
    ]

    found = await Asking(house)(
        """query ($process: ID!, $subscription: ID!) {
             viewer { name customerIds }
             processes { totalCount nodes { id } }
             subscriptions { totalCount nodes { customerId } }
             process(id: $process) { id }
             subscription(id: $subscription) { id }
             a: node(id: $process) { id }
             b: node(id: $subscription) { id } }""",
        process=other,
        subscription=hidden,
    )

    assert found == {
        "data": {
            "viewer": {"name": "customer's clerk", "customerIds": ["customer 1"]},
            "processes": {"totalCount": 1, "nodes": [{"id": own}]},
            "subscriptions": {"totalCount": 1, "nodes": [{"customerId": "customer 1"}]},
            "process": None,
            "subscription": None,
            "a": None,
            "b": None,
        }
    }


async def test_a_viewer_cannot_act_for_other_customers(working_house: House) -> None:
    house = working_house
    other = await house.start_node(customerId="customer 2")
    await house.until(other, "SUSPENDED")
    ask = Asking(house)

    started = await ask(CREATE_NODE, input={**NODE, "customerId": "customer 2"})
    aborted = await ask("mutation ($id: ID!) { abortProcess(process: $id) { __typename } }", id=other)

    assert started["data"]["createNode"] == {
        "__typename": "NotAllowed",
        "message": "Not allowed: customer customer 2 is out of scope.",
    }
    assert aborted["data"]["abortProcess"] == {"__typename": "NotFound"}
    assert await house.until(other, "SUSPENDED") == "SUSPENDED"


async def test_without_the_permission_nothing_is_started(house: House) -> None:
    ask = Asking(house, Permission.CONNECT, Permission.READ_PROCESSES)

    with pytest.raises(RequestRefused) as refused:
        await ask(CREATE_NODE, input=NODE)

    assert refused.value.forbidden
    assert "'Mutation.createNode' needs START_WORKFLOW" in str(refused.value.errors)
    assert (await house.ask("{ processes { totalCount } }"))["processes"]["totalCount"] == 0


async def test_a_node_of_a_type_that_is_not_permitted_is_refused(house: House) -> None:
    process = await house.start_node()

    response = await Asking(house, Permission.CONNECT)(
        "query ($id: ID!) { node(id: $id) { id } }", id=process
    )

    assert response["data"] == {"node": None}
    assert response["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}
