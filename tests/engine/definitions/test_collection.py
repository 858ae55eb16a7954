"""From the values a step gives to JSON for its process's state."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated, NotRequired, TypedDict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from domain.json import JsonValue, decode, encode
from engine.collection import collect, collect_callback
from engine.errors import InvalidInput
from engine.injection import bind
from engine.step_errors import OutputUnusable
from engine.steps import Step, callback_step, step
from tests.engine.definitions.catalog import CATALOG, Link, Port, PortInactive, active_port, new_port
from tests.parity import parity


class Site(StrEnum):
    PARIS = "PARIS"


class Device(BaseModel):
    name: str
    ports: list[int] = []


class Reserved(TypedDict):
    site: Site
    price: Decimal
    at: datetime
    address: IPv4Address
    number: UUID
    device: Device | None
    weight: NotRequired[Annotated[float, Field(gt=0)]]


class Ports(TypedDict):
    first: Port
    second: NotRequired[Port | None]
    speed: int


class Measured(BaseModel):
    loss: float
    remark: str = ""


class MeasuredTwice(Measured):
    again: float


RESERVED: Reserved = {
    "site": Site.PARIS,
    "price": Decimal("12345678901234567890.10"),
    "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "address": IPv4Address("192.0.2.1"),
    "number": UUID(int=7),
    "device": None,
}


@step("Reserve")
async def reserve() -> Reserved: ...
@step("Give ports")
async def give_ports() -> Ports: ...
@step("Build")
async def build() -> PortInactive | Port: ...
@step("Measure")
async def measure() -> Measured: ...
@step("Do")
async def act() -> None: ...
@callback_step("Wait for measurement", Measured)
async def wait() -> None: ...


@parity("WE-21")
def test_fields_become_json() -> None:
    delta = collect(reserve, {**RESERVED, "weight": 2})

    assert delta.subscriptions == []
    assert delta.values == {
        "site": "PARIS",
        "price": "12345678901234567890.10",
        "at": "2026-01-02T03:04:05Z",
        "address": "192.0.2.1",
        "number": "00000000-0000-0000-0000-000000000007",
        "device": None,
        "weight": 2.0,
    }


def test_nothing_that_the_step_could_still_change_is_kept() -> None:
    device = Device(name="core", ports=[1])

    delta = collect(reserve, {**RESERVED, "device": device})
    device.ports.append(2)

    assert delta.values["device"] == {"name": "core", "ports": [1]}


def test_a_model_gives_its_declared_fields() -> None:
    assert collect(measure, Measured(loss=0.5)).values == {"loss": 0.5, "remark": ""}
    assert collect(measure, MeasuredTwice(loss=0.5, again=1)).values == {"loss": 0.5, "remark": ""}


def test_a_step_without_outputs_gives_nothing() -> None:
    assert collect(act, None).values == {}


@parity("WE-20")
def test_a_subscription_becomes_its_id_under_its_familys_key() -> None:
    port = new_port()

    delta = collect(build, port)

    assert delta.values == {"port": str(port.id)}
    assert delta.subscriptions == [port]


def test_subscriptions_among_the_fields_are_saved_once_each() -> None:
    port = active_port()

    same = collect(give_ports, {"first": port, "second": port, "speed": 1})
    none = collect(give_ports, {"first": port, "second": None, "speed": 1})

    assert same.values == {"first": str(port.id), "second": str(port.id), "speed": 1}
    assert none.values == {"first": str(port.id), "second": None, "speed": 1}
    assert (len(same.subscriptions), len(none.subscriptions)) == (1, 1)
    assert same.subscriptions[0] is none.subscriptions[0] is port


@pytest.mark.parametrize(
    ("step", "result", "message"),
    [
        (act, {}, "step 'act': gave dict, expected None"),
        (measure, None, "step 'measure': gave NoneType, expected loss, remark"),
        (measure, 0.5, "step 'measure': gave float, expected loss, remark"),
        (measure, {"loss": 0.5}, "step 'measure': output 'remark': is missing"),
        (
            measure,
            {"loss": 0.5, "remark": "", "lost": 1},
            "step 'measure': output 'lost': is not among the declared outputs (loss, remark)",
        ),
        (
            measure,
            {"loss": "0.5", "remark": ""},
            "step 'measure': output 'loss': expected float: Input should be a valid number",
        ),
        (
            measure,
            {"loss": float("nan"), "remark": ""},
            "step 'measure': output 'loss': cannot be written as JSON: the number nan at the value itself",
        ),
        (
            measure,
            {"loss": 0.5, "remark": "a\0"},
            (
                "step 'measure': output 'remark': cannot be written as JSON: the character U+0000 in "
                "'a\\x00' at the value itself"
            ),
        ),
        (
            reserve,
            {**RESERVED, "weight": -1.0},
            "step 'reserve': output 'weight': expected float: Input should be greater than 0",
        ),
        (
            reserve,
            {**RESERVED, "number": "00000000-0000-0000-0000-000000000007"},
            "step 'reserve': output 'number': expected UUID: Input should be an instance of UUID",
        ),
        (
            reserve,
            {**RESERVED, "device": Device.model_construct(name=3)},
            "step 'reserve': output 'device': ",
        ),
        (build, {"port": "x"}, "step 'build': output 'port': expected PortInactive | Port, found str"),
        (
            build,
            Link.new(product="Link", customer_id=new_port().customer_id),
            "step 'build': output 'port': ",
        ),
        (
            give_ports,
            {"first": new_port(), "speed": 1},
            "step 'give_ports': output 'first': expected Port, found PortInactive",
        ),
    ],
)
def test_a_result_that_is_not_what_was_declared_is_refused(step: Step, result: object, message: str) -> None:
    with pytest.raises(OutputUnusable) as refused:
        collect(step, result)

    assert str(refused.value).startswith(message)


def test_two_copies_of_one_subscription_are_refused() -> None:
    port = active_port()
    copy = port.model_copy()

    with pytest.raises(OutputUnusable, match=f"is another copy of subscription {port.id}, given before"):
        collect(give_ports, {"first": port, "second": copy, "speed": 1})


def test_what_is_posted_to_a_callback_is_read_and_kept_as_its_result() -> None:
    assert collect_callback(wait, {"loss": 1}).values == {"loss": 1.0, "remark": ""}


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"remark": "x"}, ("loss",), "Field required"),
        ({"loss": "a lot"}, ("loss",), "Input should be a valid number, unable to parse string as a number"),
        ([1], (), "Expected an object"),
        ({"loss": 1, "remark": "\0"}, ("remark",), "Cannot be stored: the character U+0000 in '\\x00'"),
    ],
)
def test_what_is_posted_to_a_callback_and_does_not_fit_is_refused(
    body: JsonValue, path: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        collect_callback(wait, body)

    assert [(error.path, error.message) for error in refused.value.errors] == [(path, message)]


class Everything(TypedDict):
    number: int
    price: Decimal
    at: datetime
    text: str
    device: Device
    addresses: list[IPv4Address]


@step("Give everything")
async def give_everything() -> Everything: ...


@step("Take everything")
async def take_everything(
    *, number: int, price: Decimal, at: datetime, text: str, device: Device, addresses: list[IPv4Address]
) -> None: ...


storable_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@parity("WE-21")
@given(
    st.fixed_dictionaries(
        {
            "number": st.integers(-(2**63), 2**63 - 1),
            "price": st.decimals(allow_nan=False, allow_infinity=False),
            "at": st.datetimes(timezones=st.just(UTC)),
            "text": storable_text,
            "device": st.builds(Device, name=storable_text, ports=st.lists(st.integers(0, 9))),
            "addresses": st.lists(st.ip_addresses(v=4)),
        }
    )
)
def test_a_step_takes_exactly_what_another_gave(given_values: Mapping[str, object]) -> None:
    stored = decode(encode(collect(give_everything, given_values).values))

    assert isinstance(stored, dict)
    assert (
        bind(take_everything, stored, context=None, services={}, catalog=CATALOG, subscriptions={})
        == given_values
    )
