"""What blocks hold: values of every kind, choices of blocks, and what models compute."""

from datetime import time, timedelta

import pytest

from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.circuits import CircuitBlockInactive, FibreBlock, FrameSize, Position, RadioBlock, Site
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity

VALUES = """
    name frameSize counter opensAt patience contact manual gateway weights
    site { name positions { latitude height } frameSize } sites { name }
"""

LOOSE = f"""
query ($id: ID!) {{ subscription(id: $id) {{ ... on CircuitSubscription {{
    frameSize circuit {{ {VALUES} }} active {{ frameSize circuit {{ {VALUES} }} }} }}
    blocks {{ ... on Block {{ values {{ name kind isList value }} }} }} }} }}
"""

GIVEN = {
    "frame_size": FrameSize.JUMBO,
    "counter": 2**80,
    "opens_at": time(8, 30),
    "patience": timedelta(days=400, hours=1, milliseconds=500),
    "contact": "noc@example.org",
    "manual": "https://example.org/manual",
    "gateway": "2001:db8::1",
    "weights": [1, None, 3],
    "site": Site(name="lab", positions=[Position(latitude=1.5)], frame_size=FrameSize.NORMAL),
}

SHOWN = {
    "name": "c1",
    "frameSize": "JUMBO",
    "counter": str(2**80),
    "opensAt": "08:30:00.000000",
    "patience": "P400DT1H0.5S",
    "contact": "noc@example.org",
    "manual": "https://example.org/manual",
    "gateway": "2001:db8::1",
    "weights": ["1", None, "3"],
    "site": {"name": "lab", "positions": [{"latitude": 1.5, "height": None}], "frameSize": "NORMAL"},
    "sites": [],
}


@parity("PM-06")
async def test_values_of_every_kind_are_typed_and_exact(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = await stored.circuit(node.node.ports[0], values=GIVEN)

    found = (await house.ask(LOOSE, id=subscription_of(circuit)))["subscription"]

    assert (found["frameSize"], found["active"]["frameSize"]) == ("JUMBO", "JUMBO")
    assert found["circuit"] == SHOWN
    assert found["active"]["circuit"] == SHOWN
    assert found["blocks"][0]["values"] == [
        {"name": "name", "kind": "STRING", "isList": False, "value": "c1"},
        {"name": "frameSize", "kind": "ENUM", "isList": False, "value": "JUMBO"},
        {"name": "counter", "kind": "BIG_INT", "isList": False, "value": str(2**80)},
        {"name": "opensAt", "kind": "TIME", "isList": False, "value": "08:30:00.000000"},
        {
            "name": "patience",
            "kind": "DURATION",
            "isList": False,
            "value": "P400DT1H0.5S",
        },
        {
            "name": "contact",
            "kind": "EMAIL_ADDRESS",
            "isList": False,
            "value": "noc@example.org",
        },
        {
            "name": "manual",
            "kind": "URL",
            "isList": False,
            "value": "https://example.org/manual",
        },
        {
            "name": "gateway",
            "kind": "IP_ADDRESS",
            "isList": False,
            "value": "2001:db8::1",
        },
        {"name": "weights", "kind": "BIG_INT", "isList": True, "value": ["1", None, "3"]},
        {
            "name": "site",
            "kind": "OBJECT",
            "isList": False,
            "value": {"name": "lab", "positions": [{"latitude": 1.5}], "frameSize": "NORMAL"},
        },
        {"name": "sites", "kind": "OBJECT", "isList": True, "value": []},
    ]


@parity("PM-08")
@parity("PM-09")
async def test_a_choice_of_blocks_is_a_union_and_blocks_may_hold_their_like(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    node = await stored.node(ports=["eth0", "eth1"])
    circuit = await stored.circuit(
        node.node.ports[0],
        node.node.ports[1],
        RadioBlock.new(frequency=5.5),
        values={
            "carrier": FibreBlock.new(provider="dark", length=timedelta(seconds=2)),
            "backup": CircuitBlockInactive.new(
                name="c2", frame_size=FrameSize.NORMAL, main=node.node.ports[0]
            ),
        },
    )

    found = await house.ask(
        """query ($id: ID!) { subscription(id: $id) { ... on CircuitSubscription {
             circuit {
               carrier { __typename ... on FibreBlock { provider length } }
               ends { __typename ... on PortBlock { portName: name } ... on RadioBlock { frequency } }
               backup { name main { name } backup { name } } }
             active { circuit {
               carrier { __typename ... on ActiveFibreBlock { length } }
               ends { __typename ... on ActiveRadioBlock { frequency } }
               backup { name } } } } } }""",
        id=subscription_of(circuit),
    )

    assert found["subscription"] == {
        "circuit": {
            "carrier": {"__typename": "FibreBlock", "provider": "dark", "length": "PT2S"},
            "ends": [
                {"__typename": "PortBlock", "portName": "eth1"},
                {"__typename": "RadioBlock", "frequency": 5.5},
            ],
            "backup": {"name": "c2", "main": {"name": "eth0"}, "backup": None},
        },
        "active": {
            "circuit": {
                "carrier": {"__typename": "ActiveFibreBlock", "length": "PT2S"},
                "ends": [
                    {"__typename": "ActivePortBlock"},
                    {"__typename": "ActiveRadioBlock", "frequency": 5.5},
                ],
                "backup": {"name": "c2"},
            }
        },
    }


COMPUTED = """
query ($id: ID!) { subscription(id: $id) { ... on CircuitSubscription {
    summary circuit { title total places { name } }
    active { summary circuit { title total places { name } } } } } }
"""


@parity("PM-21")
async def test_what_a_model_computes_is_part_of_its_type(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = await stored.circuit(
        node.node.ports[0], values={"site": Site(name="lab"), "sites": [Site(name="attic")]}
    )
    draft = await stored.circuit(active=False, values={"counter": 21})

    active = (await house.ask(COMPUTED, id=subscription_of(circuit)))["subscription"]
    inactive = (await house.ask(COMPUTED, id=subscription_of(draft)))["subscription"]

    computed = {"title": "circuit c1", "total": "100", "places": [{"name": "lab"}, {"name": "attic"}]}
    assert active == {
        "summary": "c1 for customer 1",
        "circuit": computed,
        "active": {"summary": "c1 for customer 1", "circuit": computed},
    }
    assert inactive == {
        "summary": "c1 for customer 1",
        "circuit": {"title": "circuit c1", "total": "42", "places": []},
        "active": None,
    }


async def test_what_cannot_be_computed_is_null_and_a_typed_problem(house: House, database: Database) -> None:
    broken = await Stored(database).circuit(active=False, values={"name": "broken"})

    response = await house.post(COMPUTED, id=subscription_of(broken))
    unselected = await house.ask(
        "query ($id: ID!) { subscription(id: $id) { ... on CircuitSubscription { circuit { title } } } }",
        id=subscription_of(broken),
    )

    assert response["data"]["subscription"]["circuit"] == {
        "title": "circuit broken",
        "total": None,
        "places": [],
    }
    [error] = response["errors"]
    assert (error["extensions"]["code"], error["path"]) == (
        "COMPUTED_FIELD_FAILED",
        ["subscription", "circuit", "total"],
    )
    assert error["message"] == (
        "'total' of CircuitBlockInactive could not be computed: found ValueError, expected a value."
    )
    assert unselected["subscription"]["circuit"] == {"title": "circuit broken"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "jsonb_set(values, '{counter}', '\"many\"')",
            "'counter' of CircuitBlock is 'many': expected a",
        ),
        ("jsonb_set(values, '{patience}', '\"PT1S\"')", "'patience' of CircuitBlock is 'PT1S'"),
        ("jsonb_set(values, '{weights}', '[\"heavy\"]')", "expected a list of BigInt."),
        ("jsonb_set(values, '{site}', '{\"label\": 1}')", "expected a Site."),
        ("jsonb_set(values, '{frame_size}', '1501')", "is 1501: expected a FrameSize."),
        ("jsonb_set(values, '{frame_size}', 'true')", "is True: expected a FrameSize."),
    ],
)
async def test_values_that_drifted_are_typed_problems(
    house: House, database: Database, change: str, message: str
) -> None:
    circuit = await Stored(database).circuit(active=False, values=GIVEN)
    async with database.writer() as connection:
        await connection.execute(f"UPDATE block SET values = {change} WHERE block = 'CircuitBlock'")  # noqa: S608  # a constant of this test

    code, text = await house.error(
        "query ($id: ID!) { subscription(id: $id) { ... on CircuitSubscription { circuit { name } } } }",
        id=subscription_of(circuit),
    )

    assert code == "MODEL_DRIFTED"
    assert message in text


TREE = """
query ($id: ID!) { subscription(id: $id) { blockTree {
    depth field position isReference isRepeated parent { id } block { __typename id } } } }
"""


@parity("GQ-05")
async def test_a_tree_is_a_list_that_needs_no_join(house: House, database: Database) -> None:
    stored = Stored(database)
    node, other = await stored.node(), await stored.node(customer="customer 2")
    port = node.node.ports[0]
    circuit = await stored.circuit(
        port,
        other.node.ports[0],
        values={"backup": CircuitBlockInactive.new(name="c2", frame_size=FrameSize.NORMAL, main=port)},
    )

    everything = (await house.ask(TREE, id=subscription_of(circuit)))["subscription"]
    seen = (await Asking(house)(TREE, id=subscription_of(circuit)))["data"]["subscription"]

    names = {
        encode_id(IdKind.BLOCK, block.id): name
        for block, name in ((circuit.circuit, "circuit"), (port, "port"), (other.node.ports[0], "other"))
    }
    names[everything["blockTree"][-2]["block"]["id"]] = "backup"
    assert [
        (
            place["depth"],
            place["parent"] and names[place["parent"]["id"]],
            f"{place['field']} {place['position']}",
            names[place["block"]["id"]],
            place["isReference"],
            place["isRepeated"],
        )
        for place in everything["blockTree"]
    ] == [
        (0, None, "circuit 0", "circuit", False, False),
        (1, "circuit", "ends 0", "other", True, False),
        (1, "circuit", "main 0", "port", True, False),
        (1, "circuit", "backup 0", "backup", False, False),
        (2, "backup", "main 0", "port", True, True),
    ]
    hidden = [place for place in seen["blockTree"] if place["block"]["__typename"] == "HiddenBlock"]
    assert [names[place["block"]["id"]] for place in hidden] == ["other"]
    assert [{**place, "block": None} for place in seen["blockTree"]] == [
        {**place, "block": None} for place in everything["blockTree"]
    ]
