"""What a decorated step is."""

from collections.abc import Callable
from datetime import timedelta
from typing import NotRequired, TypedDict

import pytest
from pydantic import BaseModel

from engine.context import CallbackContext
from engine.definition_errors import (
    AskMissing,
    DuplicateOutput,
    FunctionNotAsync,
    InvalidRetry,
    InvalidStepKey,
    InvalidTimeout,
    ReservedName,
)
from engine.errors import DefinitionError
from engine.pages import Ask, FormPage
from engine.retry import RetryPolicy
from engine.signatures import OutputKind
from engine.states import StepKind
from engine.steps import Step, callback_step, input_step, retry, step
from tests.engine.definitions.catalog import Port, PortProvisioning
from tests.parity import parity


class Reserved(TypedDict):
    rack: str
    slot: NotRequired[int]


class Measured(BaseModel):
    speed: int


class Confirmation(FormPage):
    remark: str


@step("Reserve port")
async def reserve(port: PortProvisioning, rows: int = 1) -> Reserved:
    """Find a place.

    As near to the door as possible.
    """
    return {"rack": f"{port.id}-{rows}"}


@input_step("Confirm port", "NOC")
async def confirm(ask: Ask, port: Port) -> Reserved:
    page = await ask(Confirmation)
    return {"rack": f"{page.remark} {port.id}"}


@callback_step("Measure port", Measured, timeout=timedelta(minutes=5))
async def measure(ctx: CallbackContext) -> Reserved:
    return {"rack": ctx.callback_url}


@parity("WE-02")
def test_a_step_has_its_functions_name_as_key_and_its_docstring_as_description() -> None:
    assert (reserve.key, reserve.name, reserve.kind) == ("reserve", "Reserve port", StepKind.STEP)
    assert reserve.description == "Find a place.\n\nAs near to the door as possible."
    assert reserve.is_async


def test_a_steps_parameters_are_its_functions() -> None:
    port, rows = reserve.parameters

    assert (port.name, port.subscription_classes, port.is_optional) == ("port", (PortProvisioning,), False)
    assert (rows.name, rows.annotation, rows.is_optional) == ("rows", int, True)


def test_the_fields_of_a_typed_dict_are_outputs() -> None:
    outputs = {name: (output.annotation, output.required) for name, output in reserve.outputs.items()}

    assert reserve.output_kind is OutputKind.FIELDS
    assert outputs == {"rack": (str, True), "slot": (int, False)}


def test_a_subscription_is_an_output_under_its_familys_key() -> None:
    @step("Build")
    def build() -> PortProvisioning | Port:
        raise NotImplementedError

    assert build.output_kind is OutputKind.SUBSCRIPTION
    assert build.outputs["port"].subscription_classes == (PortProvisioning, Port)
    assert not build.is_async


def test_the_fields_of_a_model_are_outputs() -> None:
    @step("Measure")
    def measure_now() -> Measured:
        raise NotImplementedError

    assert list(measure_now.outputs) == ["speed"]


@parity("WE-04")
@parity("WE-32")
def test_an_input_step_has_an_assignee_and_keeps_its_ask_to_itself() -> None:
    assert (confirm.kind, confirm.assignee) == (StepKind.INPUT, "NOC")
    assert [parameter.name for parameter in confirm.parameters] == ["port"]


@parity("WE-09")
def test_a_callback_step_gives_its_own_outputs_and_those_of_its_result() -> None:
    assert (measure.kind, measure.result_model, measure.timeout_s) == (StepKind.CALLBACK, Measured, 300)
    assert (list(measure.outputs), list(measure.result_fields)) == (["rack", "slot"], ["speed"])


@parity("WE-03")
def test_a_retried_step_is_the_same_step_with_a_policy() -> None:
    retried = retry(
        reserve,
        attempts=5,
        first_delay=timedelta(seconds=2),
        max_delay=timedelta(seconds=30),
        on=(OSError,),
        deadline=timedelta(minutes=10),
    )

    assert retried.retry == RetryPolicy(
        attempts=5, first_delay_s=2, max_delay_s=30, on=(OSError,), deadline_s=600
    )
    assert (retried.key, retried.function, retried.outputs) == ("reserve", reserve.function, reserve.outputs)
    assert reserve.retry is None


def test_a_step_under_another_key_keeps_everything_else() -> None:
    again = retry(measure, attempts=2).with_key("measure_again", name="Measure again")

    assert (again.key, again.name, again.timeout_s, again.result_model) == (
        "measure_again",
        "Measure again",
        300,
        Measured,
    )
    assert again.retry is not None


@pytest.mark.parametrize("key", ["", "reserve port", "1st", "_private", "größe", "a/b", "a\n"])
def test_a_key_that_could_not_be_part_of_an_id_is_refused(key: str) -> None:
    with pytest.raises(InvalidStepKey):
        reserve.with_key(key)


def test_a_decorator_without_brackets_is_refused_with_a_hint() -> None:
    with pytest.raises(TypeError) as refused:
        step(lambda: None)  # pyright: ignore[reportArgumentType]  # wrong on purpose

    assert str(refused.value) == '@step needs a name: @step("What the step does")'


def a_form_that_is_not_async() -> Step:
    def form(ask: Ask) -> Reserved: ...

    return input_step("Confirm", "NOC")(form)  # pyright: ignore[reportArgumentType]  # wrong on purpose


def a_form_without_ask() -> Step:
    @input_step("Confirm", "NOC")
    async def form(port: Port, ask: Ask) -> Reserved: ...

    return form


def a_form_that_gives_nothing() -> Step:
    async def form(ask: Ask) -> None: ...

    return input_step("Confirm", "NOC")(form)  # pyright: ignore[reportArgumentType]  # wrong on purpose


def a_retried_input_step() -> Step:
    return retry(confirm)


def a_retry_that_never_tries() -> Step:
    return retry(reserve, attempts=0)


def a_timeout_that_is_over_at_once() -> Step:
    return callback_step("Measure", Measured, timeout=timedelta(0))(act)


async def act() -> None: ...


def an_output_given_twice() -> Step:
    @callback_step("Measure", Measured)
    async def measure_twice() -> Measured: ...

    return measure_twice


def a_reserved_output() -> Step:
    class Output(TypedDict):
        customer_id: str

    @step("Steal")
    async def steal() -> Output: ...

    return steal


HERE = "tests.engine.definitions.test_steps."


@pytest.mark.parametrize(
    ("definition", "error", "message"),
    [
        (
            a_form_that_is_not_async,
            FunctionNotAsync,
            HERE + "a_form_that_is_not_async.<locals>.form: a form must be an async function",
        ),
        (
            a_form_without_ask,
            AskMissing,
            HERE + "a_form_without_ask.<locals>.form: the first parameter of a form must be `ask: Ask`",
        ),
        (
            a_form_that_gives_nothing,
            DefinitionError,
            HERE + "a_form_that_gives_nothing.<locals>.form: the return type of a form must be a TypedDict "
            "or a pydantic model",
        ),
        (
            a_retried_input_step,
            InvalidRetry,
            "step 'confirm': an input step waits for a person and is never retried by itself",
        ),
        (
            a_timeout_that_is_over_at_once,
            InvalidTimeout,
            "step 'act': the timeout is 0.0 s, expected more than 0, or None",
        ),
        (a_retry_that_never_tries, InvalidRetry, "step 'reserve': attempts is 0, expected at least 1"),
        (
            an_output_given_twice,
            DuplicateOutput,
            (
                "step 'measure_twice' gives 'speed' twice: as its own output and as a field of its "
                "callback's result"
            ),
        ),
        (
            a_reserved_output,
            ReservedName,
            HERE + "a_reserved_output.<locals>.steal gives a value named 'customer_id', which is reserved: "
            "whom the process works for",
        ),
    ],
)
def test_a_step_that_cannot_work_is_refused_when_it_is_declared(
    definition: Callable[[], Step], error: type[DefinitionError], message: str
) -> None:
    with pytest.raises(error) as refused:
        definition()

    assert str(refused.value) == message
