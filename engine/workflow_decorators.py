"""Declaring workflows: a function that gives the steps, under a decorator that says what they are for."""

from collections.abc import Callable
from typing import TypeAlias

from pydantic import BaseModel

from domain.model.lifecycle import ACTIVE, TERMINATED, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from engine.states import Target
from engine.step_lists import StepList
from engine.steps import FormFunction
from engine.workflows import Workflow, define

Decorator: TypeAlias = Callable[[Callable[[], StepList]], Workflow]


def workflow(
    *,
    target: Target = Target.SYSTEM,
    model: type[SubscriptionModel] | None = None,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
) -> Decorator:
    """Make a workflow of any target. If it has a subject, a last step marks that in sync.

    Args:
        target: What it does to its subject; SYSTEM has none.
        model: Any class of the subject's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function, target=target, model=model, input_model=input, form=form, description=description
        )

    return decorate


def task(
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
) -> Decorator:
    """Make a workflow that looks after the system itself, shown as a task.

    Args:
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function,
            target=Target.SYSTEM,
            input_model=input,
            form=form,
            description=description,
            is_task=True,
        )

    return decorate


def create_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    status: SubscriptionStatus = ACTIVE,
) -> Decorator:
    """Make a workflow that brings a subscription into being.

    One of its steps gives the subscription. Two steps are added: one moves it to its status, one marks it in
    sync. The start asks for the product, among those of the model, and for the customer.

    Args:
        model: Any class of the subscription's family.
        input: What else starts it; without a form it is the only page.
        form: The wizard that asks for the input, after a first page for product and customer.
        description: What people read; the function's docstring unless given.
        status: The status the subscription ends in.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function,
            target=Target.CREATE,
            model=model,
            input_model=input,
            form=form,
            description=description,
            final_status=status,
        )

    return decorate


def modify_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
) -> Decorator:
    """Make a workflow that changes a subscription. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function, target=Target.MODIFY, model=model, input_model=input, form=form, description=description
        )

    return decorate


def terminate_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
) -> Decorator:
    """Make a workflow that ends a subscription. Two steps are added: TERMINATED, and in sync.

    Args:
        model: Any class of the subscription's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function,
            target=Target.TERMINATE,
            model=model,
            input_model=input,
            form=form,
            description=description,
            final_status=TERMINATED,
        )

    return decorate


def validate_workflow(model: type[SubscriptionModel], *, description: str | None = None) -> Decorator:
    """Make a workflow that compares a subscription with the world. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(function, target=Target.VALIDATE, model=model, description=description, is_task=True)

    return decorate


def reconcile_workflow(model: type[SubscriptionModel], *, description: str | None = None) -> Decorator:
    """Make a workflow that makes the world what a subscription says. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        description: What people read; the function's docstring unless given.
    """

    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(function, target=Target.RECONCILE, model=model, description=description)

    return decorate
