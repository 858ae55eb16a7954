"""Filters of what blocks hold and refer to, counts, and what a viewer of one customer learns by them."""

import pytest

from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.lists.filtering import found_by

Linked = tuple[House, dict[str, str]]


@pytest.mark.parametrize(
    ("field", "where", "everybody", "clerk"),
    [
        ("node", {"node": {"ports": {"some": {"name": {"eq": "eth1"}}}}}, "own", "own"),
        ("node", {"node": {"ports": {"some": {}}}}, "own other", "own"),
        ("node", {"node": {"ports": {"none": {}}}}, "bare", "bare"),
        ("node", {"node": {"ports": {"every": {"name": {"startsWith": "eth"}}}}}, "own bare", "own bare"),
        ("node", {"node": {"ports": {"none": {"name": {"eq": "xe0"}}}}}, "own bare", "own bare"),
        ("node", {"node": {"hostname": {"startsWith": "customer 2"}}}, "other", ""),
        ("node", {"product": {"tag": {"eq": "ACME"}}, "customerId": {"eq": "customer 2"}}, "other", ""),
        ("circuit", {"circuit": {"main": {"name": {"eq": "eth0"}}}}, "near radio", "near radio"),
        ("circuit", {"circuit": {"ends": {"portBlock": {"some": {"name": {"eq": "xe0"}}}}}}, "far", ""),
        (
            "circuit",
            {"circuit": {"ends": {"portBlock": {"none": {"name": {"eq": "xe0"}}}}}},
            "near radio",
            "near far radio",
        ),
        (
            "circuit",
            {"circuit": {"ends": {"radioBlock": {"some": {"frequency": {"gte": 5}}}}}},
            "radio",
            "radio",
        ),
        (
            "circuit",
            {
                "circuit": {
                    "ends": {"radioBlock": {"none": {}}, "portBlock": {"every": {"name": {"lt": "f"}}}}
                }
            },
            "near",
            "near far",
        ),
        (
            None,
            {"customerId": {"in": ["customer 2", "customer 1"]}},
            "own other bare near far radio",
            "own bare near far radio",
        ),
        (None, {"not": {"customerId": {"eq": "customer 1"}}}, "other", ""),
    ],
)
async def test_filters_look_into_lists_unions_and_references_within_the_scope(
    linked: tuple[House, dict[str, str]], field: str | None, where: object, everybody: str, clerk: str
) -> None:
    house, known = linked

    found = await found_by(house.ask, known, field, where)
    seen = await found_by(Asking(house), known, field, where)

    assert (found, seen) == (everybody, clerk)


async def test_counts_are_grouped_filtered_and_kept_to_the_scope(
    linked: tuple[House, dict[str, str]],
) -> None:
    house, _ = linked
    query = """{
      status: subscriptionCounts(groupBy: STATUS) { count status productName customerId inSync }
      product: subscriptionCounts(groupBy: PRODUCT, where: {status: {eq: ACTIVE}}) { count productName }
      customer: subscriptionCounts(groupBy: CUSTOMER) { count customerId }
      both: subscriptionCounts(groupBy: [PRODUCT, STATUS]) { count productName status customerId }
      sync: subscriptionCounts(groupBy: IN_SYNC, where: {description: {contains: "node"}}) { count inSync }
    }"""

    found, seen = await house.ask(query), (await Asking(house)(query))["data"]

    assert found == {
        "status": [{"count": 6, "status": "ACTIVE", "productName": None, "customerId": None, "inSync": None}],
        "product": [{"count": 3, "productName": "Circuit"}, {"count": 3, "productName": "Node acme"}],
        "customer": [{"count": 5, "customerId": "customer 1"}, {"count": 1, "customerId": "customer 2"}],
        "both": [
            {"count": 3, "productName": name, "status": "ACTIVE", "customerId": None}
            for name in ("Circuit", "Node acme")
        ],
        "sync": [{"count": 3, "inSync": True}],
    }
    assert seen["customer"] == [{"count": 5, "customerId": "customer 1"}]
    assert seen["product"] == [
        {"count": 3, "productName": "Circuit"},
        {"count": 2, "productName": "Node acme"},
    ]


async def test_a_filter_of_counts_that_cannot_be_is_refused(house: House) -> None:
    assert await house.error("{ subscriptionCounts(groupBy: STATUS, where: {status: {}}) { count } }") == (
        "INVALID_FILTER",
        "'where.status': found no operator, expected at least one of eq, in, isNull.",
    )


async def test_subscriptions_are_found_by_what_is_attached_to_them(
    linked: tuple[House, dict[str, str]],
) -> None:
    house, known = linked
    ids = {name: identifier for identifier, name in known.items()}
    documents = {
        "own": {"owner": {"team": "noc", "floor": 3}, "tags": ["a", "b"]},
        "other": {"owner": {"team": "noc"}},
        "bare": {"tags": ["b"]},
    }
    for name, document in documents.items():
        await house.ask(
            """mutation ($id: ID!, $document: JSON!) {
                 setSubscriptionMetadata(subscription: $id, metadata: $document, version: 0) {
                   __typename } }""",
            id=ids[name],
            document=document,
        )
    table: list[tuple[object, str, str]] = [
        ({"contains": {"owner": {"team": "noc"}}}, "own other", "own"),
        ({"contains": {"tags": ["b"]}}, "own bare", "own bare"),
        ({"contains": {"tags": ["b"], "owner": {"floor": 3}}}, "own", "own"),
        ({"contains": {"owner": "noc"}}, "", ""),
        ({"contains": {}, "isNull": False}, "own other bare", "own bare"),
        ({"isNull": True}, "near far radio", "near far radio"),
    ]

    for where, everybody, clerk in table:
        found = await found_by(house.ask, known, None, {"metadata": where})
        seen = await found_by(Asking(house), known, None, {"metadata": where})
        assert (found, seen, where) == (everybody, clerk, where)
