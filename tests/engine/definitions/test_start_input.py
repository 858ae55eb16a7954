"""What starts a workflow: pages, or one object."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Self, TypedDict

import pytest
from pydantic import BaseModel, Field, model_validator

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ProductStatus
from engine.errors import FormPageNeeded, InvalidInput
from engine.forms import Ask, FormPage
from engine.start_input import StartValues, parse_start, parse_values, start_model, startable_products
from engine.step_lists import StepList, begin, done
from engine.workflow_decorators import create_workflow, modify_workflow, task
from engine.workflows import Workflow
from tests.engine.definitions.catalog import ALICE, CATALOG, Link, Port, active_port, product
from tests.parity import parity


class Site(StrEnum):
    PARIS = "PARIS"
    VIENNA = "VIENNA"


class PortInput(BaseModel):
    """A port for a customer."""

    site: Site
    speed: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def vienna_is_slow(self) -> Self:
        if self.site is Site.VIENNA and self.speed > 10:
            raise ValueError("Vienna has slow ports only")
        return self


class FreeInput(BaseModel):
    """A port of any speed."""

    site: Site
    speed: int


class SpeedPage(FormPage, last=True):
    speed: int


class Speed(TypedDict):
    speed: int


async def create_wizard(ask: Ask, product: Product, customer_id: CustomerId) -> PortInput:
    assert (product.name, customer_id) == ("Port 100G", "alice")
    page = await ask(SpeedPage)
    return PortInput(site=Site.PARIS, speed=page.speed)


async def modify_wizard(ask: Ask, port: Port, customer_id: CustomerId) -> Speed:
    assert (port.status, customer_id) == ("ACTIVE", "alice")
    page = await ask(SpeedPage)
    return {"speed": page.speed + 1}


def no_steps() -> StepList:
    """Do nothing."""
    return begin >> done


create_port = create_workflow(Port, input=PortInput)(no_steps)
create_port_by_wizard = create_workflow(Port, input=PortInput, form=create_wizard)(no_steps)
create_freely = create_workflow(Port, input=FreeInput)(no_steps)
create_link = create_workflow(Link)(no_steps)
modify_port = modify_workflow(Port, input=PortInput)(no_steps)
modify_port_by_wizard = modify_workflow(Port, form=modify_wizard)(no_steps)
clean_up = task()(no_steps)

EMPTY: JsonValue = {}
CHOICE: JsonValue = {"product": "Port 100G", "customer_id": "alice"}


def test_the_object_that_creates_has_product_and_customer_before_the_input() -> None:
    schema = start_model(create_port, CATALOG).model_json_schema()

    assert schema["title"] == "A port for a customer"
    assert schema["required"] == ["product", "customer_id", "site"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "product": {"title": "Product", "type": "string", "enum": ["Port 10G", "Port 100G"]},
        "customer_id": {"title": "Customer Id", "type": "string", "minLength": 1, "maxLength": 255},
        "site": {"$ref": "#/$defs/Site"},
        "speed": {"title": "Speed", "type": "integer", "default": 10, "minimum": 1},
    }


@pytest.mark.parametrize(
    ("workflow", "fields"),
    [
        (create_port, ["product", "customer_id", "site", "speed"]),
        (create_port_by_wizard, ["product", "customer_id", "site", "speed"]),
        (create_link, ["product", "customer_id"]),
        (modify_port, ["site", "speed"]),
        (clean_up, []),
    ],
)
def test_the_object_that_starts_a_workflow_has_these_fields(workflow: Workflow, fields: list[str]) -> None:
    assert list(start_model(workflow, CATALOG).model_fields) == fields


def test_a_workflow_that_only_its_wizard_knows_has_no_such_object() -> None:
    with pytest.raises(ValueError, match="has no input model, it is started by its wizard's pages"):
        start_model(modify_port_by_wizard, CATALOG)


def test_an_only_product_need_not_be_chosen() -> None:
    values = parse_values(create_link, CATALOG, {"customer_id": "alice"})

    assert values == StartValues(product="Link", customer_id=ALICE, values={})


def test_only_products_that_are_sold_can_be_chosen() -> None:
    catalog = Catalog([product(status, status=status) for status in ProductStatus])

    names = [each.name for each in startable_products(create_port, catalog)]

    assert names == ["ACTIVE", "PRE_PRODUCTION"]


def test_one_object_starts_a_workflow_with_its_values_as_json() -> None:
    values = parse_values(create_port, CATALOG, {**as_object(CHOICE), "site": "PARIS"})

    assert values == StartValues(
        product="Port 100G", customer_id=ALICE, values={"site": "PARIS", "speed": 10}
    )


def test_one_object_starts_a_workflow_that_has_a_wizard_too() -> None:
    values = parse_values(create_port_by_wizard, CATALOG, {**as_object(CHOICE), "site": "VIENNA"})

    assert values.values == {"site": "VIENNA", "speed": 10}


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value


@parity("WE-22")
@pytest.mark.parametrize(
    ("workflow", "pages", "expected"),
    [
        (
            create_port,
            [{"product": "Port 10G", "customer_id": "bob", "site": "PARIS", "speed": 5}],
            StartValues(
                product="Port 10G", customer_id=CustomerId("bob"), values={"site": "PARIS", "speed": 5}
            ),
        ),
        (
            create_port_by_wizard,
            [CHOICE, {"speed": 5}],
            StartValues(product="Port 100G", customer_id=ALICE, values={"site": "PARIS", "speed": 5}),
        ),
        (
            modify_port,
            [{"site": "PARIS"}],
            StartValues(product=None, customer_id=None, values={"site": "PARIS", "speed": 10}),
        ),
        (
            modify_port_by_wizard,
            [{"speed": 5}],
            StartValues(product=None, customer_id=None, values={"speed": 6}),
        ),
        (clean_up, [], StartValues(product=None, customer_id=None, values={})),
        (clean_up, [EMPTY], StartValues(product=None, customer_id=None, values={})),
    ],
)
async def test_pages_start_a_workflow(
    workflow: Workflow, pages: Sequence[JsonValue], expected: StartValues
) -> None:
    subject = active_port() if workflow.target == "MODIFY" else None

    assert await parse_start(workflow, CATALOG, pages, subject=subject) == expected


@pytest.mark.parametrize(
    ("workflow", "pages", "index", "fields", "has_next"),
    [
        (create_port, [], 0, ["product", "customer_id", "site", "speed"], False),
        (create_port_by_wizard, [], 0, ["product", "customer_id"], True),
        (create_port_by_wizard, [CHOICE], 1, ["speed"], False),
        (modify_port, [], 0, ["site", "speed"], False),
        (modify_port_by_wizard, [], 0, ["speed"], False),
    ],
)
async def test_a_page_that_is_missing_is_asked_for(
    workflow: Workflow, pages: Sequence[JsonValue], index: int, fields: list[str], *, has_next: bool
) -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await parse_start(workflow, CATALOG, pages, subject=active_port())

    page = needed.value.page
    assert (page.page_index, page.has_next) == (index, has_next)
    assert list(as_object(as_object(page.schema)["properties"])) == fields


@pytest.mark.parametrize(
    ("workflow", "pages", "path", "message"),
    [
        (
            create_port,
            [{"product": "Link", "customer_id": "alice", "site": "PARIS"}],
            ("pages", 0, "product"),
            "Input should be 'Port 10G' or 'Port 100G'",
        ),
        (
            create_port,
            [{"product": "Port 10G", "customer_id": "", "site": "PARIS"}],
            ("pages", 0, "customer_id"),
            "String should have at least 1 character",
        ),
        (
            create_port,
            [{"product": "Port 10G", "customer_id": "alice", "site": "VIENNA", "speed": 11}],
            ("pages", 0),
            "Vienna has slow ports only",
        ),
        (modify_port, [{"site": "PARIS", "x": 1}], ("pages", 0, "x"), "Extra inputs are not permitted"),
        (modify_port, [{"site": "PARIS"}, EMPTY], ("pages", 1), "The form has one page"),
        (clean_up, [{"x": 1}], ("pages", 0, "x"), "Extra inputs are not permitted"),
        (create_port_by_wizard, [{"product": "Port 10G"}], ("pages", 0, "customer_id"), "Field required"),
        (create_port_by_wizard, [CHOICE, EMPTY], ("pages", 1, "speed"), "Field required"),
        (
            create_port_by_wizard,
            [CHOICE, {"speed": 0}],
            ("pages", 1, "speed"),
            "Input should be greater than or equal to 1",
        ),
        (
            create_port_by_wizard,
            [CHOICE, {"speed": 1}, EMPTY],
            ("pages", 2),
            "The form ends before this page: it has 2",
        ),
    ],
)
async def test_a_page_that_does_not_fit_is_refused(
    workflow: Workflow, pages: Sequence[JsonValue], path: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await parse_start(workflow, CATALOG, pages)

    assert [(error.path, error.message) for error in refused.value.errors] == [(path, message)]


def test_the_place_of_an_error_in_one_object_begins_at_the_object() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_values(modify_port, CATALOG, {"site": "ROME"})

    assert [error.path for error in refused.value.errors] == [("site",)]


def test_the_model_is_made_once() -> None:
    assert start_model(create_port, CATALOG) is start_model(create_port, CATALOG)


@pytest.mark.parametrize("text", ["9" * 25, "-1" + "0" * 20])
async def test_a_number_that_cannot_be_stored_is_refused_at_its_place(text: str) -> None:
    values: JsonValue = {**CHOICE, "site": "PARIS", "speed": text} if isinstance(CHOICE, dict) else None

    with pytest.raises(InvalidInput) as of_values:
        parse_values(create_freely, CATALOG, values)
    with pytest.raises(InvalidInput) as of_pages:
        await parse_start(create_freely, CATALOG, [values])
    with pytest.raises(InvalidInput) as of_wizard:
        await parse_start(create_port_by_wizard, CATALOG, [CHOICE, {"speed": text}])

    found = [
        [(error.path, error.message, error.code) for error in refusal.value.errors]
        for refusal in (of_values, of_pages, of_wizard)
    ]
    bits = int(text).bit_length()
    message = f"Cannot be stored: an integer of {bits} bits (at most 64 fit)"
    assert found == [
        [(path, message, "unrepresentable")]
        for path in (("speed",), ("pages", 0, "speed"), ("pages", 1, "speed"))
    ]
