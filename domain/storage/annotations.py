"""Writing what is noted about a subscription: its note, its metadata, and customers' descriptions of it.

Each has a version of its own. None of them touches the version of the subscription or asks for its in-sync
lock, so people annotate while a process works on it. Who says which version was read is refused if that is
not the stored one any more.

All run inside the caller's transaction, in one statement; in one more when two people write the first version
at the same moment. What cannot be kept is refused before any statement.

Locks: the row that is written.
"""

from typing import Final

import asyncpg
from pydantic import BaseModel, ValidationError

from domain.errors import (
    CustomerDescriptionNotFound,
    InvalidAnnotation,
    StaleCustomerDescription,
    StaleMetadata,
    StaleNote,
    SubscriptionNotFound,
)
from domain.ids import CustomerId, SubscriptionId
from domain.json import JsonValue, UnrepresentableValue, encode
from domain.model.definition.texts import LONGEST_CUSTOMER_ID, shown
from domain.scope import Scope
from domain.storage.tables import GREATEST_VERSION

LONGEST_NOTE: Final = 5_000
LONGEST_DESCRIPTION: Final = 2_000
LARGEST_METADATA_BYTES: Final = 64 * 1024

_NO_VERSION: Final = -1


_SET_NOTE = """
WITH subject AS MATERIALIZED (
    SELECT id, note_version
    FROM subscription
    WHERE id = $1 AND ($2::text[] IS NULL OR customer_id = ANY ($2::text[]))
    FOR NO KEY UPDATE
), written AS (
    UPDATE subscription
    SET note = $3, note_version = subject.note_version + 1
    FROM subject
    WHERE subscription.id = subject.id
        AND ($4::int IS NULL OR subject.note_version = $4::int)
        AND subscription.note IS DISTINCT FROM $3
    RETURNING subscription.note_version
)
SELECT subject.note_version AS found, (SELECT note_version FROM written) AS written
FROM subject
"""


async def set_note(
    connection: asyncpg.Connection,
    scope: Scope,
    subscription_id: SubscriptionId,
    note: str | None,
    *,
    expected_version: int | None = None,
) -> int:
    """Replace the note; a blank one is none.

    The version expected is that of the note the caller has read, 0 if there never was one; None admits any.

    Returns:
        The note's version: one more than before, or the same if it says the same already.

    Raises:
        InvalidAnnotation: if the note is too long, or has a character that cannot be stored.
        SubscriptionNotFound: if there is none in scope.
        StaleNote: if the note has another version than expected.
    """
    text = _text("note", note, longest=LONGEST_NOTE) if note and not note.isspace() else None
    arguments = (subscription_id, _customers(scope), text, _sent(expected_version))
    row = await connection.fetchrow(_SET_NOTE, *arguments)
    if row is None:
        raise SubscriptionNotFound(subscription_id)
    found: int = row["found"]
    if expected_version is not None and expected_version != found:
        raise StaleNote(subscription_id, expected=expected_version, found=found)
    written: int | None = row["written"]
    return found if written is None else written


_SET_METADATA = """
WITH subject AS MATERIALIZED (
    SELECT id
    FROM subscription
    WHERE id = $1 AND ($2::text[] IS NULL OR customer_id = ANY ($2::text[]))
), stored AS MATERIALIZED (
    SELECT subscription_metadata.version
    FROM subscription_metadata JOIN subject ON subject.id = subscription_metadata.subscription_id
    FOR UPDATE OF subscription_metadata
), written AS (
    INSERT INTO subscription_metadata (subscription_id, metadata, version, modified_by)
    SELECT id, $3::text::jsonb, 1, $4
    FROM subject
    WHERE coalesce((SELECT version FROM stored), 0) = $5::int
    ON CONFLICT (subscription_id) DO UPDATE
    SET metadata = excluded.metadata, version = subscription_metadata.version + 1, modified_at = now(),
        modified_by = excluded.modified_by
    WHERE subscription_metadata.version = $5::int
    RETURNING version
)
SELECT coalesce((SELECT version FROM stored), 0) AS found, (SELECT version FROM written) AS written
FROM subject
"""


async def set_metadata(
    connection: asyncpg.Connection,
    scope: Scope,
    subscription_id: SubscriptionId,
    metadata: JsonValue,
    *,
    expected_version: int,
    actor: str,
    model: type[BaseModel] | None,
) -> int:
    """Replace the metadata, as given; the model is what the catalogue declares metadata to be, if it does.

    The version expected is that of the metadata the caller has read; 0 if there was none.

    Returns:
        The metadata's version: one more than before.

    Raises:
        InvalidAnnotation: if it is no JSON object, too large, or nothing that the model admits.
        SubscriptionNotFound: if there is none in scope.
        StaleMetadata: if the metadata has another version than expected.
    """
    text = _metadata(metadata, model)
    arguments = (subscription_id, _customers(scope), text, actor, _sent(expected_version))
    row = await _written(connection, _SET_METADATA, *arguments, expected=expected_version)
    if row is None:
        raise SubscriptionNotFound(subscription_id)
    if row["written"] is None:
        raise StaleMetadata(subscription_id, expected=expected_version, found=row["found"])
    return row["written"]


_STORED_DESCRIPTION = """
WITH subject AS MATERIALIZED (
    SELECT id
    FROM subscription
    WHERE id = $1 AND ($2::text[] IS NULL OR customer_id = ANY ($2::text[]) AND $3 = ANY ($2::text[]))
), stored AS MATERIALIZED (
    SELECT description.subscription_id, description.customer_id, description.version
    FROM customer_description AS description JOIN subject ON subject.id = description.subscription_id
    WHERE description.customer_id = $3
    FOR UPDATE OF description
)"""

_SET_CUSTOMER_DESCRIPTION = f"""{_STORED_DESCRIPTION}, written AS (
    INSERT INTO customer_description (subscription_id, customer_id, description, version, modified_by)
    SELECT id, $3, $5, 1, $6
    FROM subject
    WHERE $4::int IS NULL OR coalesce((SELECT version FROM stored), 0) = $4::int
    ON CONFLICT (subscription_id, customer_id) DO UPDATE
    SET description = excluded.description, version = customer_description.version + 1, modified_at = now(),
        modified_by = excluded.modified_by
    WHERE $4::int IS NULL OR customer_description.version = $4::int
    RETURNING version
)
SELECT coalesce((SELECT version FROM stored), 0) AS found, (SELECT version FROM written) AS written
FROM subject
"""  # noqa: S608  # made of constants of this module


async def set_customer_description(
    connection: asyncpg.Connection,
    scope: Scope,
    subscription_id: SubscriptionId,
    customer_id: CustomerId,
    description: str,
    *,
    expected_version: int | None = None,
    actor: str,
) -> int:
    """Replace what a customer calls the subscription; it need not be the customer whom it belongs to.

    The version expected is that of the description the caller has read, 0 if there was none; None admits any.

    Returns:
        The description's version: one more than before.

    Raises:
        InvalidAnnotation: if it, or the customer, is blank, too long, or has a character that cannot be
            stored.
        SubscriptionNotFound: if the subscription or the customer is not in scope.
        StaleCustomerDescription: if the description has another version than expected.
    """
    _text("customer_id", customer_id, longest=LONGEST_CUSTOMER_ID)
    text = _text("description", description, longest=LONGEST_DESCRIPTION)
    arguments = (subscription_id, _customers(scope), customer_id, _sent(expected_version), text, actor)
    row = await _written(connection, _SET_CUSTOMER_DESCRIPTION, *arguments, expected=expected_version)
    if row is None:
        raise SubscriptionNotFound(subscription_id)
    if row["written"] is None:
        assert expected_version is not None, "without an expected version every description is replaced"
        raise StaleCustomerDescription(subscription_id, expected=expected_version, found=row["found"])
    return row["written"]


_DELETE_CUSTOMER_DESCRIPTION = f"""{_STORED_DESCRIPTION}, deleted AS (
    DELETE FROM customer_description
    USING stored
    WHERE customer_description.subscription_id = stored.subscription_id
        AND customer_description.customer_id = stored.customer_id
        AND ($4::int IS NULL OR stored.version = $4::int)
)
SELECT coalesce((SELECT version FROM stored), 0) AS found
FROM subject
"""  # noqa: S608  # made of constants of this module


async def delete_customer_description(
    connection: asyncpg.Connection,
    scope: Scope,
    subscription_id: SubscriptionId,
    customer_id: CustomerId,
    *,
    expected_version: int | None = None,
) -> None:
    """Take away what a customer calls the subscription.

    Raises:
        InvalidAnnotation: if there can be no such customer.
        SubscriptionNotFound: if the subscription or the customer is not in scope.
        CustomerDescriptionNotFound: if the customer has none.
        StaleCustomerDescription: if the description has another version than expected.
    """
    _text("customer_id", customer_id, longest=LONGEST_CUSTOMER_ID)
    arguments = (subscription_id, _customers(scope), customer_id, _sent(expected_version))
    row = await connection.fetchrow(_DELETE_CUSTOMER_DESCRIPTION, *arguments)
    if row is None:
        raise SubscriptionNotFound(subscription_id)
    found: int = row["found"]
    if found == 0:
        raise CustomerDescriptionNotFound(subscription_id, customer_id=customer_id)
    if expected_version is not None and expected_version != found:
        raise StaleCustomerDescription(subscription_id, expected=expected_version, found=found)


async def _written(
    connection: asyncpg.Connection, statement: str, *arguments: object, expected: int | None
) -> asyncpg.Record | None:
    """What the statement answers, once that can be told to the caller.

    Nothing found as expected and nothing written either: somebody else wrote the first version after the
    statement had begun, and the next one sees it.
    """
    while True:
        row = await connection.fetchrow(statement, *arguments)
        if row is None or row["written"] is not None or row["found"] != expected:
            return row


def _sent(expected_version: int | None) -> int | None:
    """An expected version as the column can hold it: what none can ever have becomes one that none has."""
    if expected_version is None or 0 <= expected_version <= GREATEST_VERSION:
        return expected_version
    return _NO_VERSION


def _customers(scope: Scope) -> list[CustomerId] | None:
    return None if scope.customers is None else sorted(scope.customers)


def _text(field: str, text: str, *, longest: int) -> str:
    if not text or text.isspace():
        raise InvalidAnnotation(field, found="blank text", expected="some text")
    if len(text) > longest:
        raise InvalidAnnotation(
            field, found=f"{len(text)} characters", expected=f"at most {longest} characters"
        )
    try:
        encode(text)
    except UnrepresentableValue as error:
        raise InvalidAnnotation(field, found=error.found, expected="text that can be stored") from error
    return text


def _metadata(metadata: JsonValue, model: type[BaseModel] | None) -> str:
    if not isinstance(metadata, dict):
        raise InvalidAnnotation("metadata", found=shown(metadata), expected="a JSON object")
    try:
        text = encode(metadata)
    except UnrepresentableValue as error:
        place = ".".join(("metadata", *(str(part) for part in error.path)))
        raise InvalidAnnotation(place, found=error.found, expected="JSON that can be stored") from error
    size_bytes = len(text.encode())
    if size_bytes > LARGEST_METADATA_BYTES:
        raise InvalidAnnotation(
            "metadata", found=f"{size_bytes} bytes", expected=f"at most {LARGEST_METADATA_BYTES} bytes"
        )
    if model is not None:
        _check_against(model, text)
    return text


def _check_against(model: type[BaseModel], text: str) -> None:
    try:
        model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(("metadata", *(str(part) for part in first["loc"])))
        found = "nothing" if first["type"] == "missing" else shown(first["input"])
        raise InvalidAnnotation(place, found=found, expected=first["msg"]) from error
