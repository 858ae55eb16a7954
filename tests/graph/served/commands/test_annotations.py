"""Notes, metadata and customers' descriptions over HTTP, each under a version of its own."""

import asyncio
from typing import Any

import pytest

from domain.storage.database import Database
from tests.graph.served.commands.house import CommandHouse
from tests.graph.served.stored import Stored, subscription_of
from tests.parity import parity
from tests.postgres import StatementLog

NOTED = """noteVersion note metadata { value version modifiedBy modifiedAt }
  customerDescriptions { customerId description version modifiedBy modifiedAt }"""
ANSWER = """{ __typename ... on SubscriptionUpdated { subscription { id version note noteVersion
    metadata { value version modifiedBy } customerDescriptions { customerId description version } } }
  ... on Refused { message } ... on InvalidInput { errors { path message code } }
  ... on NotFound { missingId }
  ... on StaleVersion { foundVersion expectedVersion
    currentSubscription { note noteVersion metadata { value } } } }"""
NOTE = f"""mutation ($id: ID!, $note: String, $version: Int) {{
  a: setSubscriptionNote(subscription: $id, note: $note, version: $version) {ANSWER} }}"""
METADATA = f"""mutation ($id: ID!, $metadata: JSON!, $version: Int!) {{
  a: setSubscriptionMetadata(subscription: $id, metadata: $metadata, version: $version) {ANSWER} }}"""
DESCRIBE = f"""mutation ($id: ID!, $customer: String!, $text: String!, $version: Int) {{
  a: setCustomerDescription(subscription: $id, customerId: $customer, description: $text, version: $version)
  {ANSWER} }}"""
UNDESCRIBE = f"""mutation ($id: ID!, $customer: String!, $version: Int) {{
  a: deleteCustomerDescription(subscription: $id, customerId: $customer, version: $version) {ANSWER} }}"""

OUT_OF_SCOPE = "Not allowed: the customer is out of scope."
EVERY = [
    (NOTE, {"note": "Beware"}),
    (METADATA, {"metadata": {"rack": 1}, "version": 0}),
    (DESCRIBE, {"customer": "customer 1", "text": "Our node"}),
    (UNDESCRIBE, {"customer": "customer 1"}),
]


@pytest.fixture
async def node(database: Database) -> str:
    """The id of a subscription of customer 1."""
    return subscription_of(await Stored(database).node())


async def write(
    house: CommandHouse, mutation: str, subscription: str, *, viewer: str = "senior", **variables: Any
) -> Any:
    return (await house.ask(viewer, mutation, id=subscription, **variables))["a"]


async def read(house: CommandHouse, subscription: str, *, viewer: str = "senior") -> Any:
    query = f"query ($id: ID!) {{ subscription(id: $id) {{ version {NOTED} }} }}"
    return (await house.ask(viewer, query, id=subscription))["subscription"]


@parity("PM-23")
@parity("PM-27")
@parity("PM-28")
async def test_what_is_noted_has_versions_of_its_own(commands: CommandHouse, node: str) -> None:
    before = await read(commands, node)

    note = await write(commands, NOTE, node, note="Beware of the dog", version=0)
    metadata = await write(commands, METADATA, node, metadata={"rack": {"row": 4}}, version=0)
    described = await write(commands, DESCRIBE, node, customer="customer 2", text="The hub", version=0)
    after = await read(commands, node)

    assert before == {
        "version": 1,
        "noteVersion": 0,
        "note": None,
        "metadata": None,
        "customerDescriptions": [],
    }
    assert (note["subscription"]["note"], note["subscription"]["noteVersion"]) == ("Beware of the dog", 1)
    assert metadata["subscription"]["metadata"] == {
        "value": {"rack": {"row": 4}},
        "version": 1,
        "modifiedBy": "senior",
    }
    assert described["subscription"]["customerDescriptions"] == [
        {"customerId": "customer 2", "description": "The hub", "version": 1}
    ]
    assert (after["version"], after["noteVersion"], after["metadata"]["version"]) == (1, 1, 1)
    assert after["metadata"]["modifiedAt"] is not None
    assert after["customerDescriptions"][0]["modifiedBy"] == "senior"


@parity("PM-27")
@parity("PM-28")
async def test_a_stale_version_is_refused_with_what_is_there(commands: CommandHouse, node: str) -> None:
    await write(commands, NOTE, node, note="First")
    await write(commands, METADATA, node, metadata={"first": True}, version=0)
    await write(commands, DESCRIBE, node, customer="customer 1", text="First")

    stale = [
        await write(commands, NOTE, node, note="Second", version=0),
        await write(commands, METADATA, node, metadata={"second": True}, version=0),
        await write(commands, DESCRIBE, node, customer="customer 1", text="Second", version=7),
        await write(commands, UNDESCRIBE, node, customer="customer 1", version=0),
    ]

    assert [answer["message"] for answer in stale] == [
        "The note has version 1, expected version 0.",
        "The metadata has version 1, expected version 0.",
        "The customer description has version 1, expected version 7.",
        "The customer description has version 1, expected version 0.",
    ]
    versions = [(answer["foundVersion"], answer["expectedVersion"]) for answer in stale]
    assert versions == [(1, 0), (1, 0), (1, 7), (1, 0)]
    there = {"note": "First", "noteVersion": 1, "metadata": {"value": {"first": True}}}
    assert [answer["currentSubscription"] for answer in stale] == [there] * 4
    after = await read(commands, node)
    assert [each["description"] for each in after["customerDescriptions"]] == ["First"]


async def test_what_cannot_be_kept_is_refused_with_its_path(commands: CommandHouse, node: str) -> None:
    refused = [
        await write(commands, NOTE, node, note="x" * 5_001),
        await write(commands, METADATA, node, metadata=["no object"], version=0),
        await write(commands, DESCRIBE, node, customer="customer 1", text=" "),
        await write(commands, DESCRIBE, node, customer="", text="Nobody's"),
    ]
    missing = await write(commands, UNDESCRIBE, node, customer="customer 1")

    assert [answer["errors"] for answer in refused] == [
        problem("note", "Found 5001 characters, expected at most 5000 characters"),
        problem("metadata", "Found ['no object'], expected a JSON object"),
        problem("description", "Found blank text, expected some text"),
        problem("customerId", "Found blank text, expected some text"),
    ]
    assert missing == {
        "__typename": "NotFound",
        "message": f"The customer has no description of {node}.",
        "missingId": "customer 1",
    }
    assert (await read(commands, node))["noteVersion"] == 0


def problem(argument: str, message: str) -> list[dict[str, object]]:
    """The errors of an answer that has one."""
    return [{"path": [argument], "message": message, "code": "annotation"}]


async def test_a_description_is_taken_away_and_a_blank_note_is_none(
    commands: CommandHouse, node: str
) -> None:
    await write(commands, DESCRIBE, node, customer="customer 1", text="Ours")
    await write(commands, NOTE, node, note="Beware")

    taken = await write(commands, UNDESCRIBE, node, customer="customer 1", version=1)
    blank = await write(commands, NOTE, node, note=" ", version=1)

    assert taken["subscription"]["customerDescriptions"] == []
    assert (blank["subscription"]["note"], blank["subscription"]["noteVersion"]) == (None, 2)


@pytest.mark.parametrize(("mutation", "variables"), EVERY)
async def test_what_is_out_of_scope_is_not_told_of(
    commands: CommandHouse, node: str, mutation: str, variables: dict[str, Any]
) -> None:
    before = await read(commands, node)

    answer = await write(commands, mutation, node, viewer="stranger", **variables)

    if "customer" in variables:
        assert answer == {"__typename": "NotAllowed", "message": OUT_OF_SCOPE}
    else:
        assert answer == {"__typename": "NotFound", "message": f"There is no {node}.", "missingId": node}
    assert await read(commands, node) == before


@pytest.mark.parametrize(("mutation", "variables"), EVERY)
async def test_without_the_permission_nothing_is_written(
    commands: CommandHouse, node: str, mutation: str, variables: dict[str, Any]
) -> None:
    before = await read(commands, node)

    response = await commands.post("reader", mutation, id=node, **variables)

    assert response.status_code == 403
    assert {error["extensions"]["permission"] for error in response.json()["errors"]} == {
        "ANNOTATE_SUBSCRIPTION"
    }
    assert await read(commands, node) == before


async def test_what_customers_out_of_scope_call_it_is_neither_read_nor_written(
    commands: CommandHouse, node: str
) -> None:
    await write(commands, DESCRIBE, node, customer="customer 2", text="Theirs")

    seen = await read(commands, node, viewer="clerk")
    written = await write(commands, DESCRIBE, node, customer="customer 2", text="Mine", viewer="clerk")

    taken = await write(commands, UNDESCRIBE, node, customer="customer 2", viewer="clerk")

    assert seen["customerDescriptions"] == []
    assert written == taken == {"__typename": "NotAllowed", "message": OUT_OF_SCOPE}


async def test_of_two_who_write_at_once_one_does(commands: CommandHouse, node: str) -> None:
    notes = await asyncio.gather(
        *(
            write(commands, NOTE, node, note=f"Note of {viewer}", version=0, viewer=viewer)
            for viewer in ("senior", "junior")
        )
    )
    metadata = await asyncio.gather(
        *(
            write(commands, METADATA, node, metadata={"by": viewer}, version=0, viewer=viewer)
            for viewer in ("senior", "junior")
        )
    )

    for answers in (notes, metadata):
        assert {answer["__typename"] for answer in answers} == {"SubscriptionUpdated", "StaleVersion"}
    after = await read(commands, node)
    assert (after["noteVersion"], after["metadata"]["version"]) == (1, 1)


async def test_a_write_and_its_answer_are_two_statements_and_lists_read_them_at_once(
    commands: CommandHouse, statements: StatementLog, database: Database, node: str
) -> None:
    stored = Stored(database)
    others = [subscription_of(await stored.node()) for _ in range(3)]
    for each in (node, *others):
        await write(commands, METADATA, each, metadata={"a": 1}, version=0)
        await write(commands, DESCRIBE, each, customer="customer 1", text="Ours")
    listing = f"{{ subscriptions {{ nodes {{ id {NOTED} }} }} }}"
    writing = """mutation ($id: ID!) { a: setSubscriptionNote(subscription: $id, note: "x") {
        ... on SubscriptionUpdated { subscription { note noteVersion } } } }"""
    await commands.ask("senior", listing)
    await write(commands, NOTE, node, note="warm-up")

    with statements.recorded() as listed:
        await commands.ask("senior", listing)
    with statements.recorded() as written:
        await commands.ask("senior", writing, id=node)

    assert (listed.verbs, written.verbs) == (["SELECT", "SELECT", "SELECT"], ["WITH", "SELECT"])


@pytest.mark.parametrize(("mutation", "variables"), EVERY)
async def test_what_is_no_id_of_a_subscription_is_not_found(
    commands: CommandHouse, mutation: str, variables: dict[str, Any]
) -> None:
    process = "process_01h455vb4pex5vsknk084sn02q"

    answer = await write(commands, mutation, process, **variables)

    assert answer == {
        "__typename": "NotFound",
        "message": f"'{process}' is not the id of a subscription: expected subscription_….",
        "missingId": process,
    }
