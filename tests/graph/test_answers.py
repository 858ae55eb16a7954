# graphql-core leaves the inner type of lists open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator
from types import SimpleNamespace

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)
from pydantic import AliasChoices, BaseModel, Field

from engine.errors import CallbackUnknown, CallbackUsed, Refusal
from graph.generate.enums import EnumTypes
from graph.generate.inputs import InputTypes
from graph.mutations.annotations import REPAIR_REFUSALS
from graph.mutations.answers import FORM_START_REFUSALS, PROCESS_REFUSALS, RESUME_REFUSALS, input_path
from graph.mutations.many import DELETE_REFUSALS
from graph.mutations.notes import NOTE_REFUSALS
from graph.mutations.skipping import SKIP_REFUSALS
from graph.schema import build_schema
from tests.graph.application import CATALOG, REGISTRY

SCHEMA = build_schema(CATALOG, REGISTRY).core

ANSWERED = (
    *FORM_START_REFUSALS,
    *PROCESS_REFUSALS,
    *RESUME_REFUSALS,
    *SKIP_REFUSALS,
    *DELETE_REFUSALS,
    *NOTE_REFUSALS,
    *REPAIR_REFUSALS,
    CallbackUnknown,
    CallbackUsed,
)


def every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from every(narrower)


def test_every_refusal_of_the_engine_has_an_answer() -> None:
    assert [kind for kind in every(Refusal) if not issubclass(kind, ANSWERED)] == []


class Port(BaseModel):
    """A port, whose speed programs call otherwise."""

    port_speed: int = Field(alias="bit/s")


class Rack(BaseModel):
    """A rack, whose ports programs call otherwise."""

    rack_ports: list[Port] = Field(validation_alias=AliasChoices("from", "ports"))
    any_words: dict[str, int]


def test_an_input_is_sent_on_under_the_names_of_its_model_and_errors_in_it_come_back_under_its_own() -> None:
    made = InputTypes(EnumTypes()).generate(Rack, name="RackInput", description="A rack.", extra={})
    [ports, _] = made.fields
    assert ports.inner is not None
    given = SimpleNamespace(rack_ports=[SimpleNamespace(port_speed=7)], any_words={"in_use": 1})

    sent = made.to_json(given)
    paths = [("from", 0, "bit/s"), ("rack_ports", 0), ("any_words", "in_use"), (), ("idempotency_key",)]
    told = [input_path(path, inside=made.path_of) for path in paths]

    assert Rack.model_validate(sent).rack_ports[0].port_speed == 7
    assert told == [
        ["input", "rackPorts", "0", "portSpeed"],
        ["input", "rackPorts", "0"],
        ["input", "anyWords", "in_use"],
        ["input"],
        ["idempotencyKey"],
    ]


DONE = {
    "ProcessStarted",
    "ProcessUpdated",
    "ProcessDeleted",
    "SubscriptionUpdated",
    "EngineUpdated",
    "FormPage",
}
"""What is no refusal: that something was done, or the next page of a form."""

PROCESS = {"ProcessUpdated", "NotAllowed", "NotFound", "WrongStatus", "Conflict"}
START = {
    "ProcessStarted",
    "InvalidInput",
    "NotAllowed",
    "NotFound",
    "Conflict",
    "ActionBlocked",
    "PredicateFailed",
    "EnginePaused",
}
NOTED = {"SubscriptionUpdated", "InvalidInput", "NotFound", "StaleVersion"}

MEMBERS = {
    "startWorkflow": START | {"FormPage"},
    "startWorkflows": START | {"FormPage"},
    "createNode": START,
    "callBack": START,
    "resumeProcess": PROCESS | {"FormPage", "InvalidInput"},
    "retryProcess": PROCESS,
    "retryProcesses": PROCESS,
    "retryFailedTasks": PROCESS,
    "abortProcess": PROCESS | {"InvalidInput"},
    "abortProcesses": PROCESS | {"InvalidInput"},
    "skipStep": PROCESS | {"InvalidInput", "StepNotSkippable"},
    "deleteProcesses": PROCESS - {"ProcessUpdated"} | {"ProcessDeleted", "NotATask", "HoldsSubscriptions"},
    "setProcessNote": {"ProcessUpdated", "InvalidInput", "NotFound", "StaleVersion"},
    "setSubscriptionNote": NOTED,
    "setSubscriptionMetadata": NOTED,
    "setCustomerDescription": NOTED | {"NotAllowed"},
    "deleteCustomerDescription": NOTED | {"NotAllowed"},
    "setSubscriptionInSync": {"SubscriptionUpdated", "NotFound", "WrongStatus", "Conflict"},
    "setSubscriptionsInSync": {"SubscriptionUpdated", "NotFound", "WrongStatus", "Conflict"},
    "pauseEngine": {"EngineUpdated", "NotAllowed"},
    "unpauseEngine": {"EngineUpdated", "NotAllowed"},
}
"""What each mutation may answer; of a bulk one, for each item."""


def test_each_mutation_answers_what_can_happen_and_every_refusal_is_one() -> None:
    root = SCHEMA.mutation_type
    assert root is not None
    members = {name: set(_members(field)) for name, field in root.fields.items()}
    refusals = {named.name for named in SCHEMA.get_implementations(_refused()).objects}

    generated = [name for name in members if name not in MEMBERS]
    assert {name: members[name] for name in MEMBERS} == MEMBERS
    assert {name: members[name] for name in generated} == dict.fromkeys(generated, START)
    assert {member for some in members.values() for member in some} - DONE == refusals


def test_every_bulk_mutation_has_one_shape() -> None:
    root, bulk = SCHEMA.mutation_type, SCHEMA.type_map["BulkResult"]
    assert root is not None
    assert isinstance(bulk, GraphQLInterfaceType)
    answered = {name: get_named_type(field.type) for name, field in root.fields.items()}
    shapes = {name: given for name, given in answered.items() if isinstance(given, GraphQLObjectType)}

    assert set(shapes) == {
        "startWorkflows",
        "retryProcesses",
        "retryFailedTasks",
        "abortProcesses",
        "deleteProcesses",
        "setSubscriptionsInSync",
    }
    assert {given.name for given in shapes.values()} == {
        named.name for named in SCHEMA.get_implementations(bulk).objects
    }
    for given in shapes.values():
        item = get_named_type(given.fields["items"].type)
        assert isinstance(item, GraphQLObjectType)
        assert list(given.fields) == ["doneCount", "refusedCount", "items"]
        assert list(item.fields) in (["processId", "result"], ["subscriptionId", "result"])


def _members(field: GraphQLField) -> Iterator[str]:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLObjectType):
        item = get_named_type(named.fields["items"].type)
        assert isinstance(item, GraphQLObjectType)
        named = get_named_type(item.fields["result"].type)
    assert isinstance(named, GraphQLUnionType)
    yield from (member.name for member in named.types)


def _refused() -> GraphQLInterfaceType:
    refused = SCHEMA.type_map["Refused"]
    assert isinstance(refused, GraphQLInterfaceType)
    return refused
