"""Forms: replayed over the pages that were sent so far."""

from collections.abc import Callable
from typing import Annotated, Self, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from domain.json import JsonValue
from engine.errors import FormPageNeeded, InvalidInput
from engine.forms import run_form
from engine.pages import Ask, FormPage


class SitePage(FormPage):
    """Where the node shall stand.

    Any site will do.
    """

    site: str = Field(description="A city.")
    rooms: Annotated[int, Field(ge=1)] = 1

    @field_validator("site")
    @classmethod
    def site_is_known(cls, site: str) -> str:
        if site not in ("PARIS", "VIENNA"):
            raise ValueError(f"there is no site {site}")
        return site

    @model_validator(mode="after")
    def paris_is_small(self) -> Self:
        if self.site == "PARIS" and self.rooms > 1:
            raise AssertionError("Paris has one room")
        return self


class ConfirmPage(FormPage, last=True):
    model_config = ConfigDict(title="Confirm")

    remark: str


class Node(BaseModel):
    site: str
    rack: str
    remark: str

    @field_validator("remark")
    @classmethod
    def remark_is_polite(cls, remark: str) -> str:
        if remark == "no":
            raise ValueError("say please")
        return remark


class Remark(TypedDict):
    remark: str


def rack_page(site: str) -> type[FormPage]:
    racks = {"PARIS": "P1", "VIENNA": "V1"}
    return create_model("RackPage", __base__=FormPage, rack=(str, Field(examples=[racks[site]])))


async def node_form(ask: Ask, greeting: str = "") -> Node:
    site = await ask(SitePage)
    rack = await ask(rack_page(site.site))
    confirmation = await ask(ConfirmPage)
    return Node(site=site.site, rack=rack.model_dump()["rack"], remark=greeting + confirmation.remark)


EMPTY: JsonValue = {}
PARIS: JsonValue = {"site": "PARIS"}
RACK: JsonValue = {"rack": "P1"}
REMARK: JsonValue = {"remark": "fine"}


@pytest.mark.parametrize(
    ("pages", "title", "index", "has_next", "properties"),
    [
        ([], "Where the node shall stand", 0, True, ["site", "rooms"]),
        ([PARIS], "RackPage", 1, True, ["rack"]),
        ([PARIS, RACK], "Confirm", 2, False, ["remark"]),
    ],
)
async def test_a_form_asks_for_its_next_page(
    pages: list[JsonValue], title: str, index: int, properties: list[str], *, has_next: bool
) -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_form, pages, {})

    page = needed.value.page
    assert isinstance(page.schema, dict)
    assert isinstance(page.schema["properties"], dict)
    assert (page.title, page.page_index, page.has_next) == (title, index, has_next)
    assert (page.schema["title"], list(page.schema["properties"])) == (title, properties)


async def test_a_page_is_described_by_json_schema() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_form, [], {})

    assert needed.value.page.schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Where the node shall stand",
        "description": "Where the node shall stand.\n\nAny site will do.",
        "type": "object",
        "additionalProperties": False,
        "required": ["site"],
        "properties": {
            "site": {"title": "Site", "description": "A city.", "type": "string"},
            "rooms": {"title": "Rooms", "default": 1, "minimum": 1, "type": "integer"},
        },
    }


async def test_a_later_page_depends_on_an_earlier_answer() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_form, [{"site": "VIENNA"}], {})

    schema = needed.value.page.schema
    assert isinstance(schema, dict)
    assert schema["properties"] == {"rack": {"title": "Rack", "examples": ["V1"], "type": "string"}}


async def test_a_form_that_has_all_its_pages_gives_its_result() -> None:
    result = await run_form(node_form, [PARIS, RACK, REMARK], {"greeting": "Hi, "})

    assert result == Node(site="PARIS", rack="P1", remark="Hi, fine")


@pytest.mark.parametrize(
    ("pages", "path", "message", "code"),
    [
        ([EMPTY], ("pages", 0, "site"), "Field required", "missing"),
        ([{"site": 3}], ("pages", 0, "site"), "Input should be a valid string", "string_type"),
        ([{"site": "ROME"}], ("pages", 0, "site"), "there is no site ROME", "value_error"),
        ([{"site": "PARIS", "rooms": 2}], ("pages", 0), "Paris has one room", "assertion_error"),
        (
            [PARIS, {"rack": "P1", "row": 2}],
            ("pages", 1, "row"),
            "Extra inputs are not permitted",
            "extra_forbidden",
        ),
        ([PARIS, RACK, "fine"], ("pages", 2), "Expected an object", "model_type"),
        ([PARIS, RACK, None], ("pages", 2), "Expected an object", "model_type"),
        (
            [PARIS, RACK, {"remark": "a\0"}],
            ("pages", 2, "remark"),
            "Cannot be stored: the character U+0000 in 'a\\x00'",
            "unrepresentable",
        ),
        (
            [PARIS, RACK, REMARK, EMPTY, EMPTY],
            ("pages", 3),
            "The form ends before this page: it has 3",
            "too_many_pages",
        ),
        ([PARIS, RACK, {"remark": "no"}], ("pages", 2, "remark"), "say please", "value_error"),
    ],
)
async def test_a_page_that_does_not_fit_is_refused_with_its_place(
    pages: list[JsonValue], path: tuple[str | int, ...], message: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await run_form(node_form, pages, {})

    (error,) = refused.value.errors
    assert (error.path, error.message, error.code) == (path, message, code)


async def test_every_error_of_a_page_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        await run_form(node_form, [{"rooms": 0, "floor": 1}], {})

    assert [error.path for error in refused.value.errors] == [
        ("pages", 0, "site"),
        ("pages", 0, "rooms"),
        ("pages", 0, "floor"),
    ]


async def test_pages_can_be_counted_from_a_later_one() -> None:
    with pytest.raises(FormPageNeeded) as needed:
        await run_form(node_form, [PARIS], {}, first_index=1)
    with pytest.raises(InvalidInput) as refused:
        await run_form(node_form, [{}], {}, first_index=1)

    assert needed.value.page.page_index == 2
    assert refused.value.errors[0].path == ("pages", 1, "site")


async def test_a_form_cannot_go_on_without_the_page_it_asked_for() -> None:
    async def careless(ask: Ask) -> Remark:
        try:
            page = await ask(ConfirmPage)
        except Exception:  # noqa: BLE001  # what a careless form does
            return {"remark": "none"}
        return {"remark": page.remark}

    with pytest.raises(FormPageNeeded):
        await run_form(careless, [], {})


async def test_a_form_that_fails_by_itself_is_not_the_clients_fault() -> None:
    async def broken(ask: Ask) -> Remark:
        await ask(ConfirmPage)
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        await run_form(broken, [REMARK], {})


def not_async(ask: Ask) -> Remark:
    return {"remark": repr(ask)}


async def gives_text(ask: Ask) -> str:
    return repr(ask)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (not_async, "not_async is a form and must be an async function"),
        (gives_text, "gives_text gave str, expected a model or a mapping"),
    ],
)
async def test_what_is_no_form_is_refused(form: Callable[..., object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        await run_form(form, [], {})


def test_a_page_says_whether_it_is_the_last_and_hands_that_on() -> None:
    class Changed(ConfirmPage):
        pass

    class Continued(ConfirmPage, last=False):
        pass

    assert [page.last_page for page in (SitePage, ConfirmPage, Changed, Continued)] == [
        False,
        True,
        True,
        False,
    ]
