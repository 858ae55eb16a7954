"""Saves that steps of one process made side by side: the later is written upon what the earlier changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from domain.errors import ConflictingEdit
from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.trees.rebase import rebase
from domain.storage.saving.outcomes import AuthoredPatch

_CHANGES_SINCE = """
SELECT
    change.subscription_id, change.version, change.process_id, change.at, change.before, change.after
FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS stale (id, base_version, process_id)
JOIN subscription ON subscription.id = stale.id AND subscription.held_by = stale.process_id
JOIN subscription_change AS change
    ON change.subscription_id = stale.id AND change.version > stale.base_version
ORDER BY change.subscription_id, change.version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One of the changes since a patch was made."""

    subscription_id: SubscriptionId
    version: int
    process_id: ProcessId | None
    at: datetime
    before: JsonValue
    after: JsonValue


def may_have_siblings(change: AuthoredPatch) -> bool:
    """Whether a change that is stale can be so because of another step of its own process."""
    return change.author.process_id is not None and change.patch.base_version > 0


async def rebase_on_siblings(
    connection: asyncpg.Connection, stale: Sequence[AuthoredPatch]
) -> dict[SubscriptionId, AuthoredPatch | ConflictingEdit]:
    """The stale changes of processes that hold what they change, if nobody else has changed it since.

    Each is made to be one of the stored version, or refused for a field that was changed meanwhile; those
    that are stale for another reason are not in the answer. One statement, in the caller's transaction, which
    has locked the rows of the subscriptions.
    """
    rows = await connection.fetch(
        _CHANGES_SINCE,
        [change.id for change in stale],
        [change.patch.base_version for change in stale],
        [change.author.process_id for change in stale],
    )
    since: defaultdict[SubscriptionId, list[_Change]] = defaultdict(list)
    for row in rows:
        since[SubscriptionId(row["subscription_id"])].append(_change(row))
    return {
        change.id: _rebased(change, since[change.id])
        for change in stale
        if _is_only_from_siblings(change, since[change.id])
    }


def _is_only_from_siblings(change: AuthoredPatch, since: Sequence[_Change]) -> bool:
    return bool(since) and all(each.process_id == change.author.process_id for each in since)


def _rebased(change: AuthoredPatch, since: Sequence[_Change]) -> AuthoredPatch | ConflictingEdit:
    rebased = rebase(change.patch, since, version=since[-1].version)
    return rebased if isinstance(rebased, ConflictingEdit) else replace(change, patch=rebased)


def _change(row: asyncpg.Record) -> _Change:
    return _Change(
        subscription_id=SubscriptionId(row["subscription_id"]),
        version=row["version"],
        process_id=None if row["process_id"] is None else ProcessId(row["process_id"]),
        at=row["at"],
        before=row["before"],
        after=row["after"],
    )
