"""Products: what is known of each, and how many subscriptions it has."""

from typing import Any

import pytest

from graph.permissions import Permission
from tests.graph.served.catalog.house import CUSTOMER_1, CatalogHouse, viewer_of
from tests.parity import parity

WITH_COUNTS = """
query ($where: ProductWhere) {
  products(where: $where, orderBy: [{field: NAME}]) { nodes { name subscriptionCounts { status count } } }
}
"""


@pytest.mark.parametrize("noun", ["product", "productBlock", "workflow"])
@parity("GQ-01")
@parity("GQ-07")
async def test_what_the_catalogue_has_is_found_by_its_id_or_by_its_name(
    catalog: CatalogHouse, noun: str
) -> None:
    ids = {
        "product": ("Circuit", catalog.ids["Circuit"]),
        "productBlock": ("PortBlock", catalog.ids["PortBlock"]),
        "workflow": ("rename_node", "workflow_rename_node"),
    }
    name, identifier = ids[noun]
    query = f"query ($id: ID, $name: String) {{ {noun}(id: $id, name: $name) {{ id name }} }}"

    by_id = await catalog.ask(query, id=identifier)
    by_name = await catalog.ask(query, name=name)
    unknown = [await catalog.ask(query, name=each) for each in ("Nothing", "", "\0", "\ud800")]

    assert by_id == by_name == {noun: {"id": identifier, "name": name}}
    assert unknown == [{noun: None}] * 4


@pytest.mark.parametrize("noun", ["product", "productBlock", "workflow"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Found neither 'id' nor 'name', expected one of them."),
        ("(id: null, name: null)", "Found neither 'id' nor 'name', expected one of them."),
        ('(id: "x", name: "y")', "Found 'id' and 'name', expected one of them."),
    ],
)
async def test_a_getter_takes_an_id_or_a_name(
    catalog: CatalogHouse, noun: str, arguments: str, message: str
) -> None:
    response = await catalog.post(f"{{ {noun}{arguments} {{ id }} }}")

    [error] = response["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("INVALID_ARGUMENTS", message)


async def test_fixed_inputs_say_what_the_fields_of_subscriptions_say(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        """query ($circuit: ID!, $node: ID!) {
          circuit: subscription(id: $circuit) {
            product { fixedInputs { name kind isList value } } ... on CircuitSubscription { frameSize } }
          node: subscription(id: $node) {
            product { fixedInputs { name kind isList value } } ... on NodeSubscription { vendor } }
        }""",
        circuit=catalog.ids["circuit"],
        node=catalog.ids["node 1"],
    )

    assert found == {
        "circuit": {
            "product": {
                "fixedInputs": [{"name": "frameSize", "kind": "ENUM", "isList": False, "value": "JUMBO"}]
            },
            "frameSize": "JUMBO",
        },
        "node": {
            "product": {
                "fixedInputs": [{"name": "vendor", "kind": "STRING", "isList": False, "value": "acme"}]
            },
            "vendor": "acme",
        },
    }


async def test_a_product_that_has_left_the_catalogue_has_its_values_and_no_model(
    catalog: CatalogHouse,
) -> None:
    found = await catalog.ask(
        """{ product(name: "Old 1") {
          status createdAt endedAt fixedInputs { name description kind isList value }
          workflows { name } blocks { name } rootBlocks { name } subscriptionCounts { status count }
          subscriptions { totalCount nodes { id } } } }"""
    )

    assert found["product"] == {
        "status": "END_OF_LIFE",
        "createdAt": "2020-01-01T00:00:00.000000Z",
        "endedAt": "2024-01-01T00:00:00.000000Z",
        "fixedInputs": [
            {"name": "frameSize", "description": None, "kind": "JSON", "isList": False, "value": 9000}
        ],
        "workflows": [],
        "blocks": [],
        "rootBlocks": [],
        "subscriptionCounts": [],
        "subscriptions": {"totalCount": 0, "nodes": []},
    }


async def test_a_product_knows_its_blocks_at_any_depth_and_its_workflows(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        """{ node: product(name: "Node acme") { rootBlocks { name } blocks { name } workflows { name } }
             circuit: product(name: "Circuit") { rootBlocks { name } blocks { name } } }"""
    )

    assert names(found["node"]["rootBlocks"]) == ["NodeBlock"]
    assert names(found["node"]["blocks"]) == ["NodeBlock", "PortBlock"]
    assert names(found["node"]["workflows"]) == [
        "create_node",
        "create_node_by_wizard",
        "rename_node",
        "validate_node",
        "terminate_node",
    ]
    assert names(found["circuit"]["rootBlocks"]) == ["CircuitBlock"]
    assert set(names(found["circuit"]["blocks"])) == {"CircuitBlock", "PortBlock", "FibreBlock", "RadioBlock"}


async def test_products_with_counts_take_two_statements(catalog: CatalogHouse) -> None:
    one, few = await catalog.counted(WITH_COUNTS, where={"name": {"eq": "Circuit"}})
    every, many = await catalog.counted(WITH_COUNTS)

    assert one == {"products": {"nodes": [{"name": "Circuit", "subscriptionCounts": counts(ACTIVE=1)}]}}
    assert by_name(every) == {
        "Circuit": counts(ACTIVE=1),
        "Node acme": counts(ACTIVE=3),
        "Node umbrella": [],
        "Old 1": [],
        "Old 2": [],
        "Old 3": [],
        "Old 4": [],
    }
    assert (few, many) == (2, 2)


async def test_counts_are_of_the_customers_in_scope(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        WITH_COUNTS, viewer=viewer_of(scope=CUSTOMER_1), where={"name": {"startsWith": "Node"}}
    )

    assert by_name(found) == {"Node acme": counts(ACTIVE=2), "Node umbrella": []}


async def test_the_subscriptions_of_many_products_take_two_statements_and_their_totals_one(
    catalog: CatalogHouse,
) -> None:
    query = """{ products(orderBy: [{field: NAME}]) { nodes { name subscriptions(first: 2) {
      %s nodes { id status } pageInfo { hasNextPage hasPreviousPage } } } } }"""

    found, taken = await catalog.counted(query % "")
    _, with_totals = await catalog.counted(query % "totalCount")
    oldest, taken_for_oldest = await catalog.counted((query % "").replace("first: 2", "last: 2"))

    shown = {
        node["name"]: [each["id"] for each in node["subscriptions"]["nodes"]]
        for node in found["products"]["nodes"]
    }
    assert shown["Node acme"] == [catalog.ids["node 3"], catalog.ids["node 2"]]
    assert shown["Circuit"] == [catalog.ids["circuit"]]
    assert shown["Node umbrella"] == []
    acme = next(node for node in found["products"]["nodes"] if node["name"] == "Node acme")
    assert acme["subscriptions"]["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    acme = next(node for node in oldest["products"]["nodes"] if node["name"] == "Node acme")
    assert [each["id"] for each in acme["subscriptions"]["nodes"]] == [
        catalog.ids["node 2"],
        catalog.ids["node 1"],
    ]
    assert acme["subscriptions"]["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert (taken, with_totals, taken_for_oldest) == (3, 4, 3)


async def test_the_subscriptions_of_a_product_are_walked_in_both_directions(catalog: CatalogHouse) -> None:
    query = """query ($first: Int, $after: String, $last: Int, $before: String, $offset: Int) {
      product(name: "Node acme") { subscriptions(
          first: $first, after: $after, last: $last, before: $before, offset: $offset) {
        totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
    newest_first = [catalog.ids[f"node {number}"] for number in (3, 2, 1)]

    async def page(**arguments: Any) -> Any:
        return (await catalog.ask(query, **arguments))["product"]["subscriptions"]

    first = await page(first=2)
    rest = await page(first=2, after=first["pageInfo"]["endCursor"])
    last = await page(last=1)
    middle = await page(last=1, before=last["pageInfo"]["startCursor"])
    skipped = await page(first=5, offset=1)
    scoped = await catalog.ask(query, viewer=viewer_of(scope=CUSTOMER_1))

    assert [each["id"] for each in first["nodes"] + rest["nodes"]] == newest_first
    assert [each["id"] for each in middle["nodes"] + last["nodes"]] == newest_first[1:]
    assert [each["id"] for each in skipped["nodes"]] == newest_first[1:]
    assert first["totalCount"] == 3
    assert scoped["product"]["subscriptions"]["totalCount"] == 2
    foreign = (await catalog.ask("{ subscriptions(first: 1) { pageInfo { endCursor } } }"))["subscriptions"]
    response = await catalog.post(query, after=foreign["pageInfo"]["endCursor"])
    assert [error["extensions"]["code"] for error in response["errors"]] == ["INVALID_PAGE"]


async def test_counts_and_subscriptions_take_the_permission_to_read_subscriptions(
    catalog: CatalogHouse,
) -> None:
    clerk = viewer_of(Permission.CONNECT, Permission.READ_CATALOG)

    allowed = await catalog.ask('{ product(name: "Circuit") { blocks { name } } }', viewer=clerk)
    refused = [
        await catalog.post(f'{{ product(name: "Circuit") {{ {field} }} }}', viewer=clerk)
        for field in ("subscriptionCounts { count }", "subscriptions { totalCount }")
    ]

    assert allowed["product"]["blocks"] != []
    assert [{error["extensions"]["code"] for error in each["errors"]} for each in refused] == [
        {"NOT_ALLOWED"},
        {"NOT_ALLOWED"},
    ]


def names(nodes: list[dict[str, str]]) -> list[str]:
    return [node["name"] for node in nodes]


def by_name(found: Any) -> dict[str, Any]:
    return {node["name"]: node["subscriptionCounts"] for node in found["products"]["nodes"]}


def counts(**numbers: int) -> list[dict[str, object]]:
    return [{"status": status, "count": number} for status, number in numbers.items()]
