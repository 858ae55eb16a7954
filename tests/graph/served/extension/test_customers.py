"""Customers: whom a directory tells of, whom it does not, and what is there without one."""

from typing import Any

from structlog.testing import capture_logs

from domain.ids import CustomerId
from domain.storage.database import Database
from graph.ids import customer_node_id, public_subscription_id
from graph.schema import ApplicationSchema
from orchestrion.graphql import Permission
from tests.graph.served.extension.conftest import ExtendedHouse, served
from tests.graph.served.house import House
from tests.graph.served.stored import Stored
from tests.parity import parity

NAMES = "{ subscriptions { nodes { customerId customer { id customerId name shortName known } } } }"
PAGE = """
query ($search: String, $first: Int, $after: String, $last: Int, $before: String) {
  customers(search: $search, first: $first, after: $after, last: $last, before: $before) {
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
ZETA = {
    "id": "customer_customer 1",
    "customerId": "customer 1",
    "name": "Zeta University",
    "shortName": "Zeta",
    "known": True,
}


def nameless(customer: str) -> dict[str, object]:
    """A customer of whom nobody tells."""
    return {
        "id": f"customer_{customer}",
        "customerId": customer,
        "name": customer,
        "shortName": None,
        "known": False,
    }


async def page(house: House, **arguments: object) -> tuple[list[str], dict[str, Any]]:
    """The names on a page of customers, and where it stands."""
    found = (await house.ask(PAGE, **arguments))["customers"]
    return [node["name"] for node in found["nodes"]], found["pageInfo"]


@parity("GQ-08")
async def test_the_directory_is_asked_once_for_all_names_of_an_operation(extended: ExtendedHouse) -> None:
    stored = Stored(extended.database)
    node, *_ = [await stored.node(customer=f"customer {number}") for number in (1, 2, 2)]
    await extended.start_node()
    await extended.ask(
        """
        mutation ($id: ID!) {
          setCustomerDescription(
            subscription: $id, customerId: "customer 3", description: "Ours", version: 0
          ) { __typename }
        }
        """,
        id=public_subscription_id(node.id),
    )
    extended.directory.asked.clear()

    answer = await extended.ask(
        """
        {
          subscriptions { nodes { customer { name } customerDescriptions { customer { name } } } }
          processes { nodes { customers { name } } }
          subscriptionCounts(groupBy: CUSTOMER) { count customer { name } }
        }
        """
    )

    names = [node["customer"]["name"] for node in answer["subscriptions"]["nodes"]]
    assert names == ["Alpha Hospital", "Alpha Hospital", "Zeta University"]
    [described] = answer["subscriptions"]["nodes"][2]["customerDescriptions"]
    assert described == {"customer": {"name": "Beta Library"}}
    assert answer["processes"] == {"nodes": [{"customers": [{"name": "Zeta University"}]}]}
    assert answer["subscriptionCounts"] == [
        {"count": 2, "customer": {"name": "Alpha Hospital"}},
        {"count": 1, "customer": {"name": "Zeta University"}},
    ]
    assert extended.directory.asked == [["customer 1", "customer 2"], ["customer 3"]]


@parity("GQ-08")
async def test_a_customer_of_whom_the_directory_does_not_tell_is_named_by_the_id(
    extended: ExtendedHouse,
) -> None:
    stored = Stored(extended.database)
    for customer in ("customer 1", "nobody"):
        await stored.node(customer=customer)

    answer = await extended.ask(NAMES)

    assert [node["customer"] for node in answer["subscriptions"]["nodes"]] == [nameless("nobody"), ZETA]


@parity("GQ-08")
async def test_lists_of_subscriptions_do_without_a_directory_that_fails_or_is_silent(
    extended: ExtendedHouse,
) -> None:
    await Stored(extended.database).node()
    told = {"nodes": [{"customerId": "customer 1", "customer": nameless("customer 1")}]}

    with capture_logs() as logs:
        extended.directory.failing = ConnectionError("the CRM is down")
        failed = await extended.ask(NAMES)
        refused = await extended.error("{ customers { nodes { name } } }")
        by_id = await extended.ask('{ customer(id: "customer_customer 1") { name known } }')
        extended.directory.failing, extended.directory.silent = None, True
        silent = await extended.ask(NAMES)
        counted = await extended.error("{ customers { totalCount } }")

    assert failed == silent == {"subscriptions": told}
    assert refused == counted
    assert refused == ("CUSTOMERS_UNAVAILABLE", "The directory of customers does not answer.")
    assert by_id == {"customer": {"name": "customer 1", "known": False}}
    assert [(log["event"], log["log_level"], log["directory"]) for log in logs] == [
        ("customers.unavailable", "warning", "Directory")
    ] * 5


@parity("GQ-08")
async def test_a_directory_that_holds_connections_has_them_as_long_as_the_server_runs(
    database: Database, extended_schema: ApplicationSchema
) -> None:
    async with served(database, extended_schema) as house:
        await house.ask("{ customers { nodes { name } } }")
        entered = house.directory.entered

    assert (entered, house.directory.entered) == (True, False)


@parity("GQ-08")
async def test_customers_are_paged_by_name_in_both_directions_and_searched(extended: ExtendedHouse) -> None:
    first, info = await page(extended, first=2)
    second, end = await page(extended, first=2, after=info["endCursor"])
    last, last_info = await page(extended, last=1)
    before, _ = await page(extended, last=5, before=last_info["startCursor"])

    assert (first, second) == (["Alpha Hospital", "Beta Library"], ["Zeta University"])
    assert (last, before) == (["Zeta University"], ["Alpha Hospital", "Beta Library"])
    assert (info["hasNextPage"], end["hasNextPage"], end["hasPreviousPage"]) == (True, False, True)
    assert (await page(extended, search="libr"))[0] == ["Beta Library"]
    assert (await page(extended, search="zeta"))[0] == ["Zeta University"]
    assert (await page(extended, search="CUSTOMER 2"))[0] == ["Alpha Hospital"]
    assert (await page(extended, search="%"))[0] == []
    assert (await page(extended, search=""))[0] == [*first, *second]


@parity("GQ-08")
async def test_customers_are_counted_only_if_that_is_asked_for(extended: ExtendedHouse) -> None:
    await extended.ask("{ customers { nodes { name } } }")
    answer = await extended.ask('{ customers(search: "a", first: 1) { totalCount nodes { name } } }')

    assert answer == {"customers": {"totalCount": 3, "nodes": [{"name": "Alpha Hospital"}]}}
    assert extended.directory.asked == ["page", "page", "count"]


@parity("GQ-08")
async def test_a_cursor_of_another_list_is_refused(extended: ExtendedHouse) -> None:
    await Stored(extended.database).node()
    other = await extended.ask("{ subscriptions { pageInfo { endCursor } } }")

    code, message = await extended.error(PAGE, after=other["subscriptions"]["pageInfo"]["endCursor"])

    assert code == "INVALID_PAGE"
    assert message.endswith("is no cursor of this list.")


@parity("GQ-08")
async def test_a_viewer_sees_the_customers_in_scope_alone(extended: ExtendedHouse) -> None:
    await Stored(extended.database).node()
    one = "query ($id: ID!) { customer(id: $id) { name } node(id: $id) { ... on Customer { name } } }"
    alpha = {"name": "Alpha Hospital"}

    extended.doorkeeper.let(*Permission, customers=("customer 2",))
    listed = await extended.ask("{ customers { totalCount nodes { name } } }")
    seen = await extended.ask(one, id="customer_customer 2")
    foreign = await extended.ask(one, id="customer_customer 1")
    extended.doorkeeper.let(Permission.CONNECT, Permission.READ_SUBSCRIPTIONS)
    lists = await extended.post("{ subscriptions { nodes { customer { name } } } }")
    node = await extended.error('{ node(id: "customer_customer 1") { id } }')

    assert listed == {"customers": {"totalCount": 1, "nodes": [alpha]}}
    assert seen == {"customer": alpha, "node": alpha}
    assert foreign == {"customer": None, "node": None}
    assert {error["extensions"]["permission"] for error in lists["errors"]} == {"READ_CUSTOMERS"}
    assert node == ("NOT_ALLOWED", "Not allowed: a customer needs READ_CUSTOMERS.")


@parity("GQ-08")
async def test_without_a_directory_who_holds_a_subscription_is_a_customer_named_by_the_id(
    house: House,
) -> None:
    stored = Stored(house.database)
    odd = "b_c/ü %"
    for customer in ("customer 2", odd, "a", "customer 2"):
        await stored.node(customer=customer)
    by_id = "query ($id: ID!) { customer(id: $id) { customerId name known } node(id: $id) { id } }"

    answer = await house.ask("{ customers { totalCount nodes { id name known } } }")
    found = await house.ask(by_id, id=customer_node_id(CustomerId(odd)))
    absent = await house.ask(by_id, id="customer_nobody")

    assert answer["customers"] == {
        "totalCount": 3,
        "nodes": [
            {"id": f"customer_{customer}", "name": customer, "known": True}
            for customer in ("a", odd, "customer 2")
        ],
    }
    assert found == {
        "customer": {"customerId": odd, "name": odd, "known": True},
        "node": {"id": f"customer_{odd}"},
    }
    assert absent == {"customer": None, "node": None}
    assert (await page(house, search="C/"))[0] == [odd]
    assert await house.error('{ customer(id: "customer_") { name } }') == (
        "INVALID_ID",
        "'customer_' is not the id of a customer: expected customer_ and what it is called.",
    )
