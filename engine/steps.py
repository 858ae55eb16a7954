"""Steps: functions with a name and a key, declared by a decorator."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Never, TypeAlias

from pydantic import BaseModel

from engine.annotations import RETURN_TYPE, function_name
from engine.authorizers import Authorizer, check_authorizer
from engine.conditions import Condition
from engine.definition_errors import (
    DuplicateOutput,
    InvalidRetry,
    InvalidStepKey,
    InvalidTimeout,
    UnsupportedSignature,
)
from engine.retry import RetryPolicy
from engine.signatures import OutputKind, read_fields, read_form_parameters, read_outputs, read_parameters
from engine.slots import Output, Parameter
from engine.states import StepKind

StepResult: TypeAlias = BaseModel | Mapping[str, object] | None
StepFunction: TypeAlias = Callable[..., Awaitable[StepResult]] | Callable[..., StepResult]
FormFunction: TypeAlias = Callable[..., Awaitable[BaseModel | Mapping[str, object]]]

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One durable step of a workflow. The same step may stand in any number of workflows.

    Attributes:
        key: Its identity in a workflow; recovery goes by it.
        name: What people read.
        kind: What carrying it out means.
        function: What it does; for an input step, the form.
        parameters: What the function takes, without an input step's `ask`.
        output_kind: How the function gives its outputs.
        outputs: What the step puts into the state, by name.
        retry: When it is tried again; None is never.
        assignee: Who is to fill in an input step's form.
        result_model: What is posted to a callback step's address.
        result_fields: What that puts into the state, by name.
        timeout_s: How long a callback step waits for that, None being the engine's setting; of another step,
            how long one attempt may take, None being for ever.
        description: The function's docstring.
        resume_authorizer: Who may resume the process at this step and, until another step says otherwise, at
            those behind it; None leaves that to what was said before.
        retry_authorizer: Likewise for retries.
        skippable: Whether a person may leave it out.
        conditions: What must hold for it to be carried out, from the outermost to the innermost.
        focus: The keys of the part of the state that it works in, from the outside in.
    """

    key: str
    name: str
    kind: StepKind
    function: Callable[..., object]
    parameters: tuple[Parameter, ...]
    output_kind: OutputKind
    outputs: Mapping[str, Output]
    retry: RetryPolicy | None = None
    assignee: str | None = None
    result_model: type[BaseModel] | None = None
    result_fields: Mapping[str, Output] = field(default_factory=lambda: MappingProxyType({}))
    timeout_s: float | None = None
    description: str | None = None
    resume_authorizer: Authorizer | None = None
    retry_authorizer: Authorizer | None = None
    skippable: bool = True
    conditions: tuple[Condition, ...] = ()
    focus: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a key that cannot be part of an id or a URL, and a timeout that is over at once.

        Raises:
            InvalidStepKey: if the key is not an ASCII identifier that begins with a letter.
            InvalidTimeout: if the timeout is not positive.
        """
        if not _KEY.fullmatch(self.key):
            raise InvalidStepKey(self.key)
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise InvalidTimeout(self.key, timeout_s=self.timeout_s)

    @property
    def is_async(self) -> bool:
        """Whether the function is awaited; a plain function is run in a thread."""
        return inspect.iscoroutinefunction(self.function)

    def with_key(self, key: str, *, name: str | None = None) -> "Step":
        """The same step under another key, so that it can stand twice in one workflow."""
        return replace(self, key=key, name=name or self.name)

    def __rshift__(self, other: Never) -> Never:
        """Say how to begin a list of steps.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"a list of steps begins with `begin`: begin >> {self.key} >> ...")


def step(
    name: str,
    *,
    timeout: timedelta | None = None,
    key: str | None = None,
    retry_authorizer: Authorizer | None = None,
) -> Callable[[StepFunction], Step]:
    """Make a step of an async function, or of a plain one, which is run in a thread.

    The function takes values of the state, services and contexts by declared name and type. What it returns
    goes into the state by its declared return type: the fields of a TypedDict or pydantic model, or a
    subscription under its family's key.

    Args:
        name: What people read.
        timeout: How long one attempt may take; after it an async function is cancelled, a thread is given up
            when it does not end soon, and the attempt has failed.
        key: The step's identity in a workflow; the function's name unless given.
        retry_authorizer: Who may retry the process from this step on; who might before unless given.

    Raises:
        DefinitionError: by the decorator, if the function's declaration cannot be connected to the state.
    """
    _refuse_function_as_name(name, decorator="step")

    def decorate(function: StepFunction) -> Step:
        output_kind, outputs = read_outputs(function)
        return Step(
            key=key or function.__name__,
            name=name,
            kind=StepKind.STEP,
            function=function,
            parameters=read_parameters(function),
            output_kind=output_kind,
            outputs=outputs,
            timeout_s=timeout.total_seconds() if timeout is not None else None,
            description=inspect.getdoc(function),
            retry_authorizer=check_authorizer(function.__name__, retry_authorizer),
        )

    return decorate


def input_step(
    name: str,
    assignee: str,
    *,
    key: str | None = None,
    resume_authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
) -> Callable[[FormFunction], Step]:
    """Make a step that waits for a person to fill in a form.

    The function is a form: `async def confirm(ask: Ask, node: Node) -> Confirmed`. It is carried out each
    time pages are sent, so it must only ask and compute. It takes values of the state; subscriptions are for
    reading.

    Args:
        name: What people read.
        assignee: Who is to fill it in.
        key: The step's identity in a workflow; the function's name unless given.
        resume_authorizer: Who may fill it in, and forms behind it; who might before unless given.
        retry_authorizer: Who may retry the process from this step on; whoever may fill it in unless given.

    Raises:
        DefinitionError: by the decorator, if the function is not such a form.
    """
    _refuse_function_as_name(name, decorator="input_step")

    def decorate(function: FormFunction) -> Step:
        parameters = read_form_parameters(function)
        output_kind, outputs = read_outputs(function)
        if output_kind is not OutputKind.FIELDS:
            raise UnsupportedSignature(
                function_name(function),
                part=RETURN_TYPE,
                reason="of a form must be a TypedDict or a pydantic model",
            )
        return Step(
            key=key or function.__name__,
            name=name,
            kind=StepKind.INPUT,
            function=function,
            parameters=parameters,
            output_kind=output_kind,
            outputs=outputs,
            assignee=assignee,
            description=inspect.getdoc(function),
            resume_authorizer=check_authorizer(function.__name__, resume_authorizer),
            retry_authorizer=check_authorizer(function.__name__, retry_authorizer),
        )

    return decorate


def callback_step(
    name: str,
    result: type[BaseModel],
    *,
    timeout: timedelta | None = None,
    key: str | None = None,
    retry_authorizer: Authorizer | None = None,
) -> Callable[[StepFunction], Step]:
    """Make a step that starts something outside and waits until its result is posted to an address.

    The function asks for the address with a parameter of type `CallbackContext`. The posted result's fields
    go into the state, beside what the function itself returns.

    Args:
        name: What people read.
        result: What is posted.
        timeout: How long the result may take; the process fails after it.
        key: The step's identity in a workflow; the function's name unless given.
        retry_authorizer: Who may retry the process from this step on; who might before unless given.

    Raises:
        DefinitionError: by the decorator, if the declarations cannot be connected to the state.
    """
    _refuse_function_as_name(name, decorator="callback_step")
    result_fields = read_fields(result, owner=f"{result.__module__}.{result.__qualname__}")

    def decorate(function: StepFunction) -> Step:
        output_kind, outputs = read_outputs(function)
        step_key = key or function.__name__
        for twice in outputs.keys() & result_fields.keys():
            raise DuplicateOutput(step_key, name=twice)
        return Step(
            key=step_key,
            name=name,
            kind=StepKind.CALLBACK,
            function=function,
            parameters=read_parameters(function),
            output_kind=output_kind,
            outputs=outputs,
            result_model=result,
            result_fields=result_fields,
            timeout_s=timeout.total_seconds() if timeout is not None else None,
            description=inspect.getdoc(function),
            retry_authorizer=check_authorizer(step_key, retry_authorizer),
        )

    return decorate


def retry(
    step: Step,
    *,
    attempts: int = 3,
    first_delay: timedelta = timedelta(seconds=1),
    max_delay: timedelta = timedelta(minutes=1),
    on: tuple[type[Exception], ...] = (Exception,),
    deadline: timedelta | None = None,
) -> Step:
    """The same step, tried again when it fails, with exponential back-off and jitter.

    Args:
        step: The step.
        attempts: How often it is tried at most, the first time included.
        first_delay: The longest wait after the first attempt; each further one may wait twice as long.
        max_delay: No wait is longer.
        on: The errors worth another attempt.
        deadline: No attempt begins later than this after the first one began.

    Raises:
        InvalidRetry: if the step waits for a person, or the numbers contradict each other.
    """
    if step.kind is StepKind.INPUT:
        raise InvalidRetry(step.key, reason="an input step waits for a person and is never retried by itself")
    try:
        policy = RetryPolicy(
            attempts=attempts,
            first_delay_s=first_delay.total_seconds(),
            max_delay_s=max_delay.total_seconds(),
            on=on,
            deadline_s=deadline.total_seconds() if deadline is not None else None,
        )
    except ValueError as error:
        raise InvalidRetry(step.key, reason=str(error)) from error
    return replace(step, retry=policy)


def _refuse_function_as_name(name: object, *, decorator: str) -> None:
    """Catch the decorator without brackets, which would make a function the step's name."""
    if not isinstance(name, str):
        raise TypeError(f'@{decorator} needs a name: @{decorator}("What the step does")')
