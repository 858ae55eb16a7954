"""Workflows: what the wizard that starts one needs, in one request."""

from typing import Any

import pytest

from graph.permissions import Permission
from tests.graph.served.catalog.house import CUSTOMER_1, CatalogHouse, viewer_of

CHECK = """
query ($name: String!, $subscription: ID) { workflow(name: $name) {
  canStart(subscription: $subscription) { allowed code reason predicateCode blockedBy { code message } }
  form(subscription: $subscription) { title index hasNext }
} }
"""
WIZARD = """
query ($name: String!, $subscription: ID) { workflow(name: $name) {
  id name description target isTask hasWizard usableIn usableOutOfSync blockedByUsers
  steps { key name kind assignee }
  canStart(subscription: $subscription) { allowed code reason }
  form(subscription: $subscription) { title schema hasNext index }
  products { id name }
} }
"""
YES: dict[str, Any] = {"allowed": True, "code": None, "reason": None, "predicateCode": None, "blockedBy": []}


def no(code: str, reason: str, **more: object) -> dict[str, Any]:
    """A check that says no."""
    return YES | {"allowed": False, "code": code, "reason": reason} | more


async def check(catalog: CatalogHouse, name: str, subscription: str | None = None, **viewer: Any) -> Any:
    """Whether a workflow can be started, and the first page of its form."""
    found = await catalog.ask(CHECK, viewer=viewer_of(**viewer), name=name, subscription=subscription)
    return found["workflow"]["canStart"], found["workflow"]["form"]


@pytest.mark.parametrize(
    ("name", "subject", "page"),
    [
        ("create_node", None, {"title": "What a new node is like", "index": 0, "hasNext": False}),
        (
            "create_node_by_wizard",
            None,
            {"title": "What is created, and for whom", "index": 0, "hasNext": True},
        ),
        ("rename_node", "node 1", {"title": "A new name", "index": 0, "hasNext": False}),
        ("move_circuit", "circuit", {"title": "Choose a node", "index": 0, "hasNext": False}),
        ("validate_node", "node 1", None),
        ("call_back", None, None),
    ],
)
async def test_what_can_be_started_shows_its_first_page_and_starts_nothing(
    catalog: CatalogHouse, name: str, subject: str | None, page: dict[str, object] | None
) -> None:
    found, form = await check(catalog, name, None if subject is None else catalog.ids[subject])

    assert found == YES
    assert form == page
    assert (await catalog.ask("{ processes { totalCount } }"))["processes"]["totalCount"] == 0


async def test_the_first_page_is_the_one_that_starting_asks_for(catalog: CatalogHouse) -> None:
    mutation = """mutation ($name: String!, $subscription: ID) {
      startWorkflow(workflow: $name, pages: [], subscription: $subscription) {
        ... on FormPage { title schema hasNext index } } }"""

    for name, subject in (("create_node_by_wizard", None), ("move_circuit", catalog.ids["circuit"])):
        asked = await catalog.ask(mutation, name=name, subscription=subject)
        found = await catalog.ask(WIZARD, name=name, subscription=subject)

        assert found["workflow"]["form"] == asked["startWorkflow"]


async def test_what_stands_in_the_way_is_what_the_actions_of_the_subscription_say(
    catalog: CatalogHouse,
) -> None:
    blocked, form = await check(catalog, "terminate_node", catalog.ids["node 1"])
    found = await catalog.ask(
        "query ($id: ID!) { subscription(id: $id) { actions { workflow { name } canStart { allowed "
        "code reason predicateCode blockedBy { code message } } } } }",
        id=catalog.ids["node 1"],
    )

    actions = {each["workflow"]["name"]: each["canStart"] for each in found["subscription"]["actions"]}
    blockers = actions["terminate_node"]["blockedBy"]
    assert [each["code"] for each in blockers] == ["IN_USE"]
    assert blocked == no("BLOCKED", " ".join(each["message"] for each in blockers), blockedBy=blockers)
    assert form is None
    for name, action in actions.items():
        (answer, _) = await check(catalog, name, catalog.ids["node 1"])
        assert answer == action, name


@pytest.mark.parametrize(
    ("name", "subject", "expected"),
    [
        ("rename_node", None, no("NO_SUBSCRIPTION", "The workflow 'rename_node' needs a subscription.")),
        (
            "rename_node",
            "subscription_01h455vb4pex5vsknk084sn02q",
            no("NO_SUBSCRIPTION", "There is no such subscription."),
        ),
        (
            "rename_node",
            "circuit",
            no("OTHER_SUBSCRIPTION", "The workflow is about Node; found a subscription of product Circuit."),
        ),
        (
            "create_node",
            "node 1",
            no("OTHER_SUBSCRIPTION", "The workflow 'create_node' takes no subscription."),
        ),
    ],
)
async def test_a_subscription_that_does_not_fit_is_said_so(
    catalog: CatalogHouse, name: str, subject: str | None, expected: dict[str, object]
) -> None:
    subscription = None if subject is None else catalog.ids.get(subject, subject)

    assert await check(catalog, name, subscription) == (expected, None)


async def test_a_subscription_out_of_scope_is_like_one_that_is_not_there(catalog: CatalogHouse) -> None:
    answer = await check(catalog, "rename_node", catalog.ids["node 3"], scope=CUSTOMER_1)

    assert answer == (no("NO_SUBSCRIPTION", "There is no such subscription."), None)


async def test_permission_authorizer_scope_and_predicate_say_why_not(catalog: CatalogHouse) -> None:
    senior = {"group": "senior"}
    readers = (Permission.CONNECT, Permission.READ_CATALOG)
    lacking = await catalog.ask(CHECK, viewer=viewer_of(*readers), name="create_node")

    assert lacking["workflow"] == {
        "canStart": no("NOT_PERMITTED", "It needs the permission START_WORKFLOW."),
        "form": None,
    }
    assert await check(catalog, "find_guarded") == (
        no("NOT_AUTHORIZED", "A reader may not start workflow 'find_guarded'."),
        None,
    )
    assert (await check(catalog, "find_guarded", claims=senior))[0] == YES
    assert await check(catalog, "find_guarded", claims=senior, scope=CUSTOMER_1) == (
        no("OUT_OF_SCOPE", "A process that concerns no customer needs a scope of all customers."),
        None,
    )
    assert await check(catalog, "work") == (
        no("PREDICATE_FAILED", "Nobody works at weekends.", predicateCode="WEEKEND"),
        None,
    )
    assert (await check(catalog, "work", claims={"weekends": True}))[0] == YES


async def test_what_a_workflow_needs_of_its_subscription_is_told(catalog: CatalogHouse) -> None:
    found = await catalog.ask(
        "{ workflows { nodes { name usableIn usableOutOfSync blockedByUsers isTask hasWizard } } }"
    )

    told = {node.pop("name"): tuple(node.values()) for node in found["workflows"]["nodes"]}
    assert {
        name: told[name]
        for name in ("create_node_by_wizard", "rename_node", "terminate_node", "validate_node")
    } == {
        "create_node_by_wizard": ([], False, False, False, True),
        "rename_node": (["ACTIVE"], False, False, False, False),
        "terminate_node": (["PROVISIONING", "ACTIVE"], False, True, False, False),
        "validate_node": (["ACTIVE"], True, False, True, False),
    }


async def test_the_wizard_is_one_request_of_few_statements(catalog: CatalogHouse) -> None:
    _, of_create = await catalog.counted(WIZARD, name="create_node_by_wizard")
    _, of_modify = await catalog.counted(WIZARD, name="move_circuit", subscription=catalog.ids["circuit"])

    # The products; the subscription's facts and, for its form, its tree.
    assert (of_create, of_modify) == (1, 3)


async def test_a_list_of_workflows_with_checks_takes_no_statement_and_with_a_subject_one(
    catalog: CatalogHouse,
) -> None:
    query = """query ($subscription: ID) {
      workflows { nodes { name canStart(subscription: $subscription) { allowed code } } } }"""

    _, without = await catalog.counted(query)
    found, with_subject = await catalog.counted(query, subscription=catalog.ids["node 2"])

    allowed = {node["name"] for node in found["workflows"]["nodes"] if node["canStart"]["allowed"]}
    assert allowed == {"rename_node", "validate_node", "terminate_node"}
    assert (without, with_subject) == (0, 1)
