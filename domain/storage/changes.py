"""Reading how subscriptions came to be what they are: one record for each version."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Numeric,
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
from domain.model.history import TreeVersion, replay
from domain.scope import Scope
from domain.storage import tables
from domain.storage.database import Database
from domain.storage.paging import InvalidPageRequest, Page, PageRequest, SortKey
from domain.storage.selection import among, in_scope
from domain.storage.tables import Key

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

    async def latest_of(
        self, scope: Scope, ids: Iterable[SubscriptionId], *, number: int
    ) -> Mapping[SubscriptionId, Sequence[ChangeRecord]]:
        """The last changes of each of these subscriptions, so many at most, the newest first."""
        latest = (
            select(tables.subscription_change)
            .where(_change.subscription_id == _subscription.id)
            .order_by(_change.version.desc())
            .limit(max(number, 0))
            .lateral("latest")
        )
        wanted = (
            select(latest)
            .select_from(tables.subscription.join(latest, true()))
            .where(among(_subscription.id, list(ids), Uuid()), *in_scope(_subscription.customer_id, scope))
            .order_by(latest.c.subscription_id, latest.c.version.desc())
        )
        found: dict[SubscriptionId, list[ChangeRecord]] = defaultdict(list)
        for row in await self._database.fetch(wanted):
            found[SubscriptionId(row.subscription_id)].append(_record(row))
        return dict(found)

    async def tree_at(self, scope: Scope, subscription_id: SubscriptionId, version: int) -> TreeVersion:
        """A subscription as it was at one of its versions, made of the changes up to that.

        Of references to blocks of subscriptions out of scope it does not tell whose they are.

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
                    & (_change.version <= literal(version, Numeric())),
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
        return _without_hidden(replay(changes), rows[0].visible_owners)


_VISIBLE_OWNERS: Final = """
SELECT array_agg(owner.id)
FROM subscription AS owner
WHERE owner.customer_id = ANY (:customers) AND owner.id IN (
    SELECT (relation ->> 'owner')::uuid
    FROM subscription_change AS change
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(change.after -> 'relations')
            WHEN 'array' THEN change.after -> 'relations' ELSE '[]'
        END
    ) AS relation
    WHERE change.subscription_id = subscription.id
)
"""


def _visible_owners(scope: Scope) -> ColumnElement[Any]:
    """The owners in scope of what a subscription ever referred to; null if every owner is."""
    if scope.customers is None:
        return null()
    statement = text(_VISIBLE_OWNERS).bindparams(bindparam("customers", sorted(scope.customers), ARRAY(Key)))
    owners = statement.columns(column("owners", ARRAY(Uuid()))).scalar_subquery()
    return func.coalesce(owners, literal(list[UUID](), ARRAY(Uuid())))


def _without_hidden(tree: TreeVersion, visible: Collection[UUID] | None) -> TreeVersion:
    """The tree without the owners out of scope; that there are references stays."""
    if visible is None:
        return tree
    relations = (
        each if each.owner_id in visible else replace(each, owner_id=None) for each in tree.relations
    )
    return replace(tree, relations=tuple(relations))


def _versions(aggregate: ColumnElement[int]) -> ScalarSelect[int]:
    return select(aggregate).where(_other.subscription_id == _subscription.id).scalar_subquery()


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
        override=row.override,
    )
