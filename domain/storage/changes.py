"""Reading how subscriptions came to be what they are: one record for each version."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    ScalarSelect,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    null,
    select,
    text,
    true,
)

from domain.errors import SubscriptionNotFound, VersionNotFound
from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.definition.texts import shown
from domain.model.trees.history import TreeVersion, replay
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey
from domain.storage.listing.selection import among, in_scope
from domain.storage.tables import GREATEST_VERSION, Key

_change = tables.subscription_change.c
_other = tables.subscription_change.alias("other").c
_subscription = tables.subscription.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """What made one version of a subscription.

    Attributes:
        before: what the change replaced; None for the first version.
        after: what it put there, in the form of a patch's ``after``.
        override: why a change of status was written although it is unsafe.
    """

    subscription_id: SubscriptionId
    version: int
    process_id: ProcessId | None
    step_key: str | None
    actor: str
    at: datetime
    before: JsonValue
    after: JsonValue
    override: str | None = None


class ChangeRepository:
    """The reads of change records. Each is one statement; what is out of scope is not found.

    Of references to blocks of subscriptions out of scope a record does not tell whose they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, scope: Scope, *, subscription_id: SubscriptionId, request: PageRequest
    ) -> Page[ChangeRecord]:
        """A page of a subscription's changes, the newest first; its sort key is the version."""
        pages = await self.pages_of(scope, [subscription_id], request=request)
        return pages.get(subscription_id) or request.page_of([])

    async def pages_of(
        self, scope: Scope, ids: Iterable[SubscriptionId], *, request: PageRequest
    ) -> Mapping[SubscriptionId, Page[ChangeRecord]]:
        """The same page of the changes of each of these subscriptions; none where nothing is on it."""
        paged = (
            select(tables.subscription_change)
            .where(_change.subscription_id == _subscription.id, *_between(request))
            .order_by(_change.version.asc() if request.backward else _change.version.desc())
            .limit(request.size + 1)
            .offset(request.offset or None)
            .lateral("paged")
        )
        wanted = (
            select(paged, _visible_owners(scope, table="paged").label("visible_owners"))
            .select_from(tables.subscription.join(paged, true()))
            .where(among(_subscription.id, list(ids), Uuid()), *in_scope(_subscription.customer_id, scope))
            .order_by(
                paged.c.subscription_id, paged.c.version.asc() if request.backward else paged.c.version.desc()
            )
        )
        found: dict[SubscriptionId, list[ChangeRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted):
            found[SubscriptionId(row.subscription_id)].append(_record(row))
        return {subscription_id: request.page_of(records) for subscription_id, records in found.items()}

    async def of_processes(
        self, scope: Scope, ids: Iterable[ProcessId]
    ) -> Mapping[ProcessId, Sequence[ChangeRecord]]:
        """The changes that each of these processes made, by subscription, in the order of the versions."""
        wanted = (
            select(tables.subscription_change, _visible_owners(scope).label("visible_owners"))
            .join_from(tables.subscription_change, tables.subscription)
            .where(
                _change.process_id.is_not(None),
                among(_change.process_id, list(ids), Uuid()),
                *in_scope(_subscription.customer_id, scope),
            )
            .order_by(_change.process_id, _change.subscription_id, _change.version)
        )
        found: dict[ProcessId, list[ChangeRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted):
            found[ProcessId(row.process_id)].append(_record(row))
        return dict(found)

    async def tree_at(self, scope: Scope, subscription_id: SubscriptionId, version: int) -> TreeVersion:
        """A subscription as it was at one of its versions, made of the changes up to that.

        Raises:
            SubscriptionNotFound: if there is none in scope.
            VersionNotFound: if it never had this version.
        """
        first, last = func.min(_other.version), func.max(_other.version)
        wanted = (
            select(
                tables.subscription_change,
                _versions(first).label("first_version"),
                _versions(last).label("last_version"),
                _visible_owners(scope).label("visible_owners"),
            )
            .select_from(
                tables.subscription.outerjoin(
                    tables.subscription_change,
                    (_change.subscription_id == _subscription.id)
                    & (_change.version <= min(max(version, 0), GREATEST_VERSION)),
                )
            )
            .where(_subscription.id == subscription_id, *in_scope(_subscription.customer_id, scope))
            .order_by(_change.version)
        )
        rows = await self._database.fetch(wanted)
        if not rows:
            raise SubscriptionNotFound(subscription_id)
        changes = [_record(row) for row in rows if row.version is not None]
        if not changes or changes[-1].version != version:
            found = (rows[0].first_version or 0, rows[0].last_version or 0)
            raise VersionNotFound(subscription_id, version=version, found=found)
        return replay(changes)


_VISIBLE_OWNERS: Final = """
SELECT array_agg(owner.id)
FROM subscription AS owner
WHERE owner.customer_id = ANY (:customers) AND owner.id IN (
    SELECT (relation ->> 'owner')::uuid
    FROM (VALUES ({table}.before), ({table}.after)) AS side (form)
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(side.form -> 'relations') WHEN 'array' THEN side.form -> 'relations' ELSE '[]' END
    ) AS relation
)
"""


def _visible_owners(scope: Scope, *, table: str = "subscription_change") -> ColumnElement[Any]:
    """The owners in scope of what a change refers to, before or after; null if every owner is in scope."""
    if scope.customers is None:
        return null()
    statement = text(_VISIBLE_OWNERS.format(table=table)).bindparams(
        bindparam("customers", sorted(scope.customers), ARRAY(Key))
    )
    owners = statement.columns(column("owners", ARRAY(Uuid()))).scalar_subquery()
    return func.coalesce(owners, literal(list[UUID](), ARRAY(Uuid())))


def _without_hidden(side: JsonValue, visible: Collection[UUID] | None) -> JsonValue:
    """One side of a change without the owners out of scope; that there are references stays."""
    match side:
        case {"relations": list(relations)} if visible is not None:
            known = {str(owner) for owner in visible}
            return {**side, "relations": [_without_owner(each, known) for each in relations]}
        case _:
            return side


def _without_owner(relation: JsonValue, known: Collection[str]) -> JsonValue:
    match relation:
        case {"owner": str(owner), **rest} if owner not in known:
            return rest
        case _:
            return relation


def _versions(aggregate: ColumnElement[int]) -> ScalarSelect[int]:
    return select(aggregate).where(_other.subscription_id == _subscription.id).scalar_subquery()


def _between(request: PageRequest) -> list[ColumnElement[bool]]:
    """The conditions that keep changes to those after and before the request's keys.

    Raises:
        InvalidPageRequest: if one is not one version.
    """
    after = [] if request.after is None else [_change.version < _version_key(request.after)]
    before = [] if request.before is None else [_change.version > _version_key(request.before)]
    return [*after, *before]


def _version_key(key: SortKey) -> int:
    match key:
        case (int() as version,) if not isinstance(version, bool) and 0 <= version <= GREATEST_VERSION:
            return version
        case _:
            raise InvalidPageRequest(f"found the sort key {shown(key)}, expected one version")


def _record(row: Row[Any]) -> ChangeRecord:
    return ChangeRecord(
        subscription_id=SubscriptionId(row.subscription_id),
        version=row.version,
        process_id=row.process_id,
        step_key=row.step_key,
        actor=row.actor,
        at=row.at,
        before=_without_hidden(row.before, row.visible_owners),
        after=_without_hidden(row.after, row.visible_owners),
        override=row.override,
    )
