"""Blocks of other subscriptions: what is shown of them, to whom, and the way back to their users."""

from typing import Any

import pytest

from domain.ids import CustomerId
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.application import Node
from tests.graph.circuits import CircuitInactive
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

CIRCUIT = """
query ($id: ID!) { subscription(id: $id) {
    ... on CircuitSubscription {
      circuit { title main { id name } ends { ... on PortBlock { id name } } }
      active { circuit { main { name } } } }
    blocks { __typename id blockName ... on Block { ownerSubscription { id customerId } values { name } } }
    blockTree { parent { id } field block { id } isReference } } }
"""


def block_of(block: Any) -> str:
    """The id of a block, as clients see it."""
    return encode_id(IdKind.BLOCK, block.id)


def place(parent: Any, field: str, block: Any, *, is_reference: bool) -> dict[str, object]:
    """A place in a tree, as clients see it."""
    return {
        "parent": None if parent is None else {"id": block_of(parent)},
        "field": field,
        "block": {"id": block_of(block)},
        "isReference": is_reference,
    }


async def two_customers(database: Database) -> tuple[Node, Node, CircuitInactive]:
    """A node of each customer, and a circuit of the first between them."""
    stored = Stored(database)
    own, other = await stored.node(ports=["own"]), await stored.node(customer="customer 2", ports=["other"])
    return own, other, await stored.circuit(other.node.ports[0], own.node.ports[0])


@parity("PM-10")
async def test_a_block_of_another_subscription_is_shown_where_it_is_referred_to(
    house: House, database: Database
) -> None:
    own, other, circuit = await two_customers(database)
    block, own_port, other_port = circuit.circuit, own.node.ports[0], other.node.ports[0]

    found = (await house.ask(CIRCUIT, id=subscription_of(circuit)))["subscription"]

    assert found["circuit"] == {
        "title": "circuit c1",
        "main": {"id": block_of(other_port), "name": "other"},
        "ends": [{"id": block_of(own_port), "name": "own"}],
    }
    assert found["active"] == {"circuit": {"main": {"name": "other"}}}
    assert {
        each["id"]: (each["__typename"], each["ownerSubscription"]["id"]) for each in found["blocks"]
    } == {
        block_of(block): ("CircuitBlock", subscription_of(circuit)),
        block_of(own_port): ("PortBlock", subscription_of(own)),
        block_of(other_port): ("PortBlock", subscription_of(other)),
    }
    assert found["blockTree"] == [
        place(None, "circuit", block, is_reference=False),
        place(block, "ends", own_port, is_reference=True),
        place(block, "main", other_port, is_reference=True),
    ]


@parity("PM-26")
async def test_of_a_block_out_of_scope_nothing_is_told_but_that_it_is_there(
    house: House, database: Database
) -> None:
    own, other, circuit = await two_customers(database)
    block, own_port, other_port = circuit.circuit, own.node.ports[0], other.node.ports[0]

    response = await Asking(house)(CIRCUIT, id=subscription_of(circuit))

    found = response["data"]["subscription"]
    assert "errors" not in response
    assert found["circuit"] == {
        "title": None,
        "main": None,
        "ends": [{"id": block_of(own_port), "name": "own"}],
    }
    assert found["active"] is None
    assert {each["id"]: each for each in found["blocks"]}[block_of(other_port)] == {
        "__typename": "HiddenBlock",
        "id": block_of(other_port),
        "blockName": "PortBlock",
    }
    assert {each["id"] for each in found["blocks"]} == {
        block_of(each) for each in (block, own_port, other_port)
    }
    assert found["blockTree"][2] == place(block, "main", other_port, is_reference=True)
    assert subscription_of(other).removeprefix("subscription_") not in str(response)
    assert "customer 2" not in str(response)


async def test_a_hidden_block_in_a_list_keeps_its_place(house: House, database: Database) -> None:
    stored = Stored(database)
    own, other = await stored.node(), await stored.node(customer="customer 2")
    circuit = await stored.circuit(None, other.node.ports[0], own.node.ports[0], active=False)

    response = await Asking(house)(CIRCUIT, id=subscription_of(circuit))

    assert response["data"]["subscription"]["circuit"]["ends"] == [
        None,
        {"id": block_of(own.node.ports[0]), "name": "eth0"},
    ]


NODE = """
query ($id: ID!) { node(id: $id) { __typename id ... on PortBlock {
    name label ownerSubscription { id } values { name value } inUseBy { totalCount nodes {
      field position subscription { id } parentBlock { id blockName } } } } } }
"""


@parity("PM-11")
async def test_a_block_is_the_same_wherever_it_is_reached(house: House, database: Database) -> None:
    _, other, circuit = await two_customers(database)
    port = other.node.ports[0]
    entity = """{ __typename id name label speed values { name value } ownerSubscription { id }
                  inUseBy { totalCount } }"""
    query = f"""
    query ($circuit: ID!, $node: ID!) {{
      a: subscription(id: $circuit) {{ ... on CircuitSubscription {{ circuit {{ main {entity} }} }} }}
      b: subscription(id: $node) {{ ... on NodeSubscription {{ node {{ ports {entity} }} }} }} }}
    """

    found = await house.ask(query, circuit=subscription_of(circuit), node=subscription_of(other))
    by_id = (await house.ask(NODE, id=block_of(port)))["node"]

    assert found["a"]["circuit"]["main"] == found["b"]["node"]["ports"][0]
    assert by_id["ownerSubscription"] == {"id": subscription_of(other)}
    assert by_id["inUseBy"]["totalCount"] == 2
    assert sorted(by_id["inUseBy"]["nodes"], key=lambda use: use["field"]) == [
        {
            "field": "main",
            "position": 0,
            "subscription": {"id": subscription_of(circuit)},
            "parentBlock": {"id": block_of(circuit.circuit), "blockName": "CircuitBlock"},
        },
        {
            "field": "ports",
            "position": 0,
            "subscription": {"id": subscription_of(other)},
            "parentBlock": {"id": block_of(other.node), "blockName": "NodeBlock"},
        },
    ]


async def test_the_users_of_a_block_that_are_out_of_scope_are_not_shown(
    house: House, database: Database
) -> None:
    own, other, circuit = await two_customers(database)
    ask = Asking(house, scope=Scope.of(CustomerId("customer 2")))

    port = (await ask(NODE, id=block_of(other.node.ports[0])))["data"]["node"]
    hidden = (await ask(NODE, id=block_of(own.node.ports[0])))["data"]["node"]
    related = await ask(RELATED, id=subscription_of(other), depth=3)

    assert [use["field"] for use in port["inUseBy"]["nodes"]] == ["ports"]
    assert hidden is None
    assert related["data"]["subscription"]["inUseBy"] == {"totalCount": 0, "nodes": []}
    assert subscription_of(circuit) not in str(related)


RELATED = """
query ($id: ID!, $depth: Int!) { subscription(id: $id) {
    dependsOn(depth: $depth) { totalCount nodes { id } }
    inUseBy(depth: $depth) { totalCount nodes { id } } } }
"""


def ids(*subscriptions: SubscriptionModel) -> dict[str, object]:
    """A connection of these subscriptions, the newest first."""
    newest = sorted((subscription_of(each) for each in subscriptions), reverse=True)
    return {"totalCount": len(newest), "nodes": [{"id": each} for each in newest]}


@parity("PM-11")
async def test_related_subscriptions_are_followed_as_far_as_is_asked(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    node = await stored.node(ports=["a", "b"])
    first = await stored.circuit(node.node.ports[0])
    second = await stored.circuit(node.node.ports[1], customer="customer 2")

    of_node = (await house.ask(RELATED, id=subscription_of(node), depth=1))["subscription"]
    of_circuit = (await house.ask(RELATED, id=subscription_of(first), depth=2))["subscription"]
    narrowed = await house.ask(
        """query ($id: ID!) { subscription(id: $id) {
             a: inUseBy(statuses: [TERMINATED]) { totalCount }
             b: inUseBy(depth: 2, throughProductTypes: ["Circuit"], first: 1) {
               nodes { id } pageInfo { hasNextPage endCursor } } } }""",
        id=subscription_of(node),
    )
    cursor = narrowed["subscription"]["b"]["pageInfo"]["endCursor"]
    rest = await house.ask(
        """query ($id: ID!, $after: String!) { subscription(id: $id) {
             inUseBy(after: $after) { nodes { id } } } }""",
        id=subscription_of(node),
        after=cursor,
    )

    newest, oldest = sorted((subscription_of(first), subscription_of(second)), reverse=True)
    assert of_node == {"dependsOn": ids(), "inUseBy": ids(first, second)}
    assert of_circuit == {"dependsOn": ids(node), "inUseBy": ids()}
    assert narrowed["subscription"] == {
        "a": {"totalCount": 0},
        "b": {"nodes": [{"id": newest}], "pageInfo": {"hasNextPage": True, "endCursor": cursor}},
    }
    assert rest["subscription"]["inUseBy"]["nodes"] == [{"id": oldest}]


@pytest.mark.parametrize("depth", [0, -1, 101])
async def test_a_depth_out_of_bounds_is_refused(house: House, database: Database, depth: int) -> None:
    node = await Stored(database).node()

    response = await house.post(RELATED, id=subscription_of(node), depth=depth)

    assert {error["extensions"]["code"] for error in response["errors"]} == {"INVALID_DEPTH"}
    assert response["errors"][0]["message"] == f"'depth' is {depth}: expected 1 to 100."


RELATIONS = """
{ subscriptions(first: 100) { nodes { id
    dependsOn(first: 10, depth: 5) { totalCount nodes { id description } }
    inUseBy { nodes { id status } }
    blockTree { block { id } }
    ... on CircuitSubscription { circuit { title total main { name ownerSubscription { id } inUseBy { nodes {
      field subscription { id } parentBlock { id } } } } } } } } }
"""


@pytest.mark.parametrize("circuits", [1, 3])
async def test_relations_take_the_same_few_statements_for_any_number_of_rows(
    house: House, database: Database, statements: StatementLog, circuits: int
) -> None:
    stored = Stored(database)
    node = await stored.node(ports=[f"eth{number}" for number in range(circuits)])
    for port in node.node.ports:
        await stored.circuit(port)

    with statements.recorded() as recorded:
        await house.ask(RELATIONS)

    # The list, what each uses and is used by, those subscriptions with each choice of columns, the trees, the
    # uses of the blocks, the owners of blocks, and the subscriptions that use them.
    assert len([text for text in recorded if not text.startswith("LISTEN")]) == 9


@pytest.mark.parametrize("ends", [1, 4])
async def test_a_detail_through_references_takes_three_statements(
    house: House, database: Database, statements: StatementLog, ends: int
) -> None:
    stored = Stored(database)
    nodes = [await stored.node() for _ in range(ends + 1)]
    circuit = await stored.circuit(*(node.node.ports[0] for node in nodes))

    with statements.recorded() as recorded:
        await house.ask(CIRCUIT, id=subscription_of(circuit))

    # The subscription, its tree with all that it refers to, the owners of the blocks.
    assert len([text for text in recorded if not text.startswith("LISTEN")]) == 3
