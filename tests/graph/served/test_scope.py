"""What a viewer of one customer sees of a server that has two."""

import pytest

from graph.execution.documents import RequestRefused
from graph.permissions import Permission
from tests.graph.served.asking import Asking
from tests.graph.served.house import CREATE_NODE, NODE, House


async def test_a_viewer_sees_its_own_customers_alone(working_house: House) -> None:
    house = working_house
    own, other = await house.start_node(), await house.start_node(customerId="customer 2")
    await house.until(own, "SUSPENDED")
    await house.until(other, "SUSPENDED")
    everything = await house.ask("{ subscriptions { nodes { id customerId } } }")
    [hidden] = [
        node["id"] for node in everything["subscriptions"]["nodes"] if node["customerId"] == "customer 2"
    ]

    found = await Asking(house)(
        """query ($process: ID!, $subscription: ID!) {
             viewer { name customerIds }
             processes { totalCount nodes { id } }
             subscriptions { totalCount nodes { customerId } }
             process(id: $process) { id }
             subscription(id: $subscription) { id }
             a: node(id: $process) { id }
             b: node(id: $subscription) { id } }""",
        process=other,
        subscription=hidden,
    )

    assert found == {
        "data": {
            "viewer": {"name": "customer's clerk", "customerIds": ["customer 1"]},
            "processes": {"totalCount": 1, "nodes": [{"id": own}]},
            "subscriptions": {"totalCount": 1, "nodes": [{"customerId": "customer 1"}]},
            "process": None,
            "subscription": None,
            "a": None,
            "b": None,
        }
    }


async def test_a_viewer_cannot_act_for_other_customers(working_house: House) -> None:
    house = working_house
    other = await house.start_node(customerId="customer 2")
    await house.until(other, "SUSPENDED")
    ask = Asking(house)

    started = await ask(CREATE_NODE, input={**NODE, "customerId": "customer 2"})
    aborted = await ask("mutation ($id: ID!) { abortProcess(process: $id) { __typename } }", id=other)

    assert started["data"]["createNode"] == {
        "__typename": "NotAllowed",
        "message": "Not allowed: customer customer 2 is out of scope.",
    }
    assert aborted["data"]["abortProcess"] == {"__typename": "NotFound"}
    assert await house.until(other, "SUSPENDED") == "SUSPENDED"


async def test_without_the_permission_nothing_is_started(house: House) -> None:
    ask = Asking(house, Permission.CONNECT, Permission.READ_PROCESSES)

    with pytest.raises(RequestRefused) as refused:
        await ask(CREATE_NODE, input=NODE)

    assert refused.value.forbidden
    assert "'Mutation.createNode' needs START_WORKFLOW" in str(refused.value.errors)
    assert (await house.ask("{ processes { totalCount } }"))["processes"]["totalCount"] == 0


async def test_a_node_of_a_type_that_is_not_permitted_is_refused(house: House) -> None:
    process = await house.start_node()

    response = await Asking(house, Permission.CONNECT)(
        "query ($id: ID!) { node(id: $id) { id } }", id=process
    )

    assert response["data"] == {"node": None}
    assert response["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}


@pytest.mark.parametrize(
    "query",
    [
        "{ processes { nodes { id } } }",
        "{ p: processes { e: edges { n: node { i: id } } } }",
        "query ($id: ID!) { node(id: $id) { ... on Process { status } } }",
        "query ($id: ID!) { node(id: $id) { ... on Node { ...F } } } fragment F on Process { status }",
        "query ($id: ID!) { node(id: $id) { ...A } } fragment A on Node { id ... on Step { key } }",
        "query ($yes: Boolean!) { processes @skip(if: $yes) { totalCount } }",
        "{ subscriptions { nodes { heldBy { __typename } } } }",
        "{ subscriptions { nodes { ... on NodeSubscription { processes { totalCount } } } } }",
        "mutation ($id: ID!) { abortProcess(process: $id) { ... on ProcessUpdated { process { id } } } }",
        "subscription ($id: ID!) { processEvents(process: $id) { cursor } }",
    ],
)
async def test_no_way_of_writing_a_query_leads_past_a_permission(house: House, query: str) -> None:
    allowed = [permission for permission in Permission if permission is not Permission.READ_PROCESSES]
    process = await house.start_node()

    with pytest.raises(RequestRefused) as refused:
        await Asking(house, *allowed)(query, id=process, yes=True)

    assert refused.value.forbidden


async def test_an_id_alone_does_not_tell_whether_there_is_something(house: House) -> None:
    process = await house.start_node()
    ask = Asking(house, Permission.CONNECT)

    answers = [
        await ask("query ($id: ID!) { node(id: $id) { __typename } }", id=identifier)
        for identifier in (process, "process_01h455vb4pex5vsknk084sn02q")
    ]

    assert answers[0] == answers[1]
    assert answers[0]["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
