"""Reading objects and lists by plans: what graphql-core's executor does for each field, in loops."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

from collections.abc import Awaitable
from types import NoneType
from typing import Final, assert_never

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import Path
from graphql.pyutils.is_awaitable import is_async_iterable, is_awaitable

from graph.execution.executor import CountingExecutor
from graph.execution.fast.awaiting import awaited_entries, awaited_fields
from graph.execution.fast.handover import AlreadyRead, Tally
from graph.execution.fast.leaves import JSON
from graph.execution.fast.planner import planner_of
from graph.execution.fast.plans import Completion, Entries, Leaves, Objects, Place, Plan, Step
from graph.execution.fast.runtime_types import is_cast
from graph.limits import PaidEntries

MOST_CLASSES: Final = 64
"""Classes of objects that are remembered at one field; those of more are looked at each time."""

LISTS: Final = frozenset({list, tuple, PaidEntries})
"""Classes of lists that have all their entries at hand."""

_FINISHED: Final = JSON | {NoneType}
"""Classes of results that nobody has to wait for."""


class _Unusual:
    """What only graphql-core can complete."""


_UNUSUAL: Final = _Unusual()


class PlanReader(CountingExecutor):
    """Reads objects by plans; what is unusual it hands to graphql-core.

    Attributes:
        tally: How the fields were answered.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.tally = Tally()
        self._planner = planner_of(self.schema)
        self._plans_at_all = (
            self.middleware_manager is None
            and self.is_awaitable is is_awaitable
            and self.is_async_iterable is is_async_iterable
        )
        # By type and by the identity of what is kept beside each plan, which therefore has no other while the
        # plan is here. The copies of an executor that serve the events of a subscription share all three.
        self._plans: dict[tuple[GraphQLObjectType, int], tuple[GroupedFieldSet, Plan | None]] = {}
        self._completions: dict[
            tuple[GraphQLOutputType, int], tuple[FieldDetailsList, Completion | None]
        ] = {}
        self._root_selections: dict[GraphQLObjectType, GroupedFieldSet] = {}

    def plan_of_selection(self, parent: GraphQLObjectType, selection: GroupedFieldSet) -> Plan | None:
        """Gives how objects of a type are read for a selection; None: by graphql-core."""
        key = (parent, id(selection))
        kept = self._plans.get(key)
        if kept is None:
            plan = self._planner.plan(parent, selection) if self._plans_at_all else None
            kept = self._plans[key] = (selection, plan)
        return kept[1]

    def completion_at(
        self, output: GraphQLOutputType, details: FieldDetailsList, info: GraphQLResolveInfo
    ) -> Completion | None:
        """Gives how what a resolver gave becomes a result; None: by graphql-core."""
        key = (output, id(details))
        kept = self._completions.get(key)
        if kept is None:
            definition = self.schema.get_field(info.parent_type, info.field_name)
            completion = None
            if definition is not None and self._plans_at_all:
                place = Place(info.parent_type, definition, details)
                completion = self._planner.completion(output, place)
            kept = self._completions[key] = (details, completion)
        return kept[1]

    def read_object(  # noqa: C901  # a call for each field would cost more than the field
        self, plan: Plan, source: object, path: Path
    ) -> dict[str, object] | Awaitable[dict[str, object]]:
        """Reads an object, field by field in their order."""
        results: dict[str, object] = {}
        waiting: dict[str, Awaitable[object]] = {}
        self.tally.planned += plan.planned
        try:
            for key, attribute, as_is, converted, step in plan.reads:
                if attribute is None:
                    completed = self._execute(step, source, path, plan.type_name)
                else:
                    try:
                        value = getattr(source, attribute)
                    except Exception as error:  # noqa: BLE001  # graphql-core says what becomes of it
                        value = error
                    kind = type(value)
                    if kind in as_is:
                        results[key] = value
                        continue
                    convert = converted.get(kind)
                    if convert is not None:
                        try:
                            completed = convert(value)
                        except Exception:  # noqa: BLE001  # graphql-core says what becomes of it
                            completed = None
                        if type(completed) in JSON:
                            results[key] = completed
                            continue
                    completed = self._complete_field(step, value, path)
                results[key] = completed
                if type(completed) not in _FINISHED and self.is_awaitable(completed):
                    waiting[key] = completed
        except Exception:
            if waiting:
                self.settle_in_background([*waiting.values()])
            raise
        return awaited_fields(results, waiting) if waiting else results

    def _execute(self, step: Step, source: object, path: Path, type_name: str) -> object:
        """Lets graphql-core execute a field of an object."""
        place = step.place
        if place is None:
            return type_name
        self.tally.handed += 1
        return self.execute_field(place.parent, source, place.details, Path(path, step.key, type_name), None)

    def _complete_field(self, step: Step, value: object, path: Path) -> object:
        """Makes a result of the list or the object that an attribute holds, or lets graphql-core do it."""
        completion, place = step.completion, step.place
        assert completion is not None, "nothing else is read"
        assert place is not None, "nothing is read for __typename"
        if isinstance(completion, Leaves):
            return self._hand_over(step, value, path)
        field_path = Path(path, step.key, place.parent.name)
        try:
            completed = self._complete(completion, value, field_path)
        except Exception as error:  # noqa: BLE001  # as graphql-core does in execute_field
            self.handle_field_error(error, place.definition.type, place.details, field_path)
            return None
        if completed is _UNUSUAL:
            return self._hand_over(step, value, path)
        if type(completed) not in _FINISHED and self.is_awaitable(completed):
            return self._guarded(completed, place.definition.type, place.details, field_path)
        return completed

    def _hand_over(self, step: Step, value: object, path: Path) -> object:
        """Lets graphql-core execute a field whose attribute was read and found unusual."""
        place = step.place
        assert place is not None, "nothing is read for __typename"
        self.tally.planned -= 1
        self.tally.handed += 1
        field_path = Path(path, step.key, place.parent.name)
        return self.execute_field(place.parent, AlreadyRead(value), place.details, field_path, None)

    def _complete(self, completion: Completion, value: object, path: Path) -> object:
        """Makes a result of a value, or gives `_UNUSUAL` if only graphql-core can.

        Raises:
            Exception: Something below it failed, and null may not stand there.
        """
        match completion:
            case Objects():
                plan = self.plan_of_object(completion, value)
                if plan is not None:
                    return self.read_object(plan, value, path)
            case Entries():
                if type(value) in LISTS:
                    assert isinstance(value, list | tuple), "LISTS has nothing else"
                    return self.read_list(completion, value, path)
            case Leaves():
                return _complete_leaf(completion, value)
            case _:
                assert_never(completion)
        return None if value is None and completion.optional else _UNUSUAL

    def plan_of_object(self, objects: Objects, source: object) -> Plan | None:
        """Gives how an object is read; None: by graphql-core."""
        source_class = type(source)
        plan = objects.plans.get(source_class) or self._plan_of_class(objects, source_class)
        return None if objects.can_be_cast and is_cast(source) else plan

    def _plan_of_class(self, objects: Objects, source_class: type) -> Plan | None:
        if source_class in objects.plans or len(objects.plans) >= MOST_CLASSES:
            return objects.plans.get(source_class)
        plan = None
        kind = self._planner.types.of_class(objects.kind, source_class)
        if kind is not None:
            collected = self.collect_subfields(kind, objects.place.details)
            plan = (
                None
                if collected.new_defer_usages
                else self.plan_of_selection(kind, collected.grouped_field_set)
            )
        objects.plans[source_class] = plan
        return plan

    def read_list(
        self, entries: Entries, value: list[object] | tuple[object, ...], path: Path
    ) -> list[object] | Awaitable[list[object]]:
        """Reads a list, entry by entry in their order.

        Raises:
            TooMuchRead: The operation has had its share.
        """
        if entries.leads_on:
            self.pay(value)
        results: list[object] = []
        waiting: dict[int, Awaitable[object]] = {}
        iterator = iter(value)
        try:
            for index, entry in enumerate(iterator):
                completed = self._complete_entry(entries, entry, Path(path, index, None))
                results.append(completed)
                if type(completed) not in _FINISHED and self.is_awaitable(completed):
                    waiting[index] = completed
        except Exception:
            pending = [*waiting.values(), *collect_iterator_awaitables(iterator, self.is_awaitable)]
            if pending:
                self.settle_in_background(pending)
            raise
        return awaited_entries(results, waiting) if waiting else results

    def _complete_entry(self, entries: Entries, entry: object, path: Path) -> object:
        place = entries.place
        try:
            completed = self._complete(entries.entry, entry, path)
        except Exception as error:  # noqa: BLE001  # as graphql-core does in complete_list_item_value
            self.handle_field_error(error, entries.entry_type, place.details, path)
            return None
        if completed is _UNUSUAL:
            return self._hand_over_entry(entries, entry, path)
        if type(completed) not in _FINISHED and self.is_awaitable(completed):
            return self._guarded(completed, entries.entry_type, place.details, path)
        return completed

    def _hand_over_entry(self, entries: Entries, entry: object, path: Path) -> object:
        """Lets graphql-core complete an entry that is unusual."""
        place = entries.place
        field_path = path
        while isinstance(field_path.key, int) and field_path.prev is not None:
            field_path = field_path.prev
        info = self.build_resolve_info(place.definition, place.nodes, place.parent, field_path)
        if self.is_awaitable(entry):
            return self.complete_awaitable_list_item_value(
                entry, entries.entry_type, place.details, info, path, None
            )
        completed: list[object] = []
        self.complete_list_item_value(entry, completed, entries.entry_type, place.details, info, path, None)
        return completed[0]

    async def _guarded(
        self,
        completed: Awaitable[object],
        output: GraphQLOutputType,
        details: FieldDetailsList,
        path: Path,
    ) -> object:
        """What is awaited, or null where it fails and null may stand."""
        try:
            return await completed
        except Exception as error:  # noqa: BLE001  # as graphql-core does for a field and for an entry
            self.handle_field_error(error, output, details, path)
            return None


def _complete_leaf(leaves: Leaves, value: object) -> object:
    kind = type(value)
    if kind in leaves.leaf.as_is or (value is None and leaves.optional):
        return value
    convert = leaves.leaf.converted.get(kind)
    if convert is None:
        return _UNUSUAL
    try:
        converted = convert(value)
    except Exception:  # noqa: BLE001  # graphql-core says what becomes of it
        return _UNUSUAL
    return converted if type(converted) in JSON else _UNUSUAL
