"""Workflows: steps in order, what starts them, and what they do to their subject."""

import hashlib
import inspect
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import BaseModel

from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import bare, describe, required_annotation, resolve_annotations
from engine.authorizers import Authorizer, check_authorizer
from engine.definition_errors import DuplicateStepKey, InvalidWorkflow, ReservedName
from engine.errors import WorkflowChanged
from engine.implicit_steps import resync_step, set_status_step
from engine.predicates import Predicate, RunPredicate, read_predicate
from engine.replacements import read_replacements, unneeded_step
from engine.signatures import read_fields, read_form_parameters
from engine.slots import Output, Parameter
from engine.start_rules import StartRules, read_rules
from engine.states import Target
from engine.step_lists import StepList
from engine.steps import FormFunction, Step

_FINGERPRINT_LENGTH = 16
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wizard:
    """The form that asks for a workflow's input, page by page.

    Attributes:
        key: Its function's name, for error messages.
        function: `async def port_wizard(ask: Ask, product: Product) -> CreatePort`.
        parameters: What the function takes, without its `ask`.
    """

    key: str
    function: FormFunction
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workflow:
    """What a process carries out.

    Attributes:
        name: Its function's name: what programs call it.
        target: What it does to its subject.
        description: What people read: what was given, or its function's docstring.
        model: The family of its subject; None if it has none.
        input_model: What starts it; None if a wizard alone says that, or nothing is needed.
        inputs: What its input puts into the state, by name.
        form: The wizard that asks for the input; None if the input model is the only page.
        steps: From the first to the last, those the decorator added included.
        fingerprint: Tells one list of steps from another: it changes with any key, kind or order.
        is_task: Whether its processes are shown as tasks: they look after things and sell nothing.
        rules: What must be so of its subject when it starts; None if it starts without one.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; None is everybody.
        retry_authorizer: Who may retry it, unless a step says otherwise; None is who may start it.
        run_predicate: Whether it may start now; None is always.
        replaces: What stands for steps that it has no more: the key of another step, or None for one that is
            not needed any more.
    """

    name: str
    target: Target
    description: str
    model: ModelFamily[SubscriptionModel] | None
    input_model: type[BaseModel] | None
    inputs: Mapping[str, Output]
    form: Wizard | None
    steps: tuple[Step, ...]
    fingerprint: str
    is_task: bool
    rules: StartRules | None
    authorizer: Authorizer | None = None
    retry_authorizer: Authorizer | None = None
    run_predicate: RunPredicate | None = None
    replaces: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_static_input(self) -> bool:
        """Whether one object can start it; otherwise only the pages of its wizard can."""
        return self.input_model is not None or self.form is None

    def position(self, key: str) -> int:
        """The place of the step that this key stands for, from 0.

        Raises:
            WorkflowChanged: if it stands for none.
        """
        position = self.find_position(key)
        if position is None:
            raise WorkflowChanged(self.name, key=key, keys=[step.key for step in self.steps])
        return position

    def find_position(self, key: str) -> int | None:
        """The place of the step that this key stands for, from 0; None if it stands for none."""
        sought = self.replaces.get(key) or key
        return next((position for position, step in enumerate(self.steps) if step.key == sought), None)

    def step(self, key: str) -> Step:
        """The step that this key stands for, under this key.

        For one that is gone it is the step in its place, or one that is always left out. What is recorded of
        a process so stays under the key it has there, and its idempotency key the same.

        Raises:
            WorkflowChanged: if it stands for none.
        """
        if key in self.replaces and self.replaces[key] is None:
            return unneeded_step(key)
        step = self.steps[self.position(key)]
        return step if step.key == key else step.with_key(key)

    def next_after(self, key: str, *, done: Sequence[str] = (), planned: Collection[str] = ()) -> Step | None:
        """The first of the steps that are left when the one with this key has ended; None if none is."""
        return next(iter(self.left_after(key, done=done, planned=planned)), None)

    def left_after(
        self, key: str, *, done: Sequence[str] = (), planned: Collection[str] = ()
    ) -> tuple[Step, ...]:
        """The steps that a process has still to carry out when the one with this key has ended.

        These are those behind it that are not done, and those before it that the process was to carry out
        when it began: they were moved. One that is gone without a replacement counts as the one before it.

        Args:
            key: Where the process stands.
            done: The keys of the steps that it has carried out or left out, in this order.
            planned: The keys of the steps its workflow had when it began.
        """
        known = (self.find_position(each) for each in (key, *reversed(done)))
        place = next((position for position in known if position is not None), -1)
        over = {*done, key, *(self.replaces.get(each) for each in (*done, key))}
        wanted = {self.replaces.get(each) or each for each in planned}
        return tuple(
            step
            for position, step in enumerate(self.steps)
            if step.key not in over and (position > place or step.key in wanted)
        )


def define(
    function: Callable[[], StepList],
    *,
    target: Target,
    model: type[SubscriptionModel] | None = None,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    final_status: SubscriptionStatus | None = None,
    is_task: bool = False,
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Workflow:
    """The workflow that a function describes; the decorators are made of this.

    Args:
        function: Gives the steps; its name is the workflow's.
        target: What the workflow does to its subject.
        model: Any class of the subject's family.
        input: What starts the workflow.
        form: The wizard that asks for it.
        description: What people read; the function's docstring unless given.
        final_status: The status a last step moves the subject to.
        is_task: Whether its processes are shown as tasks.
        usable_in: The statuses its subject may have at the start.
        usable_out_of_sync: Whether it may start out of sync.
        blocked_by_users: Whether users of the subject keep it from starting.
        authorizer: Who may start it.
        retry_authorizer: Who may retry it; who may start it unless given.
        run_predicate: Whether it may start now.
        replaces: What stands for steps that the workflow has no more.

    Raises:
        DefinitionError: if the parts do not fit together.
    """
    name = function.__name__
    if not _NAME.fullmatch(name):
        raise InvalidWorkflow(name, reason="expected a name of letters, digits and underscores")
    if (model is None) != (target is Target.SYSTEM):
        raise InvalidWorkflow(
            name, reason=f"found the target {target} {'without' if model is None else 'with'} a model"
        )
    rules = read_rules(
        name,
        target,
        is_task=is_task,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
    )
    family = model.family() if model is not None else None
    wizard = _read_wizard(name, form, input_model=input) if form is not None else None
    inputs = _read_inputs(name, form, input_model=input, family=family)
    steps = _own_steps(name, function) + _implicit_steps(family, final_status)
    _refuse_duplicate_keys(name, steps)
    return Workflow(
        name=name,
        target=target,
        description=description or inspect.getdoc(function) or "",
        model=family,
        input_model=input,
        inputs=inputs,
        form=wizard,
        steps=steps,
        fingerprint=_fingerprint(steps),
        is_task=is_task,
        rules=rules,
        authorizer=check_authorizer(name, authorizer),
        retry_authorizer=check_authorizer(name, retry_authorizer),
        run_predicate=read_predicate(name, run_predicate),
        replaces=read_replacements(name, steps, replaces),
    )


def _own_steps(name: str, function: Callable[[], object]) -> tuple[Step, ...]:
    described = function()
    if not isinstance(described, StepList):
        raise InvalidWorkflow(
            name,
            reason=f"expected `begin >> ... >> done`, found {type(described).__name__}; "
            "is its `return` or its `done` missing?",
        )
    return described.steps


def _implicit_steps(
    family: ModelFamily[SubscriptionModel] | None, final_status: SubscriptionStatus | None
) -> tuple[Step, ...]:
    if family is None:
        return ()
    if final_status is None:
        return (resync_step(),)
    return (set_status_step(family, final_status), resync_step())


def _read_wizard(name: str, form: FormFunction, *, input_model: type[BaseModel] | None) -> Wizard:
    parameters = read_form_parameters(form)
    result = bare(required_annotation(form, "return", resolve_annotations(form)))
    found = describe(result)
    if input_model is not None and not (isinstance(result, type) and issubclass(result, input_model)):
        expected = input_model.__name__
        raise InvalidWorkflow(name, reason=f"its form gives {found}, expected its input {expected}")
    return Wizard(key=form.__name__, function=form, parameters=parameters)


def _read_inputs(
    name: str,
    form: FormFunction | None,
    *,
    input_model: type[BaseModel] | None,
    family: ModelFamily[SubscriptionModel] | None,
) -> Mapping[str, Output]:
    if input_model is not None:
        owner = f"{input_model.__module__}.{input_model.__qualname__}"
        inputs = read_fields(input_model, owner=owner)
    elif form is not None:
        owner = f"{form.__module__}.{form.__qualname__}"
        inputs = read_fields(bare(resolve_annotations(form)["return"]), owner=owner)
    else:
        return MappingProxyType({})
    if family is not None and family.key in inputs:
        raise ReservedName(owner, name=family.key, meaning=f"the subscription workflow {name!r} is about")
    for value in inputs.values():
        if value.is_subscription:
            raise InvalidWorkflow(
                name, reason=f"its input {value.name!r} is a subscription; take its id instead"
            )
    return inputs


def _fingerprint(steps: tuple[Step, ...]) -> str:
    plan = "\n".join(f"{step.key} {step.kind}" for step in steps)
    return hashlib.sha256(plan.encode()).hexdigest()[:_FINGERPRINT_LENGTH]


def _refuse_duplicate_keys(name: str, steps: tuple[Step, ...]) -> None:
    for key, count in Counter(step.key for step in steps).items():
        if count > 1:
            raise DuplicateStepKey(name, key=key)
