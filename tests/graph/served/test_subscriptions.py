import pytest

from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity

NODE = """
query ($id: ID!) {
  subscription(id: $id) {
    __typename id customerId status inSync version startAt
    product { name fixedInputs { name value } }
    ... on NodeSubscription {
      vendor
      node { id blockName label hostname role serial loopback tags ports { id name speed } uplink { id } }
      active { vendor node { hostname role serial ports { name speed } } }
    }
    blocks { __typename id blockName
             ... on Block { values { name kind isList value } ownerSubscription { id } } }
    blockTree { field position isReference parent { id } block { id } }
  }
}
"""


@parity("GQ-05")
@parity("W-52")
async def test_an_active_subscription_has_its_blocks_loose_strict_and_generic(working_house: House) -> None:
    subscription_id = await working_house.active_node()

    found = (await working_house.ask(NODE, id=subscription_id))["subscription"]

    node, blocks = found["node"], found["blocks"]
    assert (found["__typename"], found["id"], found["customerId"]) == (
        "NodeSubscription",
        subscription_id,
        "customer 1",
    )
    assert (found["status"], found["inSync"], found["vendor"]) == ("ACTIVE", True, "acme")
    assert found["startAt"].endswith("Z")
    assert found["product"] == {"name": "Node acme", "fixedInputs": [{"name": "vendor", "value": "acme"}]}
    assert {name: node[name] for name in ("blockName", "hostname", "role", "serial", "loopback", "tags")} == {
        "blockName": "NodeBlock",
        "hostname": "lab-1",
        "role": "CORE",
        "serial": "7",
        "loopback": None,
        "tags": [],
    }
    assert [(port["name"], port["speed"]) for port in node["ports"]] == [
        ("eth0", "100000000000"),
        ("eth1", "1000"),
    ]
    assert found["active"] == {
        "vendor": "acme",
        "node": {
            "hostname": "lab-1",
            "role": "CORE",
            "serial": "7",
            "ports": [{"name": "eth0", "speed": "100000000000"}, {"name": "eth1", "speed": "1000"}],
        },
    }
    assert [block["__typename"] for block in blocks] == ["NodeBlock", "PortBlock", "PortBlock"]
    assert found["blockTree"] == [
        {
            "field": field,
            "position": position,
            "isReference": False,
            "parent": parent and {"id": parent},
            "block": {"id": block},
        }
        for parent, field, position, block in (
            (None, "node", 0, node["id"]),
            (node["id"], "ports", 0, blocks[1]["id"]),
            (node["id"], "ports", 1, blocks[2]["id"]),
        )
    ]
    assert blocks[1]["id"] == node["ports"][0]["id"]
    assert blocks[1]["values"] == [
        {"name": "name", "kind": "STRING", "isList": False, "value": "eth0"},
        {"name": "speed", "kind": "BIG_INT", "isList": False, "value": "100000000000"},
    ]
    assert blocks[1]["ownerSubscription"] == {"id": subscription_id}


async def test_a_subscription_that_is_not_yet_active_has_no_strict_form(working_house: House) -> None:
    house = working_house
    await house.until(await house.start_node(), "SUSPENDED")

    found = await house.ask(
        """{ subscriptions(where: {status: {eq: PROVISIONING}}) { nodes {
               status ... on NodeSubscription { node { serial } active { vendor } } } } }"""
    )

    assert found["subscriptions"]["nodes"] == [
        {"status": "PROVISIONING", "node": {"serial": None}, "active": None}
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("values - 'tags'", None),
        ("jsonb_set(values, '{ports}', '1')", None),
        ("jsonb_set(values, '{tags}', '1')", "'tags' of NodeBlock is 1: expected a list of String."),
        (
            "jsonb_set(values, '{serial}', '\"seven\"')",
            "'serial' of NodeBlock is 'seven': expected a BigInt.",
        ),
        ("jsonb_set(values, '{role}', '\"moon\"')", "'role' of NodeBlock is 'moon': expected a Role."),
    ],
)
async def test_a_tree_that_drifted_from_its_model_is_a_typed_problem(
    working_house: House, database: Database, change: str, message: str | None
) -> None:
    subscription_id = await working_house.active_node()
    async with database.writer() as connection:
        await connection.execute(f"UPDATE block SET values = {change} WHERE block = 'NodeBlock'")  # noqa: S608  # a constant of this test

    response = await working_house.post(
        """query ($id: ID!) { subscription(id: $id) {
             ... on NodeSubscription { node { serial role tags } active { vendor } } } }""",
        id=subscription_id,
    )

    if message is None:
        assert "errors" not in response
    else:
        assert {error["extensions"]["code"] for error in response["errors"]} == {"MODEL_DRIFTED"}
        assert message in response["errors"][0]["message"]


async def test_a_tree_that_drifted_costs_a_list_nothing_but_its_own_blocks(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    sound, drifted = await stored.node(ports=()), await stored.node(ports=())
    async with database.writer() as connection:
        await connection.execute(
            "UPDATE block SET values = jsonb_set(values, '{serial}', 'true') WHERE id = $1", drifted.node.id
        )
    blocks = [encode_id(IdKind.BLOCK, node.node.id) for node in (drifted, sound)]

    response = await house.post(
        """query ($blocks: [ID!]!) { nodes(ids: $blocks) { id }
             nodeSubscriptions { nodes { id node { serial } blocks { id } blockTree { depth } } } }""",
        blocks=blocks,
    )

    codes = [error["extensions"]["code"] for error in response["errors"]]
    assert codes == ["MODEL_DRIFTED"] * 4
    assert response["data"] == {
        "nodes": [None, {"id": blocks[1]}],
        "nodeSubscriptions": {
            "nodes": [
                {"id": subscription_of(drifted), "node": None, "blocks": None, "blockTree": None},
                {
                    "id": subscription_of(sound),
                    "node": {"serial": "1"},
                    "blocks": [{"id": blocks[1]}],
                    "blockTree": [{"depth": 0}],
                },
            ]
        },
    }


async def test_a_subscription_of_a_product_that_is_gone_still_shows(
    working_house: House, database: Database
) -> None:
    subscription_id = await working_house.active_node()
    async with database.writer() as connection:
        await connection.execute("UPDATE product SET name = 'Node of old' WHERE name = 'Node acme'")

    found = await working_house.ask(
        "query ($id: ID!) { subscription(id: $id) { __typename id status product { name } blocks { id } } }",
        id=subscription_id,
    )

    assert found["subscription"] == {
        "__typename": "RetiredSubscription",
        "id": subscription_id,
        "status": "ACTIVE",
        "product": {"name": "Node of old"},
        "blocks": [],
    }
