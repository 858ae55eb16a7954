"""What made each version of a subscription, and the whole of one as it was."""

from typing import Any

import pytest

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.application import Node
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.postgres import StatementLog

VERSIONS = """
query ($id: ID!, $first: Int, $after: String) { subscription(id: $id) {
    version
    versions(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
      version actor stepKey override process { id }
      changes { blockId blockName field before after } } } } }
"""

VERSION = """
query ($id: ID!, $version: Int!) { subscriptionVersion(subscription: $id, version: $version) {
    subscriptionId version productName customerId status description
    blocks { blockId blockName label values { name kind isList value } }
    relations { parentId field position blockId isReference } } }
"""


def block_of(block: Any) -> str:
    """The id of a block, as clients see it."""
    return encode_id(IdKind.BLOCK, block.id)


async def changed_node(database: Database) -> Node:
    """A node with one port, of which version 2 has another name, and version 3 no port."""
    stored = Stored(database)
    node = await stored.node()
    node.node.hostname = "renamed"
    node.node.ports[0].speed = 2**70
    await stored.save(node)
    node = await stored.load(node.id)
    assert isinstance(node, Node)
    node.node.ports = []
    await stored.save(node)
    return node


async def test_each_version_tells_what_it_changed(house: House, database: Database) -> None:
    node = await changed_node(database)
    first = await house.ask(VERSIONS, id=subscription_of(node), first=2)
    page = first["subscription"]["versions"]
    rest = await house.ask(VERSIONS, id=subscription_of(node), after=page["pageInfo"]["endCursor"])

    assert first["subscription"]["version"] == 3
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    assert [(each["version"], each["actor"], each["process"]) for each in page["nodes"]] == [
        (3, "a test", None),
        (2, "a test", None),
    ]
    renamed = page["nodes"][1]["changes"]
    port = next(change["blockId"] for change in renamed if change["field"] == "speed")
    assert sorted(renamed, key=lambda change: change["field"]) == [
        {
            "blockId": block_of(node.node),
            "blockName": "NodeBlock",
            "field": "hostname",
            "before": "customer 1 node",
            "after": "renamed",
        },
        {
            "blockId": port,
            "blockName": "PortBlock",
            "field": "speed",
            "before": "1000",
            "after": str(2**70),
        },
    ]
    emptied = page["nodes"][0]["changes"]
    assert {
        "blockId": block_of(node.node),
        "blockName": None,
        "field": "ports",
        "before": [port],
        "after": None,
    } in emptied
    assert {
        "blockId": port,
        "blockName": "PortBlock",
        "field": "name",
        "before": "eth0",
        "after": None,
    } in emptied
    made = rest["subscription"]["versions"]["nodes"]
    assert [each["version"] for each in made] == [1]
    assert {
        "blockId": None,
        "blockName": None,
        "field": "status",
        "before": None,
        "after": "ACTIVE",
    } in made[0]["changes"]


async def test_a_version_is_shown_as_it_was(house: House, database: Database) -> None:
    node = await changed_node(database)

    first = (await house.ask(VERSION, id=subscription_of(node), version=1))["subscriptionVersion"]
    last = (await house.ask(VERSION, id=subscription_of(node), version=3))["subscriptionVersion"]

    blocks = {block["blockName"]: block for block in first["blocks"]}
    port = blocks["PortBlock"]["blockId"]
    assert (first["subscriptionId"], first["version"], first["status"]) == (
        subscription_of(node),
        1,
        "ACTIVE",
    )
    assert (first["productName"], first["customerId"], first["description"]) == (
        "Node acme",
        "customer 1",
        "A node",
    )
    assert blocks["PortBlock"]["values"] == [
        {"name": "name", "kind": "STRING", "isList": False, "value": "eth0"},
        {"name": "speed", "kind": "BIG_INT", "isList": False, "value": "1000"},
    ]
    assert {value["name"]: value["value"] for value in blocks["NodeBlock"]["values"]}["role"] == "CORE"
    assert first["relations"] == [
        {
            "parentId": None,
            "field": "node",
            "position": 0,
            "blockId": block_of(node.node),
            "isReference": False,
        },
        {
            "parentId": block_of(node.node),
            "field": "ports",
            "position": 0,
            "blockId": port,
            "isReference": False,
        },
    ]
    assert [block["blockName"] for block in last["blocks"]] == ["NodeBlock"]


async def test_an_unknown_version_is_a_typed_problem(house: House, database: Database) -> None:
    node = await changed_node(database)
    identifier = subscription_of(node)

    errors = [await house.error(VERSION, id=identifier, version=version) for version in (0, 4, 2**31 - 1)]
    unknown = await house.ask(VERSION, id="subscription_01h455vb4pex5vsknk084sn02q", version=1)

    assert errors == [
        ("VERSION_NOT_FOUND", f"{identifier} has no version {version}: expected 1 to 3.")
        for version in (0, 4, 2**31 - 1)
    ]
    assert unknown == {"subscriptionVersion": None}


async def test_versions_tell_nothing_of_other_customers(house: House, database: Database) -> None:
    stored = Stored(database)
    other = await stored.node(customer="customer 2")
    circuit = await stored.circuit(other.node.ports[0])
    ask = Asking(house, scope=Scope.of(CustomerId("customer 1")))

    history = await ask(VERSIONS, id=subscription_of(circuit))
    version = await ask(VERSION, id=subscription_of(circuit), version=1)
    hidden = await ask(VERSION, id=subscription_of(other), version=1)

    [reference] = [
        each for each in version["data"]["subscriptionVersion"]["relations"] if each["isReference"]
    ]
    assert (reference["field"], reference["blockId"]) == ("main", block_of(other.node.ports[0]))
    assert hidden == {"data": {"subscriptionVersion": None}}
    for answer in (history, version):
        assert "errors" not in answer
        assert str(other.id) not in str(answer)
        assert subscription_of(other) not in str(answer)


@pytest.mark.parametrize("page", ["first: 3", "last: 3"])
async def test_the_same_page_of_the_versions_of_many_is_one_statement(
    house: House, database: Database, statements: StatementLog, page: str
) -> None:
    stored = Stored(database)
    for _ in range(3):
        await stored.node()

    with statements.recorded() as recorded:
        found = await house.ask(
            f"{{ subscriptions {{ nodes {{ versions({page}) {{ nodes {{ at }} }} }} }} }}"
        )

    assert [len(node["versions"]["nodes"]) for node in found["subscriptions"]["nodes"]] == [1, 1, 1]
    assert len([text for text in recorded if not text.startswith("LISTEN")]) == 2
