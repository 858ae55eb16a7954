"""The lists of the catalogue: filtered, sorted, paged."""

from typing import Any

import pytest

from graph.lists.paging import encode_cursor
from tests.graph.served.catalog.house import CatalogHouse
from tests.parity import parity

TYPES = {"products": "Product", "productBlocks": "ProductBlock", "workflows": "Workflow"}
PRODUCTS = ["Circuit", "Node acme", "Node umbrella", "Old 1", "Old 2", "Old 3", "Old 4"]
BLOCKS = ["CircuitBlock", "FibreBlock", "NodeBlock", "OldBlock", "PortBlock", "RadioBlock"]


def query_of(field: str) -> str:
    """A query of one list, with all of its arguments."""
    kind = TYPES[field]
    return f"""query ($where: {kind}Where, $orderBy: [{kind}OrderBy!], $first: Int, $after: String,
                      $last: Int, $before: String, $offset: Int) {{
      {field}(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before,
              offset: $offset) {{
        totalCount nodes {{ name }} edges {{ cursor }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""


async def listed(catalog: CatalogHouse, field: str, **arguments: Any) -> list[str]:
    """The names on a page."""
    found = (await catalog.ask(query_of(field), **arguments))[field]
    return [node["name"] for node in found["nodes"]]


async def found_by(catalog: CatalogHouse, field: str, where: object) -> list[str]:
    """The names of what a filter holds of, by name; the total is checked."""
    found = (await catalog.ask(query_of(field), where=where, orderBy=[{"field": "NAME"}], first=100))[field]
    assert found["totalCount"] == len(found["nodes"])
    return [node["name"] for node in found["nodes"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, PRODUCTS),
        ({}, PRODUCTS),
        ({"name": {"eq": "Circuit"}}, ["Circuit"]),
        ({"name": {"contains": "NODE"}}, PRODUCTS[1:3]),
        ({"name": {"startsWith": "node"}}, []),
        ({"name": {"in": ["Old 4", "Circuit", "Nothing"]}}, ["Circuit", "Old 4"]),
        ({"name": {"in": []}}, []),
        ({"tag": {"eq": "ACME"}}, ["Node acme"]),
        ({"productType": {"eq": "Node"}, "status": {"eq": "ACTIVE"}}, PRODUCTS[1:3]),
        ({"status": {"in": ["END_OF_LIFE", "PHASE_OUT"]}}, PRODUCTS[3:]),
        ({"model": {"eq": "Circuit"}}, ["Circuit"]),
        ({"description": {"contains": "made by"}}, PRODUCTS[1:3]),
        ({"endedAt": {"isNull": True}}, PRODUCTS[:3]),
        ({"endedAt": {"lt": "2024-01-01T02:00:00+02:00"}}, []),
        ({"endedAt": {"lte": "2024-01-01T02:00:00+02:00"}}, PRODUCTS[3:]),
        ({"createdAt": {"gt": "2020-01-01T00:00:00Z"}}, PRODUCTS[:3]),
        ({"fixedInputs": {"node": {"vendor": {"eq": "acme"}}}}, ["Node acme"]),
        ({"fixedInputs": {"node": {"vendor": {"contains": "A"}}}}, PRODUCTS[1:3]),
        ({"fixedInputs": {"circuit": {"frameSize": {"eq": "JUMBO"}}}}, ["Circuit"]),
        ({"fixedInputs": {"circuit": {"frameSize": {"in": ["NORMAL"]}}}}, []),
        ({"not": {"fixedInputs": {"node": {"vendor": {"eq": "acme"}}}}}, ["Circuit", *PRODUCTS[2:]]),
        ({"block": {"name": {"eq": "PortBlock"}}}, PRODUCTS[:3]),
        ({"block": {"field": {"eq": "frameSize"}}}, ["Circuit"]),
        ({"block": {"name": {"eq": "PortBlock"}, "field": {"eq": "hostname"}}}, []),
        (
            {"and": [{"block": {"name": {"eq": "PortBlock"}}}, {"block": {"field": {"eq": "hostname"}}}]},
            PRODUCTS[1:3],
        ),
        ({"or": [{"name": {"eq": "Old 2"}}, {"tag": {"eq": "CIRCUIT"}}]}, ["Circuit", "Old 2"]),
        ({"or": []}, []),
        ({"and": []}, PRODUCTS),
    ],
)
@parity("GQ-01", mends="text-filters")
@parity("QL-01")
async def test_products_are_filtered(catalog: CatalogHouse, where: object, expected: list[str]) -> None:
    assert await found_by(catalog, "products", where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, BLOCKS),
        ({"name": {"contains": "block"}}, BLOCKS),
        ({"status": {"eq": "END_OF_LIFE"}}, ["OldBlock"]),
        ({"endedAt": {"isNull": False}}, ["OldBlock"]),
        ({"description": {"eq": "A fibre."}}, ["FibreBlock"]),
        ({"product": {"name": {"eq": "Node acme"}}}, ["NodeBlock", "PortBlock"]),
        (
            {"product": {"tag": {"startsWith": "CIRC"}}},
            ["CircuitBlock", "FibreBlock", "PortBlock", "RadioBlock"],
        ),
        ({"product": {"tag": {"eq": "ACME"}, "productType": {"eq": "Circuit"}}}, []),
        ({"field": {"name": {"eq": "frameSize"}}}, ["CircuitBlock"]),
        ({"field": {"name": {"eq": "provider"}}}, ["FibreBlock", "RadioBlock"]),
        ({"field": {"kind": {"eq": "IPV4_ADDRESS"}}}, ["NodeBlock"]),
        ({"field": {"kind": {"eq": "BLOCK"}}, "not": {"name": {"eq": "NodeBlock"}}}, ["CircuitBlock"]),
    ],
)
async def test_product_blocks_are_filtered(catalog: CatalogHouse, where: object, expected: list[str]) -> None:
    assert await found_by(catalog, "productBlocks", where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"name": {"startsWith": "create_"}}, ["create_node", "create_node_by_wizard"]),
        ({"name": {"contains": "NODE_BY"}}, ["create_node_by_wizard"]),
        ({"target": {"in": ["VALIDATE", "TERMINATE"]}}, ["terminate_node", "validate_node"]),
        ({"isTask": {"eq": True}, "target": {"eq": "SYSTEM"}}, ["call_back", "find_guarded", "work"]),
        ({"hasWizard": {"eq": True}}, ["create_node_by_wizard", "move_circuit"]),
        ({"description": {"contains": "another name"}}, ["rename_node"]),
        ({"product": {"name": {"eq": "Circuit"}}}, ["move_circuit", "set_circuit"]),
        ({"product": {"tag": {"eq": "ACME"}}, "target": {"eq": "MODIFY"}}, ["rename_node"]),
        ({"product": {"name": {"eq": "Old 1"}}}, []),
        ({"not": {"product": {"name": {"isNull": False}}}}, ["call_back", "find_guarded", "work"]),
        ({"name": {"gt": "validate_node"}}, ["work"]),
        ({"name": {"gte": "validate_node", "lt": "work"}}, ["validate_node"]),
        ({"name": {"isNull": True}}, []),
        ({"or": []}, []),
    ],
)
async def test_workflows_are_filtered(catalog: CatalogHouse, where: object, expected: list[str]) -> None:
    assert await found_by(catalog, "workflows", where) == expected


@pytest.mark.parametrize(
    ("field", "where", "path"),
    [
        ("products", {"name": None}, ["where", "name"]),
        ("products", {"name": {}}, ["where", "name"]),
        ("products", {"id": {"eq": "workflow_x"}}, ["where", "id", "eq"]),
        ("products", {"name": {"eq": "\0"}}, ["where", "name", "eq"]),
        ("products", {"name": {"in": ["x"] * 1_001}}, ["where", "name", "in"]),
        ("products", {"block": {}}, ["where", "block"]),
        ("products", {"fixedInputs": {}}, ["where", "fixedInputs"]),
        ("products", {"fixedInputs": {"node": {}}}, ["where", "fixedInputs", "node"]),
        ("products", {"fixedInputs": {"node": {"vendor": None}}}, ["where", "fixedInputs", "node", "vendor"]),
        ("productBlocks", {"field": {"name": {}}}, ["where", "field", "name"]),
        ("workflows", {"name": {"eq": "\ud800"}}, ["where", "name", "eq"]),
        ("workflows", {"product": {"name": {"contains": None}}}, ["where", "product", "name", "contains"]),
        ("workflows", {"or": [{"name": {"eq": "a"}}] * 201}, ["where"]),
        ("productBlocks", {"or": [{"name": {"eq": "a"}}] * 201}, ["where"]),
    ],
)
@parity("QL-01", mends="ids-as-text")
@parity("GQ-10", mends="rest-of-rows")
async def test_a_filter_that_makes_no_sense_is_refused_with_its_path(
    catalog: CatalogHouse, field: str, where: object, path: list[str]
) -> None:
    response = await catalog.post(query_of(field), where=where)

    [error] = response["errors"]
    assert response["data"] is None
    assert (error["extensions"]["code"], error["extensions"]["argumentPath"]) == ("INVALID_FILTER", path)


@pytest.mark.parametrize("field", TYPES)
async def test_a_filter_of_too_many_levels_is_refused(catalog: CatalogHouse, field: str) -> None:
    where: dict[str, object] = {"name": {"eq": "x"}}
    for _ in range(12):
        where = {"not": where}

    response = await catalog.post(query_of(field), where=where)

    assert [error["extensions"]["code"] for error in response["errors"]] == ["INVALID_FILTER"]


ORDERS = {
    "products": (
        "ID",
        "NAME",
        "TAG",
        "PRODUCT_TYPE",
        "DESCRIPTION",
        "STATUS",
        "MODEL",
        "CREATED_AT",
        "ENDED_AT",
    ),
    "productBlocks": ("ID", "NAME", "DESCRIPTION", "STATUS", "CREATED_AT", "ENDED_AT"),
    "workflows": ("NAME", "DESCRIPTION", "TARGET"),
}


@pytest.mark.parametrize("field", TYPES)
@parity("GQ-01", mends="offset-alone")
@parity("QL-02", mends="tie-breaker")
@parity("QL-03")
async def test_every_order_is_walked_in_both_directions_without_gaps_or_repeats(
    catalog: CatalogHouse, field: str
) -> None:
    for order in ORDERS[field]:
        upwards, downwards = ([{"field": order, "direction": each}] for each in ("ASC", "DESC"))
        whole = await listed(catalog, field, orderBy=upwards, first=100)

        assert await walked(catalog, field, orderBy=upwards, size=3) == whole, order
        assert await walked_back(catalog, field, orderBy=upwards, size=2) == whole, order
        assert await walked(catalog, field, orderBy=downwards, size=2) == whole[::-1], order
        assert len(set(whole)) == len(whole) > 3


@pytest.mark.parametrize("field", TYPES)
async def test_numbered_pages_are_the_list_in_pieces(catalog: CatalogHouse, field: str) -> None:
    whole = await listed(catalog, field, first=100)

    pages = [await listed(catalog, field, first=3, offset=offset) for offset in range(0, len(whole) + 3, 3)]

    assert [name for page in pages for name in page] == whole


async def walked(catalog: CatalogHouse, field: str, *, size: int, **arguments: Any) -> list[str]:
    """All names, page by page."""
    names: list[str] = []
    cursor = None
    more = True
    while more:
        page = (await catalog.ask(query_of(field), first=size, after=cursor, **arguments))[field]
        names += [node["name"] for node in page["nodes"]]
        assert page["pageInfo"]["hasPreviousPage"] == (cursor is not None)
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    after_all = (await catalog.ask(query_of(field), first=size, after=cursor, **arguments))[field]
    assert (after_all["nodes"], after_all["pageInfo"]["hasNextPage"]) == ([], False)
    return names


async def walked_back(catalog: CatalogHouse, field: str, *, size: int, **arguments: Any) -> list[str]:
    """All names, page by page from the end."""
    names: list[str] = []
    cursor = None
    more = True
    while more:
        page = (await catalog.ask(query_of(field), last=size, before=cursor, **arguments))[field]
        names = [node["name"] for node in page["nodes"]] + names
        assert page["pageInfo"]["hasNextPage"] == (cursor is not None)
        cursor, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
    return names


async def test_an_order_of_several_fields_breaks_ties_by_the_next_one(catalog: CatalogHouse) -> None:
    of_products = [{"field": "MODEL", "direction": "DESC"}, {"field": "STATUS"}, {"field": "NAME"}]
    of_workflows = [{"field": "TARGET", "direction": "DESC"}, {"field": "NAME", "direction": "DESC"}]

    products = await walked(catalog, "products", size=2, orderBy=of_products)
    workflows = await walked(catalog, "workflows", size=2, orderBy=of_workflows)

    assert products == ["Node acme", "Node umbrella", "Old 1", "Old 2", "Old 3", "Old 4", "Circuit"]
    assert workflows == [
        "validate_node",
        "terminate_node",
        "work",
        "find_guarded",
        "call_back",
        "set_circuit",
        "rename_node",
        "move_circuit",
        "create_node_by_wizard",
        "create_node",
    ]


@pytest.mark.parametrize(
    ("field", "order_by"),
    [
        ("products", [{"field": "ID"}, {"field": "NAME"}]),
        ("productBlocks", [{"field": "NAME"}, {"field": "NAME"}]),
        ("workflows", [{"field": "NAME"}, {"field": "TARGET"}]),
    ],
)
@parity("QL-02", mends="unknown-field")
async def test_an_order_that_makes_no_sense_is_refused(
    catalog: CatalogHouse, field: str, order_by: object
) -> None:
    code, _ = await catalog.error(query_of(field), orderBy=order_by)

    assert code == "INVALID_ORDER"


@pytest.mark.parametrize("field", TYPES)
async def test_the_ends_of_a_list_have_empty_pages(catalog: CatalogHouse, field: str) -> None:
    whole = (await catalog.ask(query_of(field), first=100))[field]
    length = len(whole["nodes"])

    async def page(**arguments: Any) -> tuple[int, bool, bool]:
        found = (await catalog.ask(query_of(field), **arguments))[field]
        assert found["totalCount"] == length
        info = found["pageInfo"]
        return len(found["nodes"]), info["hasNextPage"], info["hasPreviousPage"]

    first, last = whole["edges"][0]["cursor"], whole["edges"][-1]["cursor"]
    assert await page(first=5, after=last) == (0, False, True)
    assert await page(last=5, before=first) == (0, True, False)
    assert await page(first=1, after=first, before=last) == (1, True, True)
    assert await page(first=5, offset=length) == (0, False, True)
    assert await page(first=5, offset=length - 1) == (1, False, True)
    assert await page(first=5, offset=2**31 - 1) == (0, False, True)
    assert await page(first=length) == (length, False, False)
    assert await page(last=length) == (length, False, False)
    assert await page(first=0) == (0, True, False)


async def test_a_cursor_of_another_list_or_another_order_is_refused(catalog: CatalogHouse) -> None:
    cursors: dict[tuple[str, str], str] = {}
    for field, orders in ORDERS.items():
        for order, direction in (*((each, "ASC") for each in orders), ("NAME", "DESC")):
            order_by = [{"field": order, "direction": direction}]
            found = (await catalog.ask(query_of(field), first=1, orderBy=order_by))[field]
            cursors[field, f"{order} {direction}"] = found["pageInfo"]["endCursor"]

    for field in ORDERS:
        for (other, order), cursor in cursors.items():
            if (other, order) != (field, "NAME ASC"):
                refusal = await catalog.error(
                    query_of(field), first=1, after=cursor, orderBy=[{"field": "NAME"}]
                )
                assert refusal == ("INVALID_PAGE", f"'{cursor[:80]}' is no cursor of this list.")


@pytest.mark.parametrize("field", TYPES)
@pytest.mark.parametrize(
    "told",
    [
        [],
        ["x"],
        ["{0} name asc"],
        ["{0} name asc", None],
        ["{0} name asc", 1],
        ["{0} name asc", None, None],
        ["{0} name asc", "a", "b", "c"],
        ["{0} name asc", ["a"], "b"],
        "a",
        {"a": 1},
        None,
    ],
)
async def test_a_cursor_that_was_tampered_with_is_refused(
    catalog: CatalogHouse, field: str, told: Any
) -> None:
    named = [each.format(field) if isinstance(each, str) else each for each in told or ()]
    cursor = encode_cursor(named if isinstance(told, list) else [told])

    pages: list[dict[str, Any]] = [{"first": 1, "after": cursor}, {"last": 1, "before": cursor}]
    for arguments in pages:
        code, _ = await catalog.error(query_of(field), orderBy=[{"field": "NAME"}], **arguments)
        assert code == "INVALID_PAGE"


@pytest.mark.parametrize(("field", "statements"), [("products", 1), ("productBlocks", 1), ("workflows", 0)])
@parity("QL-03", mends="counts-always")
async def test_a_list_is_counted_only_if_that_is_selected(
    catalog: CatalogHouse, field: str, statements: int
) -> None:
    page = f'{{ {field}(where: {{name: {{contains: "o"}}}}) {{ nodes {{ id name description }} %s }} }}'

    _, without = await catalog.counted(page % "")
    _, with_total = await catalog.counted(page % "totalCount")

    assert (without, with_total) == (statements, 2 * statements)
