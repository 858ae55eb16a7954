"""Steps under a condition, and steps that work in a part of the state: what may be composed of them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import NotRequired

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from domain.json import JsonValue
from domain.storage.listing.lookups import Subscriptions
from engine.authorizers import Authorization
from engine.context import CallbackContext, StepContext
from engine.definition_errors import (
    DuplicateStepKey,
    InvalidWorkflow,
    MissingInput,
    ReservedName,
    TypeMismatch,
    UnsupportedSignature,
)
from engine.pages import Ask, FormPage
from engine.registry import Registry
from engine.retry import RetryPolicy
from engine.step_lists import OpenStepList, begin, done
from engine.steps import Step, callback_step, input_step, retry, step
from engine.workflow_decorators import modify_workflow, task
from engine.wrappers import conditional, focus
from tests.engine.definitions.catalog import CATALOG, Port
from tests.parity import parity


class Question(BaseModel):
    text: str


class Rack(TypedDict):
    rack: str


class Number(TypedDict):
    rack: int


class Sure(TypedDict):
    sure: bool


class Site(BaseModel):
    city: str
    rack: str | None = None


class Sited(TypedDict):
    site: Site


class SitePart(TypedDict):
    city: str
    rack: str
    floor: NotRequired[int]


class Page(FormPage):
    sure: bool


class Delivery(BaseModel):
    parcel: str


async def only_ada(authorization: Authorization) -> bool:
    return authorization.actor == "ada"


def is_long(text: str) -> bool:
    return len(text) > 3


async def is_known(text: str, subscriptions: Subscriptions, ctx: StepContext) -> bool:
    return bool(text and subscriptions and ctx)


def has_rack(rack: str) -> bool:
    return bool(rack)


def is_called_back(ctx: CallbackContext) -> bool:
    return bool(ctx)


@step("Mount")
async def mount(text: str) -> Rack: ...
@step("Mount by number")
async def mount_by_number(text: str) -> Number: ...
@step("Use")
async def use(rack: str) -> None: ...
@step("Use if there")
async def use_if_there(rack: str | None) -> None: ...
@step("Use by default")
async def use_by_default(rack: str = "") -> None: ...
@step("Survey")
async def survey() -> Sited: ...
@step("Visit")
async def visit(city: str) -> None: ...
@step("Use the site")
async def use_site(site: SitePart) -> None: ...
@step("Use the site as it was surveyed")
async def use_the_site(site: Site) -> None: ...
@step("Use any site")
async def use_any_site(site: dict[str, JsonValue]) -> None: ...
@step("Use a number as site")
async def use_number_as_site(site: int) -> None: ...
@step("Change")
async def change(port: Port) -> Port: ...


@input_step("Confirm", "NOC", resume_authorizer=only_ada)
async def confirm(ask: Ask, rack: str) -> Sure:
    page = await ask(Page)
    return {"sure": page.sure and bool(rack)}


@callback_step("Order", Delivery)
async def order(ctx: CallbackContext) -> None: ...


stubborn = retry(mount.with_key("stubborn"), attempts=2)


def check(steps: OpenStepList) -> None:
    @task(input=Question)
    def asked():  # noqa: ANN202  # a workflow's definition
        return steps >> done

    Registry([asked], {}).check(CATALOG)


@parity("WE-06")
def test_steps_under_a_condition_are_steps_of_the_workflow() -> None:
    when_long = conditional(is_long)
    steps = (begin >> mount >> when_long(begin >> use >> order) >> conditional(is_known)(confirm)).steps

    assert [each.key for each in steps] == ["mount", "use", "order", "confirm"]
    assert [[condition.key for condition in each.conditions] for each in steps] == [
        [],
        ["is_long"],
        ["is_long"],
        ["is_known"],
    ]


@pytest.mark.parametrize("wrap", [conditional(is_long), focus("site")], ids=["conditional", "focus"])
@parity("WE-06", mends="authorizers")
@parity("WE-07", mends="authorizers")
@parity("WE-34")
def test_a_wrapped_step_keeps_everything_else(wrap: Callable[[Step], OpenStepList]) -> None:
    guarded = retry(replace(use_site.with_key("other_key"), retry_authorizer=only_ada), attempts=7)

    (wrapped_form,) = wrap(confirm).steps
    (wrapped,) = wrap(guarded).steps

    assert wrapped_form.resume_authorizer is only_ada
    assert (wrapped.key, wrapped.name, wrapped.retry_authorizer) == ("other_key", "Use the site", only_ada)
    assert isinstance(wrapped.retry, RetryPolicy)
    assert wrapped.retry.attempts == 7
    assert (guarded.conditions, guarded.focus) == ((), ())


def test_conditions_may_be_nested_and_the_outer_one_comes_first() -> None:
    (inner,) = conditional(is_long)(conditional(has_rack)(use)).steps

    assert [condition.key for condition in inner.conditions] == ["is_long", "has_rack"]


def test_a_condition_within_a_focus_looks_there_too() -> None:
    (within,) = focus("site")(conditional(has_rack)(use)).steps
    (around,) = conditional(has_rack)(focus("site")(use)).steps

    assert [condition.focus for condition in within.conditions] == [("site",)]
    assert [condition.focus for condition in around.conditions] == [()]
    assert (within.focus, around.focus) == (("site",), ("site",))


@pytest.mark.parametrize(
    "steps",
    [
        begin >> conditional(is_long)(mount) >> use_if_there,
        begin >> conditional(is_long)(mount) >> use_by_default,
        begin >> conditional(is_long)(mount) >> conditional(is_long)(use),
        begin >> conditional(is_long)(begin >> mount >> use),
        begin >> conditional(is_long)(mount) >> conditional(is_long)(conditional(has_rack)(use)),
        begin >> mount >> conditional(is_long)(stubborn) >> use,
        begin >> mount >> conditional(is_known)(confirm),
        begin >> focus("site")(begin >> mount >> use) >> focus("site")(use_by_default),
        begin >> focus("site")(mount) >> use_any_site,
        begin >> survey >> focus("site")(begin >> mount >> visit) >> focus("site")(use),
        begin >> survey >> focus("site")(mount) >> use_the_site,
        begin >> survey >> focus("site")(mount) >> use_site,
        begin >> survey >> focus("site")(mount) >> use_any_site,
        begin >> survey >> conditional(is_long)(focus("site")(mount)) >> use_the_site,
        begin >> focus("site")(focus("room")(mount)) >> focus("site")(focus("room")(use)),
        begin >> mount >> focus("site")(use),
        begin
        >> conditional(is_long)(focus("site")(mount))
        >> focus("site")(conditional(is_long)(use_if_there)),
    ],
)
def test_wrapped_steps_that_get_what_they_need_are_accepted(steps: OpenStepList) -> None:
    check(steps)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            begin >> conditional(is_long)(mount) >> use,
            (
                "step 'use': parameter 'rack' needs str, but step 'mount' gives it only under the"
                " condition 'is_long' (available: rack, text)"
            ),
        ),
        (
            begin >> conditional(is_long)(conditional(is_known)(mount)) >> conditional(is_long)(use),
            (
                "step 'use': parameter 'rack' needs str, but step 'mount' gives it only under the"
                " condition 'is_long' and 'is_known' (available: rack, text)"
            ),
        ),
        (
            begin >> conditional(has_rack)(mount),
            (
                "step 'mount (condition has_rack)': parameter 'rack' needs str, but nothing before"
                " it gives that (available: text)"
            ),
        ),
        (
            begin >> conditional(is_called_back)(order),
            (
                "step 'order (condition is_called_back)': parameter 'ctx' needs CallbackContext,"
                " but only a callback step has that (available: text)"
            ),
        ),
        (
            begin >> focus("site")(mount) >> use,
            (
                "step 'use': parameter 'rack' needs str, but nothing before it gives that"
                " (available: site, text)"
            ),
        ),
        (
            begin >> focus("site")(mount) >> use_site,
            (
                "step 'use_site': parameter 'site' needs SitePart, but its 'city' may be missing"
                " (available: site, text)"
            ),
        ),
        (
            begin >> conditional(is_long)(focus("site")(mount)) >> use_any_site,
            (
                "step 'use_any_site': parameter 'site' needs dict[str, JsonValue], but it may be"
                " missing (available: site, text)"
            ),
        ),
    ],
)
def test_what_only_wrapped_steps_give_is_not_counted_on(steps: OpenStepList, message: str) -> None:
    with pytest.raises(MissingInput) as refused:
        check(steps)

    assert str(refused.value) == f"workflow 'asked', {message}"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            begin >> mount >> conditional(is_long)(mount_by_number) >> use,
            ("step 'use': parameter 'rack' expects str, but step 'mount_by_number' gives str | int"),
        ),
        (
            begin >> survey >> focus("site")(use),
            ("step 'use': parameter 'rack' expects str, but step 'survey' gives str | None"),
        ),
        (
            begin >> survey >> conditional(is_long)(focus("site")(mount)) >> use_site,
            "step 'use_site': parameter 'site' expects SitePart, but step 'mount' gives str | None",
        ),
        (
            begin >> focus("site")(mount) >> use_number_as_site,
            (
                "step 'use_number_as_site': parameter 'site' expects int, but the focus 'site'"
                " gives dict[str, JsonValue]"
            ),
        ),
    ],
)
def test_wrapped_steps_that_give_another_type_are_named(steps: OpenStepList, message: str) -> None:
    with pytest.raises(TypeMismatch) as refused:
        check(steps)

    assert str(refused.value) == f"workflow 'asked', {message}"


def test_a_focus_in_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidWorkflow) as refused:
        check(begin >> focus("text")(survey))

    assert str(refused.value) == (
        "workflow 'asked': step 'survey' has its focus in 'text', expected an object, but the input gives str"
    )


def test_a_focus_in_the_subject_is_refused() -> None:
    @modify_workflow(Port)
    def odd():  # noqa: ANN202  # a workflow's definition
        return begin >> focus("port")(survey) >> done

    with pytest.raises(InvalidWorkflow) as refused:
        Registry([odd], {}).check(CATALOG)

    assert str(refused.value) == (
        "workflow 'odd': step 'survey' has its focus in 'port', expected an object, but the start gives"
        " PortInactive"
    )


def test_a_focus_named_like_something_of_the_engine_is_refused() -> None:
    with pytest.raises(ReservedName) as refused:
        focus("process_id")

    assert str(refused.value) == (
        "focus gives a value named 'process_id', which is reserved: the process's id"
    )


def test_a_focus_that_no_parameter_could_be_named_after_is_refused() -> None:
    with pytest.raises(UnsupportedSignature) as refused:
        focus("my site")

    assert str(refused.value) == "focus: the key 'my site' is no name a value could have"


def test_a_predicate_that_does_not_say_that_it_gives_a_bool_is_refused() -> None:
    def count(text: str) -> int:
        return len(text)

    with pytest.raises(UnsupportedSignature, match="the return type of a condition must be bool, found int"):
        conditional(count)  # pyright: ignore[reportArgumentType]  # wrong on purpose


@parity("WE-01")
def test_what_is_no_list_of_steps_cannot_be_wrapped() -> None:
    with pytest.raises(TypeError) as unwrapped:
        begin >> conditional(is_long)  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]  # wrong on purpose
    with pytest.raises(TypeError) as finished:
        conditional(is_long)(begin >> use >> done)  # pyright: ignore[reportArgumentType]  # wrong on purpose
    with pytest.raises(TypeError) as undecorated:
        focus("site")(asyncio.sleep)  # pyright: ignore[reportArgumentType]  # wrong on purpose

    assert str(unwrapped.value) == (
        "expected a step, a list of steps or `done` after >>; found `conditional(...)` or `focus(...)`"
        " without its steps: put them in brackets behind it"
    )
    assert str(finished.value) == (
        "expected a step or a list of steps to wrap; found a finished list of steps: leave out its `done`"
    )
    assert str(undecorated.value) == (
        'expected a step or a list of steps to wrap; found the function sleep: add @step("...") above it'
    )


@parity("WE-01")
def test_a_step_that_stands_twice_needs_another_key_also_under_a_wrapper() -> None:
    with pytest.raises(DuplicateStepKey, match="two steps with the key 'mount'"):
        check(begin >> mount >> conditional(is_long)(mount))

    check(begin >> mount >> conditional(is_long)(mount.with_key("mount_again")))
