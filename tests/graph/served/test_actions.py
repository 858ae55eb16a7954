"""What can be started on a subscription, what stands in the way, and that a start is refused for the same."""

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.database import Database
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

BLOCKERS = """
blockedBy { code message foundStatus expectedStatuses subscriptions { id } processes { id } }
"""

ACTIONS = f"""
query ($id: ID!) {{ subscription(id: $id) {{
    actions {{ workflow {{ name }} canStart {{ allowed {BLOCKERS} }} }} }} }}
"""

TERMINATE = f"""
mutation ($id: ID!) {{ terminateNode(input: {{ subscription: $id }}) {{
    __typename ... on Refused {{ message }} ... on ActionBlocked {{ subscriptionId {BLOCKERS} }} }} }}
"""


@parity("PM-33")
async def test_what_can_be_started_is_told_with_what_stands_in_the_way(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = await stored.circuit(node.node.ports[0])
    draft = await stored.circuit(active=False)

    of_node = (await house.ask(ACTIONS, id=subscription_of(node)))["subscription"]["actions"]
    of_draft = (await house.ask(ACTIONS, id=subscription_of(draft)))["subscription"]["actions"]

    in_use = {
        "code": "IN_USE",
        "message": "Other subscriptions use this one; expected only TERMINATED ones.",
        "foundStatus": None,
        "expectedStatuses": [],
        "subscriptions": [{"id": subscription_of(circuit)}],
        "processes": [],
    }
    assert {action["workflow"]["name"]: action["canStart"] for action in of_node} == {
        "rename_node": {"allowed": True, "blockedBy": []},
        "validate_node": {"allowed": True, "blockedBy": []},
        "terminate_node": {"allowed": False, "blockedBy": [in_use]},
    }
    assert [action["workflow"]["name"] for action in of_draft] == ["set_circuit", "move_circuit"]
    assert of_draft[0]["canStart"]["blockedBy"] == [
        {
            "code": "STATUS_NOT_ADMITTED",
            "message": "The subscription is INITIAL; expected ACTIVE.",
            "foundStatus": "INITIAL",
            "expectedStatuses": ["ACTIVE"],
            "subscriptions": [],
            "processes": [],
        }
    ]


@parity("PM-33")
async def test_a_start_is_refused_for_what_the_actions_tell(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node()
    await stored.circuit(node.node.ports[0])
    told = (await house.ask(ACTIONS, id=subscription_of(node)))["subscription"]["actions"]
    [expected] = [
        each["canStart"]["blockedBy"] for each in told if each["workflow"]["name"] == "terminate_node"
    ]

    answer = (await house.ask(TERMINATE, id=subscription_of(node)))["terminateNode"]
    by_pages = await house.ask(
        """mutation ($id: ID!) { startWorkflow(workflow: "terminate_node", pages: [], subscription: $id) {
             __typename ... on Refused { message } } }""",
        id=subscription_of(node),
    )

    assert answer == {
        "__typename": "ActionBlocked",
        "message": "Other subscriptions use this one; expected only TERMINATED ones.",
        "subscriptionId": subscription_of(node),
        "blockedBy": expected,
    }
    assert by_pages["startWorkflow"] == {"__typename": "ActionBlocked", "message": answer["message"]}
    assert (await house.ask("{ processes { totalCount } }"))["processes"]["totalCount"] == 0


async def test_a_process_that_holds_a_related_subscription_is_named(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = await stored.circuit(node.node.ports[0])
    started = await house.ask(
        """mutation ($id: ID!) { renameNode(input: { subscription: $id, hostname: "n" }) {
             ... on ProcessStarted { process { id } } } }""",
        id=subscription_of(node),
    )
    process = started["renameNode"]["process"]

    of_node = (await house.ask(ACTIONS, id=subscription_of(node)))["subscription"]["actions"]
    of_circuit = (await house.ask(ACTIONS, id=subscription_of(circuit)))["subscription"]["actions"]

    assert [
        (
            action["workflow"]["name"],
            [(each["code"], each["processes"]) for each in action["canStart"]["blockedBy"]],
        )
        for action in of_node
    ] == [
        ("rename_node", [("NOT_IN_SYNC", [process])]),
        ("validate_node", []),
        ("terminate_node", [("NOT_IN_SYNC", [process]), ("IN_USE", [])]),
    ]
    [blocker] = of_circuit[0]["canStart"]["blockedBy"]
    assert (blocker["code"], blocker["subscriptions"], blocker["processes"]) == (
        "RELATED_NOT_IN_SYNC",
        [{"id": subscription_of(node)}],
        [process],
    )


async def test_what_is_out_of_scope_blocks_and_is_not_named(house: House, database: Database) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = await stored.circuit(node.node.ports[0], customer="customer 2")
    ask = Asking(house, scope=Scope.of(CustomerId("customer 1")))

    told = await ask(ACTIONS, id=subscription_of(node))
    refused = await ask(TERMINATE, id=subscription_of(node))

    checks = [each["canStart"] for each in told["data"]["subscription"]["actions"]]
    [blocked] = [each for each in checks if not each["allowed"]]
    assert [(each["code"], each["subscriptions"]) for each in blocked["blockedBy"]] == [("IN_USE", [])]
    assert refused["data"]["terminateNode"]["blockedBy"] == blocked["blockedBy"]
    for answer in (told, refused):
        assert subscription_of(circuit) not in str(answer)
        assert "customer 2" not in str(answer)


ACTIONS_OF_A_PAGE = """
{ subscriptions(first: 100) { nodes { id status inSync
    actions { workflow { name } canStart { allowed blockedBy { code message } } } } } }
"""


async def test_the_actions_of_a_page_of_a_hundred_are_one_statement_beside_the_list(
    house: House, database: Database, statements: StatementLog
) -> None:
    async with database.writer() as connection:
        await connection.execute(
            "INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)"
            " SELECT gen_random_uuid(), (SELECT id FROM product WHERE name = 'Node acme'), 'customer 1',"
            " 'ACTIVE', 'Node ' || n, true, 1 FROM generate_series(1, 101) AS n"
        )

    with statements.recorded() as recorded:
        found = await house.ask(ACTIONS_OF_A_PAGE)

    nodes = found["subscriptions"]["nodes"]
    assert (len(nodes), {len(node["actions"]) for node in nodes}) == (100, {3})
    assert len([text for text in recorded if not text.startswith("LISTEN")]) == 2
