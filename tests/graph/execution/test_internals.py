"""What plans repeat of graphql-core's and of Strawberry's inner life is what is installed."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import hashlib
import inspect
from collections.abc import Callable
from importlib.metadata import version

import pytest
from graphql.execution.collect_fields import collect_subfields
from graphql.execution.executor import Executor, collect_iterator_awaitables
from graphql.execution.incremental.incremental_executor import IncrementalExecutor
from graphql.pyutils import gather_with_cancel
from graphql.pyutils.is_awaitable import is_awaitable
from graphql.type.scalars import serialize_boolean, serialize_id, serialize_int, serialize_string
from strawberry.schema.schema_converter import CustomGraphQLEnumType, GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.cast import get_strawberry_type_cast
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

is_basic_field = StrawberryField.is_basic_field.fget
assert is_basic_field is not None, "a property"

RELIED_ON: list[tuple[Callable[..., object], str]] = [
    (Executor.build_per_event_executor, "e42b7eb17861c1b7"),
    (Executor.execute_operation, "030f6fe38d237369"),
    (Executor.execute_fields, "797f54fbd779b4e3"),
    (Executor.execute_field, "5281dc836ecc24a0"),
    (Executor.handle_field_error, "d33a6ee408cd1695"),
    (Executor.complete_value, "06c34f7681a13120"),
    (Executor.complete_awaitable_value, "9a67e9f91f0aac5c"),
    (Executor.complete_list_value, "3ee91ce2f0fa9b62"),
    (Executor.complete_iterable_value, "bdb49d2d91f1e312"),
    (Executor.complete_list_item_value, "8883b4d65a1ae099"),
    (Executor.complete_awaitable_list_item_value, "57bbf50e7e49cfc8"),
    (Executor.complete_leaf_value, "a8c54d5838ad9753"),
    (Executor.complete_abstract_value, "2d7a23f08a39175d"),
    (Executor.ensure_valid_runtime_type, "73f7a384878bb85e"),
    (Executor.complete_object_value, "55e77f58eca1ddc4"),
    (Executor.collect_and_execute_subfields, "98432d93fb1b2526"),
    (Executor.collect_subfields, "53924d281ad7f699"),
    (IncrementalExecutor.execute_collected_root_fields, "68b710867496cc9a"),
    (IncrementalExecutor.execute_collected_subfields, "4be78f15f06f988a"),
    (collect_iterator_awaitables, "9b7cec2175145e19"),
    (collect_subfields, "1657a3c68d283391"),
    (gather_with_cancel, "3f50ff071528a27b"),
    (is_awaitable, "e7a6105e4d51f686"),
    (serialize_boolean, "cd3050e868555bc3"),
    (serialize_id, "367285ae52fbedf8"),
    (serialize_int, "8af8f6f541b53b36"),
    (serialize_string, "99f9fa4073226501"),
    (CustomGraphQLEnumType.coerce_output_value, "e4a086ff6db85ddb"),
    (GraphQLCoreConverter.from_interface, "63a306d57d96fd22"),
    (GraphQLCoreConverter.from_object, "0f7b2e8c97a4270c"),
    (GraphQLCoreConverter.from_resolver, "bcac1354fecdee79"),
    (StrawberryField.get_result, "1881f471e7299ddb"),
    (is_basic_field, "2788ae121972c36e"),
    (StrawberryObjectDefinition.is_implemented_by, "7e322be37e7389b0"),
    (StrawberryUnion.get_type_resolver, "be50312e4ae21b3f"),
    (get_strawberry_type_cast, "fb59330c81d0c201"),
]
"""Functions whose doing plans repeat or count on, with a digest of the source that was read for it."""


@pytest.mark.parametrize(("function", "known"), RELIED_ON, ids=lambda each: getattr(each, "__qualname__", ""))
def test_what_plans_rely_on_is_what_is_installed(function: Callable[..., object], known: str) -> None:
    found = digest(function)

    assert found == known, (
        f"{function.__module__}.{function.__qualname__} is not the one that the fast path was written for "
        f"(graphql-core {version('graphql-core')}, strawberry-graphql {version('strawberry-graphql')}). "
        "Read what has changed in it, see whether graph/execution/fast must do the same, run the tests of "
        f"tests/graph/execution with ORCHESTRION_EXECUTION_EXAMPLES=2000, then write its digest here: {found}"
    )


def digest(function: Callable[..., object]) -> str:
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
