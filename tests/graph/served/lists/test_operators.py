"""Every operator of every kind of value, over HTTP."""

from typing import Any

import pytest

from tests.graph.served.house import House
from tests.graph.served.lists.filtering import names

Operands = dict[str, tuple[object, str]]
"""By operator: what it is given, and the circuits of which it holds."""

TEXT: Operands = {
    "eq": ("alpha", "alpha"),
    "in": (["alpha", "gamma", "delta"], "alpha gamma"),
    "lt": ("alpha", "beta"),
    "lte": ("alpha", "alpha beta"),
    "gt": ("alpha", "gamma"),
    "gte": ("alpha", "alpha gamma"),
    "isNull": (True, ""),
    "contains": ("A_100%", "beta"),
    "startsWith": ("Beta_1", "beta"),
}
COUNTER: Operands = {
    "eq": ("1099511627776", "alpha"),
    "in": ([-1, "1099511627776"], "alpha beta"),
    "lt": (0, "beta"),
    "lte": (-1, "beta"),
    "gt": (-1, "alpha"),
    "gte": (-1, "alpha beta"),
    "isNull": (True, "gamma"),
}
FRAME: Operands = {
    "eq": ("JUMBO", "alpha"),
    "in": (["NORMAL", "JUMBO"], "alpha beta"),
    "isNull": (False, "alpha beta"),
}
TIME: Operands = {
    "eq": ("08:30:00", "alpha"),
    "in": (["20:00:00"], "beta"),
    "lt": ("12:00:00", "alpha"),
    "lte": ("08:30:00", "alpha"),
    "gt": ("12:00:00", "beta"),
    "gte": ("08:30:00", "alpha beta"),
    "isNull": (True, "gamma"),
}
DURATION: Operands = {
    "eq": ("PT2H", "alpha"),
    "in": (["PT120M", "PT600S"], "alpha beta"),
    "lt": ("PT1H", "beta"),
    "lte": ("PT10M", "beta"),
    "gt": ("PT10M", "alpha"),
    "gte": ("PT10M", "alpha beta"),
    "isNull": (True, "gamma"),
}
MAIL: Operands = {
    "eq": ("noc@example.org", "alpha"),
    "in": (["noc@example.org"], "alpha"),
    "lt": ("o@example.org", "alpha"),
    "lte": ("noc@example.org", "alpha"),
    "gt": ("noc@example.org", "beta"),
    "gte": ("noc@example.org", "alpha beta"),
    "isNull": (True, "gamma"),
    "contains": ("EXAMPLE.C", "beta"),
    "startsWith": ("noc@", "alpha"),
}
URL: Operands = {
    "eq": ("https://example.org/a", "alpha"),
    "in": (["https://example.com/b"], "beta"),
    "lt": ("https://example.d/", "beta"),
    "lte": ("https://example.com/b", "beta"),
    "gt": ("https://example.d/", "alpha"),
    "gte": ("https://example.org/a", "alpha"),
    "isNull": (True, "gamma"),
    "contains": ("example.", "alpha beta"),
    "startsWith": ("https://example.o", "alpha"),
}
ADDRESS: Operands = {
    "eq": ("2001:DB8:0::1", "beta"),
    "in": (["192.0.2.1", "2001:db8::1"], "alpha beta"),
    "isNull": (True, "gamma"),
}
WEIGHTS: Operands = {
    "some": ({"eq": 5}, "alpha"),
    "every": ({"gte": 1, "lt": 8}, "beta gamma"),
    "none": ({"isNull": True}, "beta gamma"),
    "isNull": (True, ""),
}
FREQUENCY: Operands = {
    "eq": (2.5, "alpha"),
    "in": ([2, 2.5], "alpha"),
    "lt": (2.5, ""),
    "lte": (2.5, "alpha"),
    "gt": (2.4, "alpha"),
    "gte": (3, ""),
    "isNull": (True, ""),
}
LICENSED: Operands = {"eq": (True, "alpha"), "in": ([False], ""), "isNull": (False, "alpha")}
POWER: Operands = {
    "eq": ("1.5", "alpha"),
    "in": (["1.500", "2"], "alpha"),
    "lt": ("10", "alpha"),
    "lte": ("1.49", ""),
    "gt": ("1.49", "alpha"),
    "gte": ("10", ""),
    "isNull": (False, "alpha"),
}
MEASURED: Operands = {
    "eq": ("2026-03-01T13:00:00+01:00", "alpha"),
    "in": (["2026-03-01T12:00:00Z"], "alpha"),
    "lt": ("2026-03-01T12:00:00Z", ""),
    "lte": ("2026-03-01T12:00:00Z", "alpha"),
    "gt": ("2026-03-01T12:30:00+01:00", "alpha"),
    "gte": ("2026-03-02T00:00:00Z", ""),
    "isNull": (True, ""),
}
LICENCE_ENDS: Operands = {
    "eq": ("2027-01-01", "alpha"),
    "in": (["2027-01-02"], ""),
    "lt": ("2027-01-02", "alpha"),
    "lte": ("2026-12-31", ""),
    "gt": ("2026-12-31", "alpha"),
    "gte": ("2027-01-01", "alpha"),
    "isNull": (False, "alpha"),
}
SERIAL: Operands = {
    "eq": ("01890A5D-AC96-774B-BCCE-B302099A8057", "alpha"),
    "in": (["01890a5d-ac96-774b-bcce-b302099a8057"], "alpha"),
    "lt": ("01890a5d-ac96-774b-bcce-b302099a8058", "alpha"),
    "lte": ("01890a5d-ac96-774b-bcce-b302099a8056", ""),
    "gt": ("01890a5d-ac96-774b-bcce-b302099a8056", "alpha"),
    "gte": ("01890a5d-ac96-774b-bcce-b302099a8058", ""),
    "isNull": (True, ""),
}
SUBNET: Operands = {"eq": ("192.0.2.0/24", "alpha"), "in": (["192.0.2.0/25"], ""), "isNull": (False, "alpha")}
BAND: Operands = {"eq": ("high", "alpha"), "in": (["low"], ""), "isNull": (True, "")}
OF_CIRCUIT: dict[str, Operands] = {
    "name": TEXT,
    "counter": COUNTER,
    "frameSize": FRAME,
    "opensAt": TIME,
    "patience": DURATION,
    "contact": MAIL,
    "manual": URL,
    "gateway": ADDRESS,
    "weights": WEIGHTS,
    "site": {"isNull": (False, "alpha")},
    "sites": {"isNull": (True, "")},
    "label": {"isNull": (True, "alpha beta gamma"), "eq": ("x", "")},
}
OF_RADIO: dict[str, Operands] = {
    "frequency": FREQUENCY,
    "licensed": LICENSED,
    "power": POWER,
    "measuredAt": MEASURED,
    "licenceEnds": LICENCE_ENDS,
    "serial": SERIAL,
    "subnet": SUBNET,
    "band": BAND,
}


async def test_values_of_blocks_are_compared_by_every_operator_of_their_scalar(circuits: House) -> None:
    expected: dict[str, str] = {}
    found: dict[str, str] = {}

    for field, operators in {**OF_CIRCUIT, **OF_RADIO}.items():
        for operator, (operand, wanted) in operators.items():
            where: object = {field: {operator: operand}}
            place = {"carrier": {"radioBlock": where}} if field in OF_RADIO else where
            expected[f"{field} {operator}"] = wanted
            found[f"{field} {operator}"] = await names(circuits, {"circuit": place})

    assert found == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "alpha beta gamma"),
        ({}, "alpha beta gamma"),
        ({"not": {}}, ""),
        ({"and": []}, "alpha beta gamma"),
        ({"or": []}, ""),
        ({"not": {"or": []}}, "alpha beta gamma"),
        ({"status": {"in": []}}, ""),
        ({"circuit": {"name": {"in": []}}}, ""),
        ({"circuit": {}}, "alpha beta gamma"),
        ({"circuit": {"carrier": {"fibreBlock": {}}}}, "beta"),
        ({"not": {"circuit": {"carrier": {"fibreBlock": {}}}}}, "alpha gamma"),
        ({"circuit": {"carrier": {"fibreBlock": {"provider": {"eq": "acme"}}, "radioBlock": {}}}}, ""),
        ({"circuit": {"not": {"counter": {"gt": 0}}}}, "beta gamma"),
        ({"circuit": {"counter": {"gt": -5, "lt": 5}}}, "beta"),
        ({"circuit": {"or": [{"counter": {"lt": 0}}, {"name": {"eq": "gamma"}}]}}, "beta gamma"),
        (
            {"or": [{"circuit": {"name": {"eq": "alpha"}}}, {"and": [{"status": {"eq": "ACTIVE"}}]}]},
            "alpha",
        ),
        ({"and": [{"inSync": {"eq": True}}, {"circuit": {"name": {"gt": "a"}}}]}, "alpha gamma"),
        # All operators of a quantifier are asked of one and the same item.
        ({"circuit": {"weights": {"some": {"gt": 1, "lt": 6}}}}, "alpha"),
        ({"circuit": {"weights": {"some": {"gt": 1, "lt": 5}}}}, ""),
        ({"circuit": {"weights": {"none": {"gt": 5, "lt": 9}}}}, "alpha gamma"),
        ({"circuit": {"weights": {"every": {"gte": 7, "isNull": False}}}}, "beta gamma"),
        ({"circuit": {"site": {"name": {"startsWith": "att"}}}}, "alpha"),
        ({"circuit": {"site": {"name": {"eq": "cellar"}}}}, ""),
        ({"circuit": {"site": {"frameSize": {"isNull": True}, "isNull": False}}}, "alpha"),
        ({"circuit": {"sites": {"some": {"name": {"eq": "cellar"}, "frameSize": {"eq": "JUMBO"}}}}}, "alpha"),
        ({"circuit": {"sites": {"some": {"name": {"eq": "attic"}, "frameSize": {"eq": "JUMBO"}}}}}, ""),
        ({"circuit": {"sites": {"none": {"name": {"eq": "attic"}}}}}, "beta gamma"),
        ({"frameSize": {"eq": "JUMBO"}}, "alpha beta gamma"),
        ({"frameSize": {"in": ["NORMAL"]}}, ""),
        ({"not": {"frameSize": {"isNull": False}}}, ""),
        ({"ownsBlock": {"circuitBlock": {"name": {"eq": "gamma"}}}}, "gamma"),
        ({"ownsBlock": {"radioBlock": {"frequency": {"gt": 1}}}}, "alpha"),
        ({"ownsBlock": {"fibreBlock": {}, "circuitBlock": {"counter": {"lt": 0}}}}, "beta"),
        ({"not": {"ownsBlock": {"radioBlock": {}}}}, "beta gamma"),
    ],
)
async def test_conditions_are_joined(circuits: House, where: Any, expected: str) -> None:
    assert await names(circuits, where) == expected


async def test_what_every_subscription_has_is_compared_by_every_operator(circuits: House) -> None:
    everything = (
        await circuits.ask(
            "{ subscriptions(orderBy: {field: ID}) { nodes { id createdAt modifiedAt product { id } } } }"
        )
    )["subscriptions"]["nodes"]
    ids = [node["id"] for node in everything]
    made = everything[1]["createdAt"]
    later = max(node["modifiedAt"] for node in everything)
    product = everything[0]["product"]["id"]
    table: dict[str, dict[str, tuple[object, list[str]]]] = {
        "id": {"eq": (ids[1], [ids[1]]), "in": (ids[:2], ids[:2]), "isNull": (True, [])},
        "customerId": {"eq": ("customer 1", ids), "startsWith": ("customer 2", []), "contains": ("MER", ids)},
        "status": {"eq": ("INITIAL", ids), "in": (["ACTIVE"], []), "isNull": (False, ids)},
        "description": {"contains": ("CIRCUIT", ids), "gt": ("B", []), "startsWith": ("A c", ids)},
        "inSync": {"eq": (False, []), "in": ([True, False], ids), "isNull": (True, [])},
        "heldBy": {"isNull": (True, ids), "in": (["process_01h455vb4pex5vsknk084sn02q"], [])},
        "version": {"eq": (1, ids), "gt": (1, []), "gte": (1, ids), "lt": (2, ids), "in": ([2], [])},
        "note": {"isNull": (True, ids), "eq": ("x", []), "contains": ("x", [])},
        "startAt": {"isNull": (True, ids), "gte": ("2026-01-01T00:00:00Z", []), "lt": (later, [])},
        "endAt": {"isNull": (False, []), "lte": (later, [])},
        "createdAt": {"eq": (made, [ids[1]]), "gt": (made, ids[2:]), "lte": (made, ids[:2])},
        "modifiedAt": {"lte": (later, ids), "gt": (later, [])},
    }
    products: dict[str, dict[str, tuple[object, list[str]]]] = {
        "id": {"eq": (product, ids), "in": ([], [])},
        "name": {"eq": ("Circuit", ids), "startsWith": ("Node", [])},
        "tag": {"in": (["CIRCUIT", "ACME"], ids), "contains": ("circ", ids)},
        "productType": {"eq": ("Circuit", ids), "isNull": (True, [])},
        "status": {"eq": ("ACTIVE", ids), "in": (["END_OF_LIFE"], []), "isNull": (False, ids)},
    }
    wheres = [
        *(({field: {operator: operand}}, wanted) for field, operators in table.items()
          for operator, (operand, wanted) in operators.items()),
        *(({"product": {field: {operator: operand}}}, wanted) for field, operators in products.items()
          for operator, (operand, wanted) in operators.items()),
    ]  # fmt: skip
    query = "query ($where: SubscriptionWhere) { subscriptions(where: $where) { totalCount nodes { id } } }"

    for where, wanted in wheres:
        found = (await circuits.ask(query, where=where))["subscriptions"]
        assert ([node["id"] for node in found["nodes"]][::-1], where) == (wanted, where)
        assert found["totalCount"] == len(wanted)
