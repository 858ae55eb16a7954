"""From a process's state to the values a step takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Network
from uuid import UUID

import pytest
from pydantic import BaseModel

from domain.errors import ProductNotFound
from domain.ids import CustomerId, ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.catalog import Product
from domain.model.subscriptions import SubscriptionModel
from engine.context import CallbackContext, StepContext
from engine.injection import bind, subscription_ids, subscription_keys
from engine.pages import Ask
from engine.step_errors import InputUnusable, WrongLifecycle
from engine.steps import Step, input_step, step
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


class Site(StrEnum):
    PARIS = "PARIS"


class Device(BaseModel):
    name: str
    address: IPv4Address


@dataclass(frozen=True)
class Place:
    rack: str
    slot: int


class Inventory:
    pass


CONTEXT = StepContext(
    process_id=ProcessId(UUID(int=1)),
    step_key="step",
    attempt=2,
    idempotency_key="1:step",
    actor="bob",
    reporter="alice",
)
CALLBACK_CONTEXT = CallbackContext(
    process_id=ProcessId(UUID(int=1)),
    step_key="step",
    attempt=1,
    idempotency_key="1:step",
    actor="bob",
    reporter="alice",
    callback_url="https://orchestrion.example/callbacks/token",
)


def bound(
    step: Step,
    state: Mapping[str, JsonValue],
    *subscriptions: SubscriptionModel,
    context: StepContext = CONTEXT,
    services: Mapping[type, object] | None = None,
) -> dict[str, object]:
    return bind(
        step,
        state,
        context=context,
        services=services or {},
        catalog=CATALOG,
        subscriptions=loaded(*subscriptions),
    )


@step("Take values")
async def take_values(
    *,
    site: Site,
    price: Decimal,
    at: datetime,
    day: date,
    wait: timedelta,
    address: IPv4Address,
    prefix: IPv6Network,
    number: UUID,
    customer_id: CustomerId,
    device: Device,
    place: Place,
    sites: list[Site],
    by_name: dict[str, IPv4Address],
) -> None: ...


@parity("WE-19")
@parity("WE-19", mends="primitives")
def test_values_are_read_as_their_declared_types() -> None:
    state: dict[str, JsonValue] = {
        "site": "PARIS",
        "price": "12345678901234567890.10",
        "at": "2026-01-02T03:04:05Z",
        "day": "2026-01-02",
        "wait": "PT5M",
        "address": "192.0.2.1",
        "prefix": "2001:db8::/32",
        "number": "00000000-0000-0000-0000-000000000007",
        "customer_id": "alice",
        "device": {"name": "core", "address": "192.0.2.2"},
        "place": {"rack": "A", "slot": 3},
        "sites": ["PARIS"],
        "by_name": {"core": "192.0.2.3"},
    }

    assert bound(take_values, state) == {
        "site": Site.PARIS,
        "price": Decimal("12345678901234567890.10"),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "wait": timedelta(minutes=5),
        "address": IPv4Address("192.0.2.1"),
        "prefix": IPv6Network("2001:db8::/32"),
        "number": UUID(int=7),
        "customer_id": "alice",
        "device": Device(name="core", address=IPv4Address("192.0.2.2")),
        "place": Place("A", 3),
        "sites": [Site.PARIS],
        "by_name": {"core": IPv4Address("192.0.2.3")},
    }


@step("Take optional values")
async def take_optional(speed: int | None, slot: int = 7, note: str | None = "none") -> None: ...


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, {"speed": None}),
        ({"speed": None, "note": None}, {"speed": None, "note": None}),
        ({"speed": 1, "slot": 2, "note": "x", "more": 4}, {"speed": 1, "slot": 2, "note": "x"}),
    ],
)
def test_an_optional_value_that_is_not_there_is_left_to_the_default_or_is_none(
    state: dict[str, JsonValue], expected: dict[str, object]
) -> None:
    assert bound(take_optional, state) == expected


@step("Take what the engine has")
async def take_provided(
    product: Product, inventory: Inventory, second: Inventory | None, ctx: StepContext
) -> None: ...


@parity("WE-19")
def test_product_service_and_context_are_found_by_type() -> None:
    inventory = Inventory()

    arguments = bound(take_provided, {"product": "Port 10G"}, services={Inventory: inventory})

    assert arguments == {
        "product": CATALOG.product("Port 10G"),
        "inventory": inventory,
        "second": inventory,
        "ctx": CONTEXT,
    }


def test_a_callback_context_serves_as_either_context() -> None:
    @step("Take both")
    async def take_both(ctx: StepContext, callback: CallbackContext) -> None: ...

    arguments = bound(take_both, {}, context=CALLBACK_CONTEXT)

    assert arguments == {"ctx": CALLBACK_CONTEXT, "callback": CALLBACK_CONTEXT}


def test_a_product_that_left_the_catalogue_is_not_found() -> None:
    with pytest.raises(ProductNotFound):
        bound(take_provided, {"product": "Port 1G"}, services={Inventory: Inventory()})


@step("Take subscriptions")
async def take_subscriptions(
    port: PortProvisioning | Port, link: Link | None, other: Link | None, speed: int = 0
) -> None: ...


@parity("WE-19")
def test_subscriptions_are_loaded_by_the_ids_in_the_state() -> None:
    port = active_port()
    state: dict[str, JsonValue] = {"port": str(port.id), "link": None}

    assert subscription_keys(take_subscriptions) == ("port", "link", "other")
    assert subscription_ids(take_subscriptions, state) == (port.id,)
    assert bound(take_subscriptions, state, port) == {"port": port, "link": None, "other": None}


def test_a_subscription_under_two_names_is_loaded_once() -> None:
    port_id = "00000000-0000-0000-0000-000000000007"
    state: dict[str, JsonValue] = {"port": port_id, "link": port_id}

    assert subscription_ids(take_subscriptions, state) == (SubscriptionId(UUID(int=7)),)


@parity("WE-19")
def test_a_subscription_in_another_status_than_the_step_takes_is_refused() -> None:
    port = new_port()

    with pytest.raises(WrongLifecycle) as refused:
        bound(take_subscriptions, {"port": str(port.id)}, port)

    assert str(refused.value) == (
        "step 'take_subscriptions': parameter 'port' takes PortProvisioning or Port, "
        f"but subscription {port.id} is INITIAL (PortInactive)"
    )


def test_a_class_takes_the_later_lifecycles_made_of_it() -> None:
    @step("Take any port")
    async def take_any(port: PortInactive) -> None: ...

    port = active_port()

    assert bound(take_any, {"port": str(port.id)}, port) == {"port": port}


def test_a_form_gets_its_values_without_its_ask() -> None:
    @input_step("Confirm", "NOC")
    async def confirm(ask: Ask, speed: int) -> Device: ...

    assert bound(confirm, {"speed": 10}) == {"speed": 10}


@step("Take a number")
async def take_number(speed: int) -> None: ...
@step("Take a device")
async def take_device(device: Device) -> None: ...
@step("Take a service")
async def take_service(inventory: Inventory) -> None: ...
@step("Take a port")
async def take_port(port: Port) -> None: ...


@pytest.mark.parametrize(
    ("step", "state", "message"),
    [
        (take_number, {}, "step 'take_number': parameter 'speed' expects int, found nothing"),
        (
            take_number,
            {"speed": "fast"},
            (
                "step 'take_number': parameter 'speed' expects int, found 'fast' (Input should be a "
                "valid integer, unable to parse string as an integer)"
            ),
        ),
        (
            take_number,
            {"speed": None},
            "step 'take_number': parameter 'speed' expects int, found None (Input should be a valid integer)",
        ),
        (
            take_device,
            {"device": {"name": "core", "address": "here"}},
            (
                "step 'take_device': parameter 'device' expects Device, found {'name': 'core', "
                "'address': 'here'} (address: Input is not a valid IPv4 address)"
            ),
        ),
        (
            take_service,
            {"inventory": 3},
            "step 'take_service': parameter 'inventory' expects Inventory, found 3",
        ),
        (
            take_port,
            {"port": "10G"},
            "step 'take_port': parameter 'port' expects a subscription's id, found '10G'",
        ),
        (
            take_port,
            {"port": "00000000-0000-0000-0000-000000000007"},
            (
                "step 'take_port': parameter 'port' expects Port, found the id "
                "00000000-0000-0000-0000-000000000007, which is no subscription's"
            ),
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_named(step: Step, state: dict[str, JsonValue], message: str) -> None:
    with pytest.raises(InputUnusable) as refused:
        bound(step, state)

    assert str(refused.value) == message


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InputUnusable) as refused:
        bound(take_number, {"speed": "9" * 10_000 + "x"})

    assert len(str(refused.value)) < 300
