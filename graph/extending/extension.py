"""What an application adds to the schema, and who its customers are: declared by it, built in by `schema`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from strawberry.types.base import get_object_definition

from graph.authentication.access_policy import AccessPolicy
from graph.customers import CustomerDirectory
from graph.errors import SchemaDefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphExtension:
    """What an application adds to the schema, and what it puts in the place of the server's own.

    Every added field says which permission it takes (`directives=requires(Permission.READ_SUBSCRIPTIONS)`):
    without one nobody could select it.

    Attributes:
        queries: Strawberry types whose fields join Query.
        mutations: Those whose fields join Mutation.
        events: Those whose fields, made with `strawberry.subscription`, join Subscription.
        types: Types that no field leads to, such as those that implement an interface of the application's.
        fields: By the name of a type of the schema, generated ones included: the Strawberry type whose fields
            it gets as well. An interface's go to all that implement it. Their `self` is the schema's own.
        customers: Tells who the customers are; without one they are the holders of subscriptions, by id.
        access_policy: The application's say in who may do what.

    Raises:
        SchemaDefinitionError: Something is not of the kind that is expected.
    """

    queries: Sequence[type] = ()
    mutations: Sequence[type] = ()
    events: Sequence[type] = ()
    types: Sequence[type] = ()
    fields: Mapping[str, type] = field(default_factory=lambda: MappingProxyType({}))
    customers: CustomerDirectory | None = None
    access_policy: AccessPolicy | None = None

    def __post_init__(self) -> None:
        for name in ("queries", "mutations", "events", "types"):
            for each in _items(name, getattr(self, name)):
                _require_type(each, of=name)
        if not isinstance(self.fields, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may not check types
            raise _refusal("fields", found=repr(self.fields), expected="a mapping of names to types")
        for name, each in self.fields.items():
            _require_type(each, of=f"fields[{name!r}]")
        if self.customers is not None and not isinstance(self.customers, CustomerDirectory):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may not check types
            methods = "a CustomerDirectory: an object with by_ids, page and count"
            raise _refusal("customers", found=repr(self.customers), expected=methods)


def _items(name: str, given: object) -> Sequence[object]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _refusal(name, found=repr(given), expected="a sequence of types")
    return given  # pyright: ignore[reportUnknownVariableType]  # narrowed from object


def _require_type(given: object, *, of: str) -> None:
    definition = get_object_definition(given) if isinstance(given, type) else None
    if definition is None or definition.is_input or (definition.is_interface and of != "types"):
        raise _refusal(of, found=repr(given), expected="a class made with @strawberry.type")


def _refusal(name: str, *, found: str, expected: str) -> SchemaDefinitionError:
    return SchemaDefinitionError(f"GraphExtension({name}=...): found {found}, expected {expected}.")


NO_EXTENSION: Final = GraphExtension()
"""That of an application that adds nothing."""
