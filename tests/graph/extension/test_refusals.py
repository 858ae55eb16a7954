"""What an application adds and cannot: each refusal says what was found, where, and what is expected."""

from collections.abc import AsyncGenerator, Callable, Sequence
from enum import StrEnum
from typing import Annotated

import pytest
import strawberry

from graph.errors import SchemaDefinitionError
from orchestrion.graphql import GraphExtension, Permission, ProductSubscription, requires
from tests.graph.extension.made import catalog, refusal, workflow
from tests.parity import parity

READS = requires(Permission.READ_CATALOG)
OTHER = "expected another name for one that is the application's."


def adding(name: str, answer: type = str, *, directives: Sequence[object] = READS) -> type:
    """A type with one field that answers something."""

    def resolve() -> object:
        return None

    resolve.__annotations__["return"] = answer
    field: object = strawberry.field(name=name, resolver=resolve, description="Added.", directives=directives)
    return strawberry.type(type("Added", (), {"added": field, "__module__": __name__}))


def named(name: str, *, directives: Sequence[object] = READS) -> type:
    """A type of that name."""
    cls = type(name, (), {"__annotations__": {"size": int}, "__module__": __name__})
    return strawberry.type(cls, name=name, directives=directives)


@strawberry.type
class Plain:
    """A type with an attribute that nothing fills."""

    size: int = strawberry.field(directives=READS)


@strawberry.type
class Counts:
    """What can be followed."""

    @strawberry.subscription(directives=READS)
    async def counts(self) -> AsyncGenerator[int]:
        """Count."""
        yield 1


@strawberry.input
class Size:
    """What is given."""

    size: int


@strawberry.input
class Guarded:
    """What is given, with a permission that nobody would be asked for."""

    size: int = strawberry.field(directives=READS)


@strawberry.enum(directives=READS)
class Secret(StrEnum):
    """The same of what can be chosen."""

    RED = "red"


def sized(given: object) -> type:
    """A type with one field that takes an argument."""

    def resolve(size: object) -> str:
        return str(size)

    resolve.__annotations__["size"] = given
    field: object = strawberry.field(name="sized", resolver=resolve, description="Added.", directives=READS)
    return strawberry.type(type("Added", (), {"sized": field, "__module__": __name__}))


@strawberry.enum
class Colour(StrEnum):
    """Not a type with fields."""

    RED = "red"


ELSEWHERE = "expected it on a field, or on a type or an input as a whole: nobody is asked for one elsewhere."
FIELD = f"{__name__}.Added.added"
CLASHES: dict[str, tuple[Callable[[], GraphExtension], str]] = {
    "a query and one that all have": (
        lambda: GraphExtension(queries=[adding("process")]),
        (
            "Query: found two fields process, process (One process; null if there is none for this viewer.) "
            f"and {FIELD}: {OTHER}"
        ),
    ),
    "a query and a generated list": (
        lambda: GraphExtension(queries=[adding("linkSubscriptions")]),
        (
            "Query: found two fields linkSubscriptions, linkSubscriptions (The subscriptions of products "
            f"Link, the newest first unless sorted otherwise.) and {FIELD}: {OTHER}"
        ),
    ),
    "two queries": (
        lambda: GraphExtension(queries=[adding("racks"), adding("racks")]),
        f"Query: found two fields racks, {FIELD} and {FIELD}: {OTHER}",
    ),
    "a mutation and a generated one": (
        lambda: GraphExtension(mutations=[adding("setIt")]),
        f"Mutation: found two fields setIt, setIt (Starts set_it.) and {FIELD}: {OTHER}",
    ),
    "a field and one of its type": (
        lambda: GraphExtension(fields={"Process": adding("status")}),
        f"Process: found two fields status, status (Where it stands.) and {FIELD}: {OTHER}",
    ),
    "a field and a generated one": (
        lambda: GraphExtension(fields={"LinkBlock": adding("speed")}),
        f"LinkBlock: found two fields speed, speed (The speed of the LinkBlock.) and {FIELD}: {OTHER}",
    ),
    "a field of an interface and one of a type that implements it": (
        lambda: GraphExtension(fields={"ProductSubscription": adding("link")}),
        (
            "LinkSubscription: found two fields link, link (The link of the Link: block LinkBlock.) and "
            f"{FIELD}: {OTHER}"
        ),
    ),
    "a type and one of ours": (
        lambda: GraphExtension(types=[named("Process")]),
        (
            f"found two types Process: the type of {__name__}.Process, and the schema's own type "
            f'("A run of a workflow."): {OTHER}'
        ),
    ),
    "a type and the root type of events": (
        lambda: GraphExtension(types=[named("Subscription")]),
        (
            'found two types Subscription: the schema\'s own type ("What can be followed live."), and the '
            f"type of {__name__}.Subscription: {OTHER}"
        ),
    ),
    "a type and a generated one": (
        lambda: GraphExtension(queries=[adding("it", named("LinkBlock"))]),
        (
            'found two types LinkBlock: the type that is made for "A block LinkBlock, in whatever status '
            f'it is.", and the type of {__name__}.LinkBlock: {OTHER}'
        ),
    ),
    "a type and a filter": (
        lambda: GraphExtension(types=[named("LinkBlockWhere")]),
        (
            f"found two types LinkBlockWhere: the type of {__name__}.LinkBlockWhere, and the input that is "
            'made for "Conditions on a block LinkBlock, all of which must hold. {} holds of any.": ' + OTHER
        ),
    ),
    "two types of the application": (
        lambda: GraphExtension(types=[named("Rack"), named("Rack")]),
        f"found two types Rack: the type of {__name__}.Rack, and the type of {__name__}.Rack: {OTHER}",
    ),
}
REFUSED: dict[str, tuple[Callable[[], GraphExtension], str]] = {
    "a field without a permission": (
        lambda: GraphExtension(queries=[adding("racks", directives=())]),
        (
            f"{FIELD}: found no permission, expected directives=requires(Permission.…) in its decorator: "
            "without one nobody could select it."
        ),
    ),
    "a type without a permission": (
        lambda: GraphExtension(queries=[adding("rack", named("Rack", directives=()))]),
        (
            "found no permission on Rack.size: expected directives=requires(Permission.…) on the field or on "
            "its type: without one nobody could select it."
        ),
    ),
    "a permission on a field of an input": (
        lambda: GraphExtension(queries=[sized(Guarded)]),
        f"found a permission on Guarded.size: {ELSEWHERE}",
    ),
    "a permission on an argument and on an enum": (
        lambda: GraphExtension(queries=[sized(Annotated[Secret, strawberry.argument(directives=READS)])]),
        f"found a permission on Query.sized(size:), Secret: {ELSEWHERE}",
    ),
    "an attribute": (
        lambda: GraphExtension(fields={"Process": Plain}),
        f"{__name__}.Plain.size: found a plain attribute, expected a method: nothing would give its value.",
    ),
    "an event among the queries": (
        lambda: GraphExtension(queries=[Counts]),
        (
            f"{__name__}.Counts.counts: found a field made with strawberry.subscription, expected "
            "strawberry.field or strawberry.mutation."
        ),
    ),
    "a query among the events": (
        lambda: GraphExtension(events=[adding("racks")]),
        (
            f"{FIELD}: found a field made with strawberry.field or strawberry.mutation, expected "
            "strawberry.subscription."
        ),
    ),
    "a reserved name of a field": (
        lambda: GraphExtension(queries=[adding("__racks")]),
        f"{FIELD}: '__racks' is no name in GraphQL: expected letters, digits and _.",
    ),
    "a reserved name of a type": (
        lambda: GraphExtension(types=[named("__Rack")]),
        f"the type of {__name__}.__Rack: '__Rack' is no name in GraphQL: expected letters, digits and _.",
    ),
    "fields of a root type": (
        lambda: GraphExtension(fields={"Query": adding("racks")}),
        "GraphExtension(fields=...): found Query, expected its fields in 'queries'.",
    ),
    "fields of a type without any": (
        lambda: GraphExtension(fields={"ProcessStatus": adding("colour")}),
        (
            "GraphExtension(fields={'ProcessStatus': ...}): found one without fields among the types of the "
            "schema, expected one that has fields, perhaps ProcessStarted or ProcessStatusChanged."
        ),
    ),
    "fields of a type that is not there": (
        lambda: GraphExtension(fields={"NodeSubscription": adding("rack")}),
        (
            "GraphExtension(fields={'NodeSubscription': ...}): found none of that name among the types of "
            "the schema, expected one that has fields, perhaps HoldsSubscriptions or ProductSubscription."
        ),
    ),
}


@pytest.mark.parametrize("kind", CLASHES)
@parity("GQ-08")
def test_what_is_added_under_a_name_that_is_taken_is_refused(kind: str) -> None:
    made, told = CLASHES[kind]

    assert refusal(catalog(), [workflow("set_it")], extension=made()) == told


@pytest.mark.parametrize("kind", REFUSED)
@parity("GQ-08")
def test_what_could_not_be_asked_for_is_refused(kind: str) -> None:
    made, told = REFUSED[kind]

    assert refusal(catalog(), extension=made()) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"queries": adding("racks")}, "expected a sequence of types"),
        ({"queries": [ProductSubscription]}, "expected a class made with @strawberry.type"),
        ({"mutations": [Size]}, "expected a class made with @strawberry.type"),
        ({"types": [Colour]}, "expected a class made with @strawberry.type"),
        ({"fields": [adding("racks")]}, "expected a mapping of names to types"),
        ({"fields": {"Process": str}}, "expected a class made with @strawberry.type"),
        ({"customers": object()}, "expected a CustomerDirectory: an object with by_ids, page and count"),
    ],
)
def test_an_extension_takes_nothing_but_what_can_be_added(given: dict[str, object], told: str) -> None:
    with pytest.raises(SchemaDefinitionError) as refused:
        GraphExtension(**given)  # pyright: ignore[reportArgumentType]  # that is what is refused

    [(name, _)] = given.items()
    assert str(refused.value).startswith(f"GraphExtension({name}")
    assert str(refused.value).endswith(f"{told}.")
