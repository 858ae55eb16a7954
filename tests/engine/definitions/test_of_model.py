"""Ids of subscriptions marked with a model: how they are declared, read, bound and shown."""

from collections.abc import Callable
from typing import Annotated, TypedDict
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.lookups import Subscriptions
from domain.type_ids import type_id
from engine.collection import collect
from engine.definition_errors import InvalidService, TypeMismatch, UnsupportedSignature
from engine.injection import bind, subscription_ids
from engine.of_model import OfModel
from engine.registry import Registry
from engine.signatures import read_fields
from engine.step_errors import InputUnusable, OutputUnusable, WrongLifecycle
from engine.step_lists import StepList, begin, done
from engine.steps import Step, step
from engine.workflow_decorators import task
from tests.engine.definitions.catalog import (
    CATALOG,
    Link,
    Port,
    PortInactive,
    PortProvisioning,
    active_port,
    loaded,
    new_port,
)
from tests.parity import parity

OnePort = Annotated[SubscriptionId, OfModel(Port)]
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


class Input(BaseModel):
    """What names ports."""

    port: OnePort
    spare: OnePort | None = None
    others: list[OnePort] = []


class Typed(TypedDict):
    port: OnePort
    others: list[OnePort] | None


class Ports(TypedDict):
    ports: list[Port]


def registry_of(taking: Step) -> Registry:
    @task(input=Input)
    def survey() -> StepList:
        return begin >> taking >> done

    return Registry([survey])


@pytest.mark.parametrize("owner", [Input, Typed])
def test_a_field_knows_its_marker(owner: type) -> None:
    fields = read_fields(owner, owner="here")

    assert {name: field.marker for name, field in fields.items()} == dict.fromkeys(fields, OfModel(Port))
    assert not any(field.is_subscription for field in fields.values())


@step("Models")
async def models(port: Port, spare: Port | None, others: list[Port]) -> None: ...
@step("Looser models")
async def looser(port: PortInactive | Port, others: list[PortInactive]) -> None: ...
@step("Ids")
async def ids(port: SubscriptionId, spare: UUID | None, others: list[UUID]) -> None: ...
@step("Link")
async def as_link(port: Link) -> None: ...
@step("List")
async def as_list(port: list[Port]) -> None: ...
@step("One of a list")
async def one_of_list(others: Port) -> None: ...
@step("Required")
async def required(spare: Port) -> None: ...


@pytest.mark.parametrize("taking", [models, looser, ids])
def test_a_step_takes_the_subscription_or_its_id(taking: Step) -> None:
    registry_of(taking).check(CATALOG)


@pytest.mark.parametrize(
    ("taking", "expected", "found"),
    [
        (as_link, "Link", "SubscriptionId"),
        (as_list, "list[Port]", "SubscriptionId"),
        (one_of_list, "Port", "list[SubscriptionId]"),
        (required, "Port", "SubscriptionId | None"),
    ],
)
def test_a_step_that_takes_another_subscription_is_refused(taking: Step, expected: str, found: str) -> None:
    with pytest.raises(TypeMismatch) as refused:
        registry_of(taking).check(CATALOG)

    assert (refused.value.expected, refused.value.found) == (expected, found)


class MarkedText(TypedDict):
    port: Annotated[str, OfModel(Port)]


class MarkedEither(TypedDict):
    port: OnePort | list[OnePort]


class MarkedAbstract(TypedDict):
    port: Annotated[SubscriptionId, OfModel(SubscriptionModel)]


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        (MarkedText, "is marked as of Port; expected a SubscriptionId, or a list of them"),
        (MarkedEither, "is marked as of Port; expected a SubscriptionId, or a list of them"),
        (
            MarkedAbstract,
            (
                "is of no family (SubscriptionModel: found an abstract class, "
                "expected name= on it or on a class above it)"
            ),
        ),
    ],
)
def test_a_marker_of_something_else_is_refused(owner: type, message: str) -> None:
    with pytest.raises(UnsupportedSignature) as refused:
        read_fields(owner, owner="here")

    assert str(refused.value) == f"here: output 'port' {message}"


@pytest.mark.parametrize("given", [str(ID), ID, type_id("subscription", ID)])
def test_an_id_is_read_as_a_uuid_or_as_clients_see_it(given: object) -> None:
    assert Input.model_validate({"port": given, "others": [given]}) == Input(
        port=SubscriptionId(ID), others=[SubscriptionId(ID)]
    )


@pytest.mark.parametrize("given", ["", "subscription_", f"process_{ID}", type_id("process", ID), 1])
def test_what_is_no_id_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        Input.model_validate({"port": given})


def test_the_json_schema_says_which_subscriptions_fit() -> None:
    class Loose(BaseModel):
        port: Annotated[SubscriptionId, OfModel(PortProvisioning)]

    shown = {"type": "string", "format": "subscription", "model": "Port", "statuses": ["ACTIVE"]}

    assert Input.model_json_schema()["properties"] == {
        "port": {**shown, "title": "Port"},
        "spare": {"anyOf": [shown, {"type": "null"}], "default": None, "title": "Spare"},
        "others": {"default": [], "items": shown, "title": "Others", "type": "array"},
    }
    assert Loose.model_json_schema()["properties"]["port"]["statuses"] == ["PROVISIONING"]


def test_a_list_of_subscriptions_is_bound_in_its_order() -> None:
    first, second = active_port(), active_port()
    state: dict[str, JsonValue] = {
        "port": str(first.id),
        "spare": None,
        "others": [str(second.id), str(first.id)],
    }

    arguments = bind(
        models, state, context=None, services={}, catalog=CATALOG, subscriptions=loaded(first, second)
    )

    assert subscription_ids(models, state) == (first.id, second.id)
    assert arguments == {"port": first, "spare": None, "others": [second, first]}


@parity("PM-05")
def test_one_of_a_list_in_another_status_is_refused() -> None:
    port, initial = active_port(), new_port()
    state: dict[str, JsonValue] = {"port": str(port.id), "others": [str(initial.id)]}

    with pytest.raises(WrongLifecycle) as refused:
        bind(models, state, context=None, services={}, catalog=CATALOG, subscriptions=loaded(port, initial))

    assert (refused.value.subscription_id, refused.value.expected) == (initial.id, ("Port",))


@pytest.mark.parametrize("value", ["an id", 1, {"id": 1}, ["an id"], [None]])
def test_what_is_no_list_of_ids_is_named(value: JsonValue) -> None:
    with pytest.raises(InputUnusable):
        subscription_ids(models, {"others": value})


@step("Give")
async def give() -> Ports: ...


@parity("PM-17")
def test_a_list_of_subscriptions_is_given_as_ids_and_saved_once_each() -> None:
    first, second = active_port(), active_port()

    delta = collect(give, {"ports": [first, second, first]})

    assert delta.values == {"ports": [str(first.id), str(second.id), str(first.id)]}
    assert delta.subscriptions == [first, second]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (active_port, "expected list[Port], found Port"),
        (lambda: (active_port(),), "expected list[Port], found tuple"),
        (lambda: [new_port()], "expected list[Port], found PortInactive"),
        (lambda: [None], "expected list[Port], found NoneType"),
    ],
)
def test_what_is_no_list_of_subscriptions_is_refused(value: Callable[[], object], message: str) -> None:
    with pytest.raises(OutputUnusable) as refused:
        collect(give, {"ports": value()})

    assert str(refused.value) == f"step 'give': output 'ports': {message}"


@step("Ask")
async def ask_about(subscriptions: Subscriptions, port: Port) -> None: ...


@parity("PM-32")
def test_the_service_of_subscriptions_needs_no_registration_and_admits_none() -> None:
    registry_of(ask_about).check(CATALOG)

    with pytest.raises(InvalidService):
        Registry([], {Subscriptions: lambda: pytest.fail("it is never opened")})


def test_a_process_id_is_no_subscription() -> None:
    class Marked(TypedDict):
        process: Annotated[ProcessId, OfModel(Port)]

    with pytest.raises(UnsupportedSignature):
        read_fields(Marked, owner="here")
