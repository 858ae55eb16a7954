"""Reading processes: pages of them, one with its steps, and what follows a version."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    exists,
    func,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.listing.time_limits import VALUE_FILTER_LIMIT_S, fetch_within
from engine.states import ProcessStatus, Target
from engine.store import tables
from engine.store.process_counts import ProcessCountBy, ProcessGroup, counted
from engine.store.process_filters import ProcessConditions, ProcessWhere, compile_process_filter, find_fixed
from engine.store.process_orders import NEWEST_PROCESSES_FIRST, PROCESS_SORTING, ProcessOrderBy
from engine.store.records import AttemptRecord, EventRecord, ProcessRecord, StepRecord
from engine.store.row_records import attempt_record, event_record, process_record, step_record

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
Snapshot: TypeAlias = tuple[ProcessRecord, list[StepRecord]]

HEAVY_COLUMNS = frozenset({"state", "planned_steps", "deltas"})
"""What of processes and their steps is worth leaving out where nobody looks at it."""

_process = tables.process.c
_step = tables.process_step.c
_attempt = tables.step_attempt.c
_event = tables.event.c
_link = tables.process_subscription.c

_LIGHT = (
    _process.id,
    _process.workflow,
    _process.target,
    _process.is_task,
    _process.status,
    _process.version,
    _process.current_step,
    _process.customers,
    _process.created_by,
    _process.run_by,
    _process.assignee,
    _process.failure_kind,
    _process.failure_reason,
    _process.note,
    _process.note_version,
    _process.started_at,
    _process.modified_at,
    _process.ended_at,
)

_STEP_COLUMNS = (
    _step.process_id,
    _step.key,
    _step.position,
    _step.name,
    _step.kind,
    _step.status.label("step_status"),
    _step.assignee.label("step_assignee"),
    _step.attempts,
    _step.started_at.label("step_started_at"),
    _step.finished_at,
    _step.skipped_by,
    _step.skip_reason,
    _step.progress_percent,
    _step.progress_message,
    _step.progress_at,
)


class ProcessRepository:
    """The reads of the engine's tables. Each is one statement; what is out of scope is not found."""

    def __init__(self, database: Database, *, filter_limit_s: float = VALUE_FILTER_LIMIT_S) -> None:
        self._database = database
        self._filter_limit_s = filter_limit_s

    async def page(
        self,
        scope: Scope,
        *,
        request: PageRequest,
        where: ProcessWhere | None = None,
        order: Sequence[ProcessOrderBy] = NEWEST_PROCESSES_FIRST,
        columns: frozenset[str] | None = None,
    ) -> Page[ProcessRecord]:
        """A page of the processes in scope; their sort keys are those of `PROCESS_SORTING`.

        Raises:
            InvalidFilter: if the filter asks for what there is not.
            InvalidOrder: if the order makes no sense.
            InvalidPageRequest: if a sort key is not one of this order.
            FilterTooSlow: if the filter, or an order by several fields, took too long.
        """
        conditions = _conditions(where, scope)
        wanted = _filtered(_selected(scope, columns), conditions)
        shown = _without_the_fixed(PROCESS_SORTING.checked(order), request, where)
        paged = PROCESS_SORTING.paged(wanted, shown[1], shown[0])
        rows = await self._fetch_filtered(paged, conditions, slow=len(shown[0]) > 1)
        return request.page_of([process_record(row) for row in rows])

    async def count(self, scope: Scope, where: ProcessWhere | None = None) -> int:
        """How many processes in scope there are.

        Raises:
            InvalidFilter: if the filter asks for what there is not.
            FilterTooSlow: if it took too long.
        """
        conditions = _conditions(where, scope)
        number = select(func.count()).select_from(tables.process).where(*_in_scope(scope))
        (row,) = await self._fetch_filtered(_filtered(number, conditions), conditions)
        return row[0]

    async def counts(
        self, scope: Scope, group_by: Sequence[ProcessCountBy], where: ProcessWhere | None = None
    ) -> Sequence[ProcessGroup]:
        """How many processes in scope there are of each kind; the largest groups first, then by keys.

        Raises:
            InvalidFilter: if the filter asks for what there is not.
            FilterTooSlow: if it took too long.
        """
        conditions = _conditions(where, scope)
        listed = _filtered(select().select_from(tables.process).where(*_in_scope(scope)), conditions)
        rows = await self._fetch_filtered(counted(listed, group_by), conditions)
        return [
            ProcessGroup(keys=tuple(getattr(row, by) for by in group_by), number=row.number) for row in rows
        ]

    async def by_ids(
        self, scope: Scope, ids: Iterable[ProcessId], columns: frozenset[str] | None = None
    ) -> dict[ProcessId, ProcessRecord]:
        """The processes of these ids that are in scope."""
        wanted = _selected(scope, columns).where(_is_one_of(_process.id, list(ids)))
        records = [process_record(row) for row in await self._fetch(wanted)]
        return {record.id: record for record in records}

    async def steps_of(
        self, process_ids: Iterable[ProcessId], *, deltas: bool = True
    ) -> dict[ProcessId, list[StepRecord]]:
        """The steps that began, in order, with their deltas or without; a list for every id."""
        wanted_ids = list(process_ids)
        wanted = (
            select(*_STEP_COLUMNS, _delta(read=deltas))
            .where(_is_one_of(_step.process_id, wanted_ids))
            .order_by(_step.position, _step.started_at)
        )
        steps: dict[ProcessId, list[StepRecord]] = {process_id: [] for process_id in wanted_ids}
        for row in await self._fetch(wanted):
            record = step_record(row)
            steps[record.process_id].append(record)
        return steps

    async def step_in_progress(self, scope: Scope, process_id: ProcessId) -> StepRecord | None:
        """The step in flight, without its delta, if it or the outside world has said how far it is."""
        wanted = select(*_STEP_COLUMNS, _delta(read=False)).where(
            _step.process_id == process_id,
            _step.progress_at.is_not(None),
            *_of_seen(_step.process_id, scope),
        )
        steps = [step_record(row) for row in await self._fetch(wanted)]
        return next((step for step in steps if step.progress is not None), None)

    async def attempts_of(
        self, steps: Iterable[tuple[ProcessId, str]]
    ) -> dict[tuple[ProcessId, str], list[AttemptRecord]]:
        """The attempts at these steps (process and step key), in order; a list for every pair."""
        pairs = list(steps)
        asked = (
            func.unnest(
                bindparam("process_ids", [process_id for process_id, _ in pairs], type_=ARRAY(Uuid)),
                bindparam("step_keys", [key for _, key in pairs], type_=ARRAY(Text)),
            )
            .table_valued(column("process_id", Uuid), column("step_key", Text), name="asked")
            .render_derived()
        )
        wanted = (
            select(tables.step_attempt)
            .where(
                tuple_(_attempt.process_id, _attempt.step_key).in_(
                    select(asked.c.process_id, asked.c.step_key)
                )
            )
            .order_by(_attempt.number)
        )
        attempts: dict[tuple[ProcessId, str], list[AttemptRecord]] = {pair: [] for pair in pairs}
        for row in await self._fetch(wanted):
            record = attempt_record(row)
            attempts[record.process_id, record.step_key].append(record)
        return attempts

    async def subscriptions_of(
        self, process_ids: Iterable[ProcessId]
    ) -> dict[ProcessId, list[SubscriptionId]]:
        """The subscriptions each process concerns; a list for every id."""
        wanted_ids = list(process_ids)
        wanted = (
            select(_link.process_id, _link.subscription_id)
            .where(_is_one_of(_link.process_id, wanted_ids))
            .order_by(_link.subscription_id)
        )
        found: dict[ProcessId, list[SubscriptionId]] = {process_id: [] for process_id in wanted_ids}
        for row in await self._fetch(wanted):
            found[ProcessId(row.process_id)].append(SubscriptionId(row.subscription_id))
        return found

    async def processes_of(
        self, scope: Scope, subscription_ids: Iterable[SubscriptionId]
    ) -> dict[SubscriptionId, list[ProcessId]]:
        """The processes in scope that concern each subscription, the newest first; a list for every id."""
        wanted_ids = list(subscription_ids)
        wanted = (
            select(_link.process_id, _link.subscription_id)
            .where(_is_one_of(_link.subscription_id, wanted_ids))
            .order_by(_link.process_id.desc())
        )
        if scope.customers is not None:
            wanted = wanted.join_from(tables.process_subscription, tables.process).where(*_in_scope(scope))
        found: dict[SubscriptionId, list[ProcessId]] = {subscription_id: [] for subscription_id in wanted_ids}
        for row in await self._fetch(wanted):
            found[SubscriptionId(row.subscription_id)].append(ProcessId(row.process_id))
        return found

    async def last_validations_of(
        self, subscription_ids: Iterable[SubscriptionId]
    ) -> dict[SubscriptionId, datetime]:
        """When each subscription was last found valid: the end of the last validation that was completed."""
        wanted = (
            func.unnest(bindparam("wanted", list(subscription_ids), ARRAY(Uuid())))
            .table_valued(column("id", Uuid()), name="wanted")
            .render_derived()
        )
        last = (
            select(_process.ended_at)
            .join_from(tables.process_subscription, tables.process)
            .where(
                _link.subscription_id == wanted.c.id,
                _process.target == Target.VALIDATE,
                _process.status == ProcessStatus.COMPLETED,
            )
            .order_by(_link.process_id.desc())
            .limit(1)
            .lateral("last")
        )
        rows = await self._fetch(select(wanted.c.id, last.c.ended_at).join_from(wanted, last, true()))
        return {SubscriptionId(row.id): row.ended_at for row in rows}

    async def snapshot(self, scope: Scope, process_id: ProcessId) -> Snapshot | None:
        """A process with the steps that began, both as of one moment."""
        return (await self.snapshots(scope, [process_id])).get(process_id)

    async def snapshots(
        self, scope: Scope, ids: Iterable[ProcessId], columns: frozenset[str] | None = None
    ) -> dict[ProcessId, Snapshot]:
        """The processes of these ids that are in scope, each with the steps that began, as of one moment."""
        chosen = HEAVY_COLUMNS if columns is None else HEAVY_COLUMNS & columns
        # The heavy columns would come again with every step, so only the first one's row carries them.
        first = func.coalesce(_step.position, 0) == 0
        heavy = [
            case((first, expression), else_=null()).label(name) for name, expression in _heavy(chosen).items()
        ]
        wanted = (
            select(*_LIGHT, *heavy, *_STEP_COLUMNS, _delta(read="deltas" in chosen))
            .select_from(tables.process.outerjoin(tables.process_step, _step.process_id == _process.id))
            .where(_is_one_of(_process.id, list(ids)), *_in_scope(scope))
            .order_by(_process.id, _step.position, _step.started_at)
        )
        found: dict[ProcessId, Snapshot] = {}
        for row in await self._fetch(wanted):
            process_id = ProcessId(row.id)
            if process_id not in found:
                found[process_id] = process_record(row), []
            if row.key is not None:
                found[process_id][1].append(step_record(row))
        return found

    async def events_after(
        self, scope: Scope, process_id: ProcessId, version: int, limit: int = 500
    ) -> list[EventRecord]:
        """The changes of a process after this version, in order; none if it is out of scope by now.

        At most `limit`, but never a part of a version: the versions that are given are complete.
        """
        wanted = (
            select(_event.process_id, _event.version, _event.ordinal, _event.kind, _event.payload, _event.at)
            .where(
                _event.process_id == process_id, _event.version > version, *_of_seen(_event.process_id, scope)
            )
            .order_by(_event.version, _event.ordinal)
            .limit(limit + 1)
        )
        records = [event_record(row) for row in await self._fetch(wanted)]
        if len(records) <= limit:
            return records
        complete = [record for record in records if record.version < records[-1].version]
        return complete or records[:limit]

    async def is_there(self, scope: Scope, process_id: ProcessId) -> bool:
        """Whether the process has not been deleted, and is in scope."""
        return bool(
            await self._fetch(select(_process.id).where(_process.id == process_id, *_in_scope(scope)))
        )

    async def _fetch_filtered(
        self, statement: AnySelect, conditions: ProcessConditions | None, *, slow: bool = False
    ) -> Sequence[Row[Any]]:
        if slow or (conditions is not None and conditions.slow):
            return await fetch_within(self._database, statement, limit_s=self._filter_limit_s)
        return await self._fetch(statement)

    async def _fetch(self, statement: AnySelect) -> Sequence[Row[Any]]:
        return await self._database.fetch(statement)


def _without_the_fixed(
    order: Sequence[ProcessOrderBy], request: PageRequest, where: ProcessWhere | None
) -> tuple[Sequence[ProcessOrderBy], PageRequest]:
    column = PROCESS_SORTING.columns.get(order[0].field)
    fixed = None if column is None else find_fixed(column.attribute, where)
    return (order, request) if fixed is None else PROCESS_SORTING.without_the_fixed(order, request, fixed)


def _heavy(chosen: frozenset[str]) -> dict[str, ColumnElement[Any]]:
    """The heavy columns of a process; null where they are not chosen."""
    columns: dict[str, ColumnElement[Any]] = {"state": _process.state, "planned_steps": _process.steps}
    return {name: expression if name in chosen else null() for name, expression in columns.items()}


def _delta(*, read: bool) -> ColumnElement[Any]:
    return (_step.delta if read else null()).label("delta")


def _is_one_of(attribute: ColumnElement[Any], ids: Sequence[object]) -> ColumnElement[bool]:
    # One array parameter instead of one per id: a single prepared statement serves every number of ids.
    return attribute == func.any(bindparam("ids", ids, type_=ARRAY(Uuid)))


def _in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    if scope.customers is None:
        return []
    seen = bindparam("customers", sorted(scope.customers), type_=ARRAY(String))
    return [_process.customers.overlap(seen), _process.customers.contained_by(seen)]


def _of_seen(process_id: ColumnElement[ProcessId], scope: Scope) -> list[ColumnElement[bool]]:
    """That the process of a row is in scope; nothing for whoever sees all."""
    if scope.customers is None:
        return []
    return [exists().where(_process.id == process_id, *_in_scope(scope))]


def _selected(scope: Scope, columns: frozenset[str] | None) -> AnySelect:
    chosen = HEAVY_COLUMNS if columns is None else HEAVY_COLUMNS & columns
    extra = [expression.label(name) for name, expression in _heavy(chosen).items()]
    return select(*_LIGHT, *extra).where(*_in_scope(scope))


def _conditions(where: ProcessWhere | None, scope: Scope) -> ProcessConditions | None:
    return None if where is None else compile_process_filter(where, scope=scope)


def _filtered(statement: AnySelect, conditions: ProcessConditions | None) -> AnySelect:
    return statement if conditions is None else statement.where(conditions.sql)
