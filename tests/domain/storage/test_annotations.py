import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeAlias

import pytest
from pydantic import BaseModel, ConfigDict

from domain.errors import (
    CustomerDescriptionNotFound,
    InvalidAnnotation,
    StaleAnnotation,
    StaleCustomerDescription,
    StaleMetadata,
    StaleNote,
    SubscriptionNotFound,
)
from domain.ids import CustomerId, ProcessId, SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.annotations import (
    LARGEST_METADATA_BYTES,
    LONGEST_DESCRIPTION,
    LONGEST_NOTE,
    delete_customer_description,
    set_customer_description,
    set_metadata,
    set_note,
)
from domain.storage.saving.saves import ChangeAuthor
from tests.domain.sample import CUSTOMER, OTHER_CUSTOMER, NodeInactive, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

EVERYTHING = Scope.all()


class Sla(BaseModel):
    """What an application declares metadata to be."""

    model_config = ConfigDict(extra="forbid")

    hours: int
    since: date | None = None


async def saved_node(store: Store) -> SubscriptionId:
    node = new_node()
    await store.save(node)
    return node.id


async def note(
    store: Store,
    node: SubscriptionId,
    text: str | None,
    *,
    expected: int | None = None,
    scope: Scope = EVERYTHING,
) -> int:
    async with store.database.write() as connection:
        return await set_note(connection, scope, node, text, expected_version=expected)


async def metadata(
    store: Store,
    node: SubscriptionId,
    value: JsonValue,
    *,
    expected: int = 0,
    scope: Scope = EVERYTHING,
    model: type[BaseModel] | None = None,
) -> int:
    async with store.database.write() as connection:
        return await set_metadata(
            connection, scope, node, value, expected_version=expected, actor="tester", model=model
        )


async def describe(
    store: Store,
    node: SubscriptionId,
    text: str,
    *,
    expected: int | None = None,
    scope: Scope = EVERYTHING,
    customer: CustomerId = OTHER_CUSTOMER,
) -> int:
    async with store.database.write() as connection:
        return await set_customer_description(
            connection, scope, node, customer, text, expected_version=expected, actor="tester"
        )


async def forget(
    store: Store,
    node: SubscriptionId,
    *,
    expected: int | None = None,
    scope: Scope = EVERYTHING,
    customer: CustomerId = OTHER_CUSTOMER,
) -> None:
    async with store.database.write() as connection:
        await delete_customer_description(connection, scope, node, customer, expected_version=expected)


async def stored_metadata(store: Store) -> list[tuple[JsonValue, int, str]]:
    async with store.database.writer() as connection:
        rows = await connection.fetch("SELECT metadata, version, modified_by FROM subscription_metadata")
    return [tuple(row) for row in rows]


async def stored_descriptions(store: Store) -> list[tuple[str, str, int, str]]:
    async with store.database.writer() as connection:
        rows = await connection.fetch(
            "SELECT customer_id, description, version, modified_by FROM customer_description"
        )
    return [tuple(row) for row in rows]


async def test_a_note_has_a_version_of_its_own(store: Store, statements: StatementLog) -> None:
    node = await saved_node(store)

    with statements.recorded() as executed:
        assert await note(store, node, "First", expected=0) == 1
    assert await note(store, node, "Second") == 2
    assert await note(store, node, "Second", expected=2) == 2

    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]
    model = await store.load(node)
    assert (model.note, model.version) == ("Second", 1)


@pytest.mark.parametrize("blank", [None, "", " \n\t"])
async def test_a_blank_note_is_none(store: Store, blank: str | None) -> None:
    node = await saved_node(store)
    await note(store, node, "Something")

    assert await note(store, node, blank) == 2

    assert (await store.load(node)).note is None


@parity("PM-24")
@pytest.mark.parametrize("expected", [0, 2, -1, 2**31, 10**30])
async def test_a_note_of_another_version_is_told_both(store: Store, expected: int) -> None:
    node = await saved_node(store)
    await note(store, node, "First")

    with pytest.raises(StaleNote) as refused:
        await note(store, node, "Second", expected=expected)

    assert (refused.value.subscription_id, refused.value.expected, refused.value.found) == (node, expected, 1)
    assert (await store.load(node)).note == "First"


@parity("PM-28")
async def test_metadata_is_one_document_with_a_version(store: Store, statements: StatementLog) -> None:
    node = await saved_node(store)

    with statements.recorded() as executed:
        assert await metadata(store, node, {"sla": {"hours": 8}, "tags": [1, None]}) == 1
    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]
    assert await stored_metadata(store) == [({"sla": {"hours": 8}, "tags": [1, None]}, 1, "tester")]
    assert await metadata(store, node, {}, expected=1) == 2

    for expected in (0, 1, 3):
        with pytest.raises(StaleMetadata) as refused:
            await metadata(store, node, {"late": True}, expected=expected)
        assert (refused.value.expected, refused.value.found) == (expected, 2)
    assert await stored_metadata(store) == [({}, 2, "tester")]
    assert (await store.load(node)).version == 1


@parity("PM-28")
async def test_metadata_is_checked_by_the_declared_model(store: Store) -> None:
    node = await saved_node(store)

    wrong: list[tuple[JsonValue, str, str]] = [
        ({"hours": "many"}, "metadata.hours", "'many'"),
        ({}, "metadata.hours", "nothing"),
        ({"hours": 1, "since": "someday"}, "metadata.since", "'someday'"),
        ({"hours": 1, "other": 2}, "metadata.other", "2"),
    ]
    for value, field, found in wrong:
        with pytest.raises(InvalidAnnotation) as refused:
            await metadata(store, node, value, model=Sla)
        assert (refused.value.field, refused.value.found) == (field, found)
    assert await stored_metadata(store) == []

    assert await metadata(store, node, {"hours": 1, "since": "2026-01-02"}, model=Sla) == 1
    assert await stored_metadata(store) == [({"hours": 1, "since": "2026-01-02"}, 1, "tester")]


@parity("PM-27")
async def test_each_customer_has_a_description_with_a_version(store: Store, statements: StatementLog) -> None:
    node = await saved_node(store)

    with statements.recorded() as executed:
        assert await describe(store, node, "Ours", expected=0) == 1
    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]
    assert await describe(store, node, "Ours too") == 2
    for expected in (0, 1, 3, -1, 2**31):
        with pytest.raises(StaleCustomerDescription) as refused:
            await describe(store, node, "Late", expected=expected)
        assert (refused.value.expected, refused.value.found) == (expected, 2)
        with pytest.raises(StaleCustomerDescription):
            await forget(store, node, expected=expected)

    assert await stored_descriptions(store) == [(OTHER_CUSTOMER, "Ours too", 2, "tester")]
    await forget(store, node, expected=2)
    assert await stored_descriptions(store) == []
    with pytest.raises(CustomerDescriptionNotFound):
        await forget(store, node)


Attempt: TypeAlias = Callable[[Store, SubscriptionId, Scope], Awaitable[object]]

ATTEMPTS: dict[str, Attempt] = {
    "note": lambda store, node, scope: note(store, node, "Late", scope=scope),
    "metadata": lambda store, node, scope: metadata(store, node, {"a": 1}, scope=scope),
    "description": lambda store, node, scope: describe(store, node, "Late", scope=scope),
    "deletion": lambda store, node, scope: forget(store, node, scope=scope),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
@pytest.mark.parametrize("scope", [Scope.of(OTHER_CUSTOMER), Scope.of()])
async def test_what_is_out_of_scope_is_not_found_and_not_written(
    store: Store, attempt: Attempt, scope: Scope
) -> None:
    node = await saved_node(store)
    await describe(store, node, "Ours")

    with pytest.raises(SubscriptionNotFound):
        await attempt(store, node, scope)

    assert (await store.load(node)).note is None
    assert await stored_metadata(store) == []
    assert await stored_descriptions(store) == [(OTHER_CUSTOMER, "Ours", 1, "tester")]


async def test_a_description_for_a_customer_out_of_scope_is_not_written(store: Store) -> None:
    node = await saved_node(store)

    with pytest.raises(SubscriptionNotFound):
        await describe(store, node, "Theirs", scope=Scope.of(CUSTOMER))

    assert await describe(store, node, "Ours", scope=Scope.of(CUSTOMER, OTHER_CUSTOMER)) == 1


Refused: TypeAlias = tuple[Attempt, tuple[str, str, str]]

REFUSED: dict[str, Refused] = {
    "long note": (
        lambda store, node, _: note(store, node, "x" * (LONGEST_NOTE + 1)),
        ("note", "5001 characters", "at most 5000 characters"),
    ),
    "note that cannot be stored": (
        lambda store, node, _: note(store, node, "a\x00b"),
        ("note", r"the character U+0000 in 'a\x00b'", "text that can be stored"),
    ),
    "long description": (
        lambda store, node, _: describe(store, node, "x" * (LONGEST_DESCRIPTION + 1)),
        ("description", "2001 characters", "at most 2000 characters"),
    ),
    "blank description": (
        lambda store, node, _: describe(store, node, " "),
        ("description", "blank text", "some text"),
    ),
    "customer that cannot be stored": (
        lambda store, node, _: describe(store, node, "Ours", customer=CustomerId("a\x00")),
        ("customer_id", r"the character U+0000 in 'a\x00'", "text that can be stored"),
    ),
    "long customer": (
        lambda store, node, _: describe(store, node, "Ours", customer=CustomerId("x" * 256)),
        ("customer_id", "256 characters", "at most 255 characters"),
    ),
    "no customer": (
        lambda store, node, _: forget(store, node, customer=CustomerId("")),
        ("customer_id", "blank text", "some text"),
    ),
    "a list": (
        lambda store, node, _: metadata(store, node, [1]),
        ("metadata", "[1]", "a JSON object"),
    ),
    "nothing": (
        lambda store, node, _: metadata(store, node, None),
        ("metadata", "None", "a JSON object"),
    ),
    "large metadata": (
        lambda store, node, _: metadata(store, node, {"x": "y" * LARGEST_METADATA_BYTES}),
        ("metadata", "65544 bytes", "at most 65536 bytes"),
    ),
    "a number without JSON": (
        lambda store, node, _: metadata(store, node, {"a": [0.0, float("inf")]}),
        ("metadata.a.1", "the number inf", "JSON that can be stored"),
    ),
}


@pytest.mark.parametrize(("attempt", "told"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_kept_is_refused_before_any_statement(
    store: Store, statements: StatementLog, attempt: Attempt, told: tuple[str, str, str]
) -> None:
    node = await saved_node(store)

    with statements.recorded() as executed, pytest.raises(InvalidAnnotation) as refused:
        await attempt(store, node, EVERYTHING)

    assert (refused.value.field, refused.value.found, refused.value.expected) == told
    assert executed.verbs == ["BEGIN", "ROLLBACK"]


async def test_what_is_as_long_as_it_may_be_is_kept(store: Store) -> None:
    node = await saved_node(store)

    assert await note(store, node, "😀" * LONGEST_NOTE) == 1
    assert await describe(store, node, "😀" * LONGEST_DESCRIPTION) == 1
    assert await metadata(store, node, {"x": "y" * (LARGEST_METADATA_BYTES - 8)}) == 1


@pytest.mark.parametrize("write", [metadata, describe], ids=["metadata", "description"])
async def test_of_two_who_write_the_first_version_at_once_one_is_stale(
    store: Store, write: Callable[..., Awaitable[int]]
) -> None:
    node = await saved_node(store)
    value = {"a": 1} if write is metadata else "Ours"

    async def late() -> StaleAnnotation:
        with pytest.raises(StaleAnnotation) as refused:
            await write(store, node, value, expected=0)
        return refused.value

    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        if write is metadata:
            await set_metadata(
                connection, EVERYTHING, node, {}, expected_version=0, actor="first", model=None
            )
        else:
            await set_customer_description(
                connection, EVERYTHING, node, OTHER_CUSTOMER, "First", actor="first"
            )
        second = tasks.create_task(late(), name="late")
        await eventually(store.has_a_waiting_writer)

    assert (second.result().expected, second.result().found) == (0, 1)


async def test_a_note_beside_a_process_that_saves_disturbs_neither(store: Store) -> None:
    author = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()))
    node = new_node()
    await store.save(node, author=author)
    rounds = 20

    async def work() -> None:
        for number in range(rounds):
            model = await store.load(node.id)
            assert isinstance(model, NodeInactive)
            model.node.rack = f"r{number}"
            assert await store.save(model, author=author) == {node.id: number + 2}

    async def annotate() -> None:
        for number in range(rounds):
            assert await note(store, node.id, f"n{number}", expected=number) == number + 1
            assert await metadata(store, node.id, {"number": number}, expected=number) == number + 1

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work(), name="process")
        tasks.create_task(annotate(), name="person")

    model = await store.load(node.id)
    assert isinstance(model, NodeInactive)
    assert (model.version, model.node.rack, model.note) == (rounds + 1, "r19", "n19")
