"""Reading how subscriptions came to be what they are: one record for each version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.paging import InvalidPageRequest, Page, PageRequest, SortKey
from domain.storage.selection import in_scope

_change = tables.subscription_change.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """What made one version of a subscription.

    Attributes:
        before: what the change replaced; None for the first version.
        after: what it put there, in the form of a patch's ``after``.
    """

    subscription_id: SubscriptionId
    version: int
    process_id: ProcessId | None
    step_key: str | None
    actor: str
    at: datetime
    before: JsonValue
    after: JsonValue


class ChangeRepository:
    """The reads of change records. Each is one statement; what is out of scope is not found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, scope: Scope, *, subscription_id: SubscriptionId, request: PageRequest
    ) -> Page[ChangeRecord]:
        """A page of a subscription's changes, the newest first; its sort key is the version."""
        wanted = (
            select(tables.subscription_change)
            .join(tables.subscription)
            .where(
                _change.subscription_id == subscription_id,
                *in_scope(tables.subscription.c.customer_id, scope),
            )
        )
        if request.after is not None:
            wanted = wanted.where(_change.version < _version_key(request.after))
        if request.before is not None:
            wanted = wanted.where(_change.version > _version_key(request.before))
        order = _change.version.asc() if request.backward else _change.version.desc()
        wanted = wanted.order_by(order).limit(request.size + 1).offset(request.offset)
        rows = await self._database.fetch(wanted)
        return request.page_of([_record(row) for row in rows])


def _version_key(key: SortKey) -> int:
    match key:
        case (int() as version,):
            return version
        case _:
            raise InvalidPageRequest(f"found the sort key {key!r}, expected one version")


def _record(row: Row[Any]) -> ChangeRecord:
    return ChangeRecord(
        subscription_id=SubscriptionId(row.subscription_id),
        version=row.version,
        process_id=row.process_id,
        step_key=row.step_key,
        actor=row.actor,
        at=row.at,
        before=row.before,
        after=row.after,
    )
