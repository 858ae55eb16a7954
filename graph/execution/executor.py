"""graphql-core's executor, which also counts what an operation reads."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

from collections.abc import AsyncIterable, Iterable, Sized
from functools import lru_cache

from graphql import (
    GraphQLList,
    GraphQLNamedOutputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.incremental.incremental_executor import DeliveryGroupMap
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.context import OperationContext
from graph.limits import PaidEntries


class CountingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Lets the context's budget pay for every entry of every list from which a selection can go on.

    So no selection leads round in circles at a cost that grows with its depth. Values and entries that hold
    nothing but values are free: how many there are is for what holds them to say, and that is paid for.
    """

    def complete_list_value(  # noqa: PLR0917  # graphql-core calls it so
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo,
        path: Path,
        result: AsyncIterable[object] | Iterable[object],
        position_context: DeliveryGroupMap | None,
    ) -> AwaitableOrValue[list[object]]:
        """Completes a list, after its entries were paid for.

        Raises:
            TooMuchRead: The operation has had its share.
        """
        if isinstance(result, Sized) and leads_on(get_named_type(return_type)):
            self.pay(result)
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def pay(self, entries: Sized) -> None:
        """Lets the budget pay for the entries of a list from which a selection can go on, unless it has.

        Raises:
            TooMuchRead: The operation has had its share.
        """
        context = self.context_value
        if isinstance(context, OperationContext) and not isinstance(entries, PaidEntries):
            context.budget.take(len(entries))


@lru_cache(maxsize=1024)
def leads_on(entry: GraphQLNamedOutputType) -> bool:
    """Tells whether a selection can go on from an entry of a type, which is not one of introspection."""
    if is_leaf_type(entry) or is_introspection_type(entry):
        return False
    if isinstance(entry, GraphQLObjectType):
        return any(not is_leaf_type(get_named_type(field.type)) for field in entry.fields.values())
    return True
