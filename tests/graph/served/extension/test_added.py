"""What an application adds, asked for as any client does."""

from graphql import GraphQLObjectType, GraphQLSchema

from domain.scope import Scope
from domain.storage.subscriptions import SubscriptionRepository
from engine.registry import Registry
from graph.ids import public_subscription_id
from graph.schema import ApplicationSchema, build_schema
from orchestrion.graphql import GraphExtension, Permission
from tests.graph.extension.made import catalog
from tests.graph.served.extension.application import ViewerFields
from tests.graph.served.extension.conftest import ExtendedHouse
from tests.graph.served.stored import Stored
from tests.parity import parity
from tests.postgres import StatementLog


@parity("GQ-08")
async def test_an_added_query_answers_with_types_of_its_own_and_with_those_of_the_schema(
    extended: ExtendedHouse,
) -> None:
    node = await Stored(extended.database).node()

    answer = await extended.ask(
        """
        query ($name: String!) {
          place(name: "r1") { __typename name ... on Rack { height role } }
          nodesNamed(hostname: $name) { __typename id status customer { name } }
        }
        """,
        name=node.node.hostname,
    )

    assert answer == {
        "place": {"__typename": "Rack", "name": "r1", "height": 42, "role": "CORE"},
        "nodesNamed": [
            {
                "__typename": "NodeSubscription",
                "id": public_subscription_id(node.id),
                "status": "ACTIVE",
                "customer": {"name": "Zeta University"},
            }
        ],
    }
    assert await extended.error('{ place(name: "r9") { name } }') == (
        "NO_SUCH_RACK",
        "found no rack r9, expected r1.",
    )


@parity("GQ-08")
async def test_added_fields_stand_beside_those_of_their_types(extended: ExtendedHouse) -> None:
    node = await Stored(extended.database).node(ports=("eth0", "eth1"))
    ordered = await extended.ask(
        'mutation { orderNode(hostname: "lab-7") { ... on ProcessStarted { process { id } } } }'
    )

    answer = await extended.ask(
        """
        query ($node: ID!, $process: ID!) {
          subscription(id: $node) { title ... on NodeSubscription { portNames } }
          subscriptions { nodes { id title ... on NodeSubscription { portNames node { hostname title } } } }
          process(id: $process) { title }
          viewer { sees }
        }
        """,
        node=public_subscription_id(node.id),
        process=ordered["orderNode"]["process"]["id"],
    )

    described = {"title": "A node of customer 1: ACTIVE", "portNames": ["eth0", "eth1"]}
    assert answer == {
        "subscription": described,
        "subscriptions": {
            "nodes": [
                {
                    "id": public_subscription_id(node.id),
                    **described,
                    "node": {"hostname": node.node.hostname, "title": "NodeBlock None"},
                }
            ]
        },
        "process": {"title": "create_node by developer"},
        "viewer": {"sees": "all"},
    }


@parity("GQ-08")
async def test_what_added_fields_read_by_id_is_read_at_once_for_all(
    extended: ExtendedHouse, statements: StatementLog
) -> None:
    stored = Stored(extended.database)
    asked = "{ subscriptions { nodes { title ... on NodeSubscription { portNames } } } }"
    for _ in range(3):
        await stored.node()

    with statements.recorded() as executed:
        answer = await extended.ask(asked)

    assert [node["portNames"] for node in answer["subscriptions"]["nodes"]] == [["eth0"]] * 3
    assert len(executed) == 2


@parity("GQ-08")
async def test_an_added_mutation_starts_a_workflow_as_the_viewer(extended: ExtendedHouse) -> None:
    node = await Stored(extended.database).node()
    renaming = """
    mutation ($node: ID!, $hostname: String!, $version: Int) {
      callNode(node: $node, hostname: $hostname, version: $version) {
        __typename
        ... on ProcessStarted { created process { workflowName status createdBy subscriptions { id } } }
        ... on InvalidInput { errors { path message } }
        ... on Conflict { message }
        ... on NotFound { missingId }
      }
    }
    """
    identifier = public_subscription_id(node.id)

    stale = await extended.ask(renaming, node=identifier, hostname="lab-8", version=9)
    started = await extended.ask(renaming, node=identifier, hostname="lab-8", version=node.version)
    extended.doorkeeper.let(*Permission, customers=("customer 2",))
    foreign = await extended.ask(renaming, node=identifier, hostname="lab-9")

    assert stale["callNode"]["__typename"] == "Conflict"
    assert started["callNode"] == {
        "__typename": "ProcessStarted",
        "created": True,
        "process": {
            "workflowName": "rename_node",
            "status": "QUEUED",
            "createdBy": "developer",
            "subscriptions": [{"id": identifier}],
        },
    }
    assert foreign["callNode"] == {"__typename": "NotFound", "missingId": identifier}
    assert await extended.error(renaming, node="node_1", hostname="lab-9") == (
        "INVALID_ID",
        "'node_1' is not the id of a subscription: expected subscription_….",
    )


@parity("GQ-08")
async def test_wrong_values_of_an_added_mutation_are_told_by_their_paths(extended: ExtendedHouse) -> None:
    answer = await extended.ask(
        'mutation { orderNode(hostname: "x") { ... on InvalidInput { errors { path code } } } }'
    )

    assert answer == {"orderNode": {"errors": [{"path": ["hostname"], "code": "string_too_short"}]}}


@parity("GQ-08")
async def test_an_added_event_reads_anew_each_time(extended: ExtendedHouse) -> None:
    node = await Stored(extended.database).node()
    told: list[object] = []

    async for answer in extended.follow(
        "subscription ($id: ID!) { descriptions(subscription: $id, times: 2) }",
        id=public_subscription_id(node.id),
    ):
        told.append(answer["data"]["descriptions"])
        async with extended.database.write() as connection:
            await connection.execute("UPDATE subscription SET description = 'Another'")

    assert told == ["A node", "Another"]


@parity("GQ-08")
async def test_what_is_added_takes_its_permission_and_shows_nothing_out_of_scope(
    extended: ExtendedHouse,
) -> None:
    node = await Stored(extended.database).node()
    asked = "query ($name: String!) { nodesNamed(hostname: $name) { __typename } }"

    extended.doorkeeper.let(Permission.CONNECT, customers=("customer 2",))
    query = await extended.error(asked, name=node.node.hostname)
    mutation = await extended.error('mutation { orderNode(hostname: "lab-7") { __typename } }')
    event = await extended.error('subscription { descriptions(subscription: "x", times: 1) }')
    fields = await extended.post("{ viewer { sees } processes { nodes { title } } }")
    seen = await extended.ask("{ viewer { sees } }")
    extended.doorkeeper.let(Permission.CONNECT, Permission.READ_SUBSCRIPTIONS, customers=("customer 2",))
    nothing = await extended.ask(asked, name=node.node.hostname)

    assert query == ("NOT_ALLOWED", "Not allowed: 'Query.nodesNamed' needs READ_SUBSCRIPTIONS.")
    assert mutation == ("NOT_ALLOWED", "Not allowed: 'Mutation.orderNode' needs START_WORKFLOW.")
    assert event == ("NOT_ALLOWED", "Not allowed: 'Subscription.descriptions' needs READ_SUBSCRIPTIONS.")
    assert [error["extensions"]["field"] for error in fields["errors"]] == [
        "Query.processes",
        "ProcessConnection.nodes",
        "Process.title",
    ]
    assert seen == {"viewer": {"sees": "customer 2"}}
    assert nothing == {"nodesNamed": []}
    found = await SubscriptionRepository(extended.database).count(Scope.all())
    assert found == 1


@parity("GQ-08")
def test_two_applications_in_one_process_have_each_what_they_add(extended_schema: ApplicationSchema) -> None:
    first = extended_schema.core
    second = build_schema(
        catalog(), Registry([]), extension=GraphExtension(fields={"Process": ViewerFields})
    ).core
    assert first.query_type is not None
    assert second.query_type is not None

    fields = {"place", "nodesNamed"}
    assert first.query_type.fields.keys() & fields == fields
    assert second.query_type.fields.keys() & fields == set()
    assert "Rack" not in second.type_map
    assert ("sees" in fields_of(first, "Viewer"), "sees" in fields_of(second, "Viewer")) == (True, False)
    assert ("sees" in fields_of(first, "Process"), "sees" in fields_of(second, "Process")) == (False, True)


def fields_of(schema: GraphQLSchema, name: str) -> list[str]:
    """The names of the fields of a type."""
    named = schema.type_map[name]
    assert isinstance(named, GraphQLObjectType)
    return list(named.fields)
