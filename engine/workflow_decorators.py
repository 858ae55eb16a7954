"""Declaring workflows: a function that gives the steps, under a decorator that says what they are for."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias, Unpack

from pydantic import BaseModel
from typing_extensions import TypedDict

from domain.model.lifecycle import ACTIVE, TERMINATED, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from engine.authorizers import Authorizer
from engine.predicates import Predicate, RunPredicate
from engine.states import Target
from engine.step_lists import StepList
from engine.steps import FormFunction
from engine.workflows import Workflow, define

Decorator: TypeAlias = Callable[[Callable[[], StepList]], Workflow]


class WorkflowOptions(TypedDict, total=False):
    """What every decorator takes.

    Attributes:
        description: What people read; the function's docstring unless given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """

    description: str | None
    authorizer: Authorizer | None
    retry_authorizer: Authorizer | None
    run_predicate: Predicate | RunPredicate | None
    replaces: Mapping[str, str | None] | None


class InputOptions(WorkflowOptions, total=False):
    """What decorators of workflows take that ask for something.

    Attributes:
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
    """

    input: type[BaseModel] | None
    form: FormFunction | None


class StartRules(WorkflowOptions, total=False):
    """What decorators of workflows on a subscription take; each rule is that of the target unless given.

    Attributes:
        usable_in: The statuses the subscription may have when it starts.
        usable_out_of_sync: Whether it starts although the subscription, or a related one, is out of sync.
        blocked_by_users: Whether it is refused while other subscriptions use this one.
    """

    usable_in: Collection[SubscriptionStatus] | None
    usable_out_of_sync: bool | None
    blocked_by_users: bool | None


class SubjectOptions(InputOptions, StartRules, total=False):
    """What decorators of workflows on a subscription take that ask for something."""


def workflow(
    *,
    target: Target = Target.SYSTEM,
    model: type[SubscriptionModel] | None = None,
    **options: Unpack[SubjectOptions],
) -> Decorator:
    """Make a workflow of any target. If it has a subject, a last step marks that in sync.

    Args:
        target: What it does to its subject; SYSTEM has none.
        model: Any class of the subject's family.
        **options: See `SubjectOptions`.
    """
    return _decorator(target, model, **options)


def task(**options: Unpack[InputOptions]) -> Decorator:
    """Make a workflow that looks after the system itself, shown as a task.

    Args:
        **options: See `InputOptions`.
    """
    return _decorator(Target.SYSTEM, None, is_task=True, **options)


def create_workflow(
    model: type[SubscriptionModel],
    *,
    status: SubscriptionStatus = ACTIVE,
    **options: Unpack[InputOptions],
) -> Decorator:
    """Make a workflow that brings a subscription into being.

    One of its steps gives the subscription. Two steps are added: one moves it to its status, one marks it in
    sync. The start asks for the product, among those of the model, and for the customer, on a page before
    those of a form.

    Args:
        model: Any class of the subscription's family.
        status: The status the subscription ends in.
        **options: See `InputOptions`.
    """
    return _decorator(Target.CREATE, model, final_status=status, **options)


def modify_workflow(model: type[SubscriptionModel], **options: Unpack[SubjectOptions]) -> Decorator:
    """Make a workflow that changes a subscription. A last step marks it in sync.

    It starts on one that is ACTIVE, and in sync as are those related to it.

    Args:
        model: Any class of the subscription's family.
        **options: See `SubjectOptions`.
    """
    return _decorator(Target.MODIFY, model, **options)


def terminate_workflow(model: type[SubscriptionModel], **options: Unpack[SubjectOptions]) -> Decorator:
    """Make a workflow that ends a subscription. Two steps are added: TERMINATED, and in sync.

    It starts on one that is ACTIVE or PROVISIONING, that nobody uses, and in sync as are those related to it.

    Args:
        model: Any class of the subscription's family.
        **options: See `SubjectOptions`.
    """
    return _decorator(Target.TERMINATE, model, final_status=TERMINATED, **options)


def validate_workflow(model: type[SubscriptionModel], **options: Unpack[StartRules]) -> Decorator:
    """Make a workflow that compares a subscription with the world. A last step marks it in sync.

    It is shown as a task, and starts on one that is ACTIVE, in sync or not.

    Args:
        model: Any class of the subscription's family.
        **options: See `StartRules`.
    """
    return _decorator(Target.VALIDATE, model, is_task=True, **options)


def reconcile_workflow(model: type[SubscriptionModel], **options: Unpack[StartRules]) -> Decorator:
    """Make a workflow that makes the world what a subscription says. A last step marks it in sync.

    It starts on one that is ACTIVE, in sync or not.

    Args:
        model: Any class of the subscription's family.
        **options: See `StartRules`.
    """
    return _decorator(Target.RECONCILE, model, **options)


def _decorator(
    target: Target,
    model: type[SubscriptionModel] | None,
    *,
    final_status: SubscriptionStatus | None = None,
    is_task: bool = False,
    **options: Unpack[SubjectOptions],
) -> Decorator:
    def decorate(function: Callable[[], StepList]) -> Workflow:
        return define(
            function, target=target, model=model, final_status=final_status, is_task=is_task, **options
        )

    return decorate
