"""graphql-core's executor, which reads objects by plans."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

from collections.abc import AsyncIterable, Iterable, Sequence

from graphql import (
    GraphQLAbstractType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
)
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, GroupedFieldSet
from graphql.execution.incremental.incremental_executor import DeliveryGroupMap
from graphql.pyutils import AwaitableOrValue, Path

from graph.execution.fast.plans import Entries, Objects
from graph.execution.fast.reading import LISTS, PlanReader


class PlannedExecutor(PlanReader):
    """Reads objects by plans, and gives the response that graphql-core alone would give.

    Overrides what graphql-core calls where objects and lists come from resolvers.
    """

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: object,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[dict[str, object]]:
        """Executes the root fields, by the first event's selection for all events.

        graphql-core collects the selection for each event anew, and keeps what it works out of each.
        """
        selection = (
            grouped_field_set
            if new_defer_usages
            else self._root_selections.setdefault(root_type, grouped_field_set)
        )
        return super().execute_collected_root_fields(
            root_type, root_value, selection, serially, new_defer_usages
        )

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: object,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: DeliveryGroupMap | None,
    ) -> AwaitableOrValue[dict[str, object]]:
        """Executes the fields of an object, by a plan if there can be one; never those of a root."""
        if path is not None and position_context is None:
            plan = self.plan_of_selection(parent_type, grouped_field_set)
            if plan is not None:
                return self.read_object(plan, source_value, path)
        self.tally.handed += len(grouped_field_set)
        return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: object,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: DeliveryGroupMap | None,
    ) -> AwaitableOrValue[dict[str, object]]:
        """Executes the fields of a mutation one after the other."""
        self.tally.handed += len(grouped_field_set)
        return super().execute_fields_serially(
            parent_type, source_value, path, grouped_field_set, position_context
        )

    def complete_list_value(  # noqa: PLR0917  # graphql-core calls it so
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo,
        path: Path,
        result: AsyncIterable[object] | Iterable[object],
        position_context: DeliveryGroupMap | None,
    ) -> AwaitableOrValue[list[object]]:
        """Completes a list that a resolver gave, its objects by plans.

        Raises:
            TooMuchRead: The operation has had its share.
        """
        if position_context is None and type(result) in LISTS:
            assert isinstance(result, list | tuple), "LISTS has nothing else"
            completion = self.completion_at(return_type, field_details_list, info)
            if isinstance(completion, Entries):
                return self.read_list(completion, result, path)
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def complete_abstract_value(  # noqa: PLR0917  # graphql-core calls it so
        self,
        return_type: GraphQLAbstractType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo,
        path: Path,
        result: object,
        position_context: DeliveryGroupMap | None,
    ) -> AwaitableOrValue[dict[str, object]]:
        """Completes an object of an interface or a union that a resolver gave, by a plan for its class."""
        if position_context is None:
            completion = self.completion_at(return_type, field_details_list, info)
            if isinstance(completion, Objects):
                plan = self.plan_of_object(completion, result)
                if plan is not None:
                    return self.read_object(plan, result, path)
        return super().complete_abstract_value(
            return_type, field_details_list, info, path, result, position_context
        )
