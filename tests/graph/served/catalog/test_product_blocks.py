"""Product blocks: their fields as data, and what stands in what."""

from typing import Any

from tests.graph.served.catalog.house import CatalogHouse
from tests.parity import parity

FIELDS = """
query ($name: String!) { productBlock(name: $name) { fields {
  name kind typeName isList requiredIn choices isIndexed isComputed isReference description blocks { name }
} } }
"""
EVERY = ["INITIAL", "PROVISIONING", "ACTIVE", "MIGRATING", "DISABLED", "TERMINATED"]
NOTHING: dict[str, Any] = {
    "isList": False,
    "requiredIn": [],
    "choices": None,
    "isIndexed": False,
    "isComputed": False,
    "isReference": False,
    "blocks": [],
}


async def fields(catalog: CatalogHouse, block: str) -> dict[str, Any]:
    """The fields of a block by name, without their descriptions."""
    found = (await catalog.ask(FIELDS, name=block))["productBlock"]["fields"]
    assert all(field.pop("description") for field in found)
    return {field.pop("name"): field for field in found}


@parity("GQ-07")
async def test_the_fields_of_a_block_are_told_as_data(catalog: CatalogHouse) -> None:
    found = await fields(catalog, "NodeBlock")

    assert found == {
        "hostname": NOTHING
        | {"kind": "STRING", "typeName": "String", "requiredIn": ["PROVISIONING", "ACTIVE"]},
        "role": NOTHING
        | {"kind": "ENUM", "typeName": "Role", "requiredIn": ["ACTIVE"], "choices": ["CORE", "EDGE"]},
        "serial": NOTHING | {"kind": "BIG_INT", "typeName": "BigInt", "requiredIn": ["ACTIVE"]},
        "loopback": NOTHING | {"kind": "IPV4_ADDRESS", "typeName": "IPv4Address"},
        "tags": NOTHING | {"kind": "STRING", "typeName": "String", "isList": True, "requiredIn": EVERY},
        "ports": NOTHING
        | {
            "kind": "BLOCK",
            "typeName": "PortBlock",
            "isList": True,
            "requiredIn": EVERY,
            "blocks": [{"name": "PortBlock"}],
        },
        "uplink": NOTHING | {"kind": "BLOCK", "typeName": "PortBlock", "blocks": [{"name": "PortBlock"}]},
    }


async def test_references_choices_computed_fields_and_value_objects_are_told_apart(
    catalog: CatalogHouse,
) -> None:
    found = await fields(catalog, "CircuitBlock")
    radio = await fields(catalog, "RadioBlock")

    assert found["ends"] == NOTHING | {
        "kind": "BLOCK",
        "typeName": "CircuitBlockEnds",
        "isList": True,
        "requiredIn": EVERY,
        "isReference": True,
        "blocks": [{"name": "PortBlock"}, {"name": "RadioBlock"}],
    }
    assert found["main"]["requiredIn"] == ["ACTIVE"]
    assert found["frameSize"] == NOTHING | {
        "kind": "ENUM",
        "typeName": "FrameSize",
        "requiredIn": ["ACTIVE"],
        "choices": ["NORMAL", "JUMBO"],
    }
    assert found["title"] == NOTHING | {
        "kind": "STRING",
        "typeName": "String",
        "requiredIn": EVERY,
        "isComputed": True,
    }
    assert (found["site"]["kind"], found["site"]["typeName"]) == ("OBJECT", "Site")
    assert (found["manual"]["kind"], found["patience"]["kind"]) == ("URL", "DURATION")
    assert (radio["band"]["kind"], radio["band"]["choices"]) == ("STRING", ["low", "high"])


async def test_every_type_that_a_field_names_is_in_the_schema(catalog: CatalogHouse) -> None:
    found = await catalog.ask("{ productBlocks { nodes { fields { typeName } } } }")
    named = {field["typeName"] for node in found["productBlocks"]["nodes"] for field in node["fields"]}

    known = await catalog.ask("{ __schema { types { name } } }")

    assert named - {each["name"] for each in known["__schema"]["types"]} == set()


async def test_what_stands_in_what_is_told_both_ways(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        """{ productBlocks { nodes {
          name dependsOn { name } inUseBy { name } products { name } } } }"""
    )

    told = {
        node["name"]: tuple(
            {each["name"] for each in node[edge]} for edge in ("dependsOn", "inUseBy", "products")
        )
        for node in found["productBlocks"]["nodes"]
    }
    nodes = {"Node acme", "Node umbrella"}
    assert told == {
        "CircuitBlock": (
            {"CircuitBlock", "FibreBlock", "PortBlock", "RadioBlock"},
            {"CircuitBlock"},
            {"Circuit"},
        ),
        "FibreBlock": (set(), {"CircuitBlock"}, {"Circuit"}),
        "NodeBlock": ({"PortBlock"}, set(), nodes),
        "OldBlock": (set(), set(), set()),
        "PortBlock": (set(), {"NodeBlock", "CircuitBlock"}, nodes | {"Circuit"}),
        "RadioBlock": (set(), {"CircuitBlock"}, {"Circuit"}),
    }


async def test_the_whole_catalogue_takes_four_statements(catalog: CatalogHouse) -> None:
    _, taken = await catalog.counted(
        """{ productBlocks { totalCount nodes {
          id name description status createdAt endedAt
          fields { name kind typeName isList requiredIn blocks { id name } }
          dependsOn { id name } inUseBy { id name } products { id name } } } }"""
    )

    # The page, its length, the blocks by name and the products by name.
    assert taken == 4


async def test_a_block_that_has_left_the_catalogue_has_no_fields(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        '{ productBlock(name: "OldBlock") { status description endedAt fields { name } } }'
    )

    assert found["productBlock"] == {
        "status": "END_OF_LIFE",
        "description": "Once used",
        "endedAt": "2024-01-01T00:00:00.000000Z",
        "fields": [],
    }
