"""Declaring workflows: a function that gives the steps, under a decorator that says what they are for."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TypeAlias

from pydantic import BaseModel

from domain.model.lifecycle import ACTIVE, TERMINATED, SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from engine.authorizers import Authorizer
from engine.predicates import Predicate, RunPredicate
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
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow of any target. If it has a subject, a last step marks that in sync.

    The rules for its start on a subscription are those of its target unless given.

    Args:
        target: What it does to its subject; SYSTEM has none.
        model: Any class of the subject's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
        usable_in: The statuses the subject may have when it starts.
        usable_out_of_sync: Whether it starts although the subject, or a related subscription, is out of sync.
        blocked_by_users: Whether it is refused while other subscriptions use the subject.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=target,
        model=model,
        input_model=input,
        form=form,
        description=description,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def task(
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow that looks after the system itself, shown as a task.

    Args:
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.SYSTEM,
        input_model=input,
        form=form,
        description=description,
        is_task=True,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def create_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    status: SubscriptionStatus = ACTIVE,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
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
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.CREATE,
        model=model,
        input_model=input,
        form=form,
        description=description,
        final_status=status,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def modify_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow that changes a subscription. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
        usable_in: The statuses the subscription may have when it starts; ACTIVE unless given.
        usable_out_of_sync: Whether it starts although the subscription, or a related one, is out of sync;
            not unless given.
        blocked_by_users: Whether it is refused while other subscriptions use this one; not unless
            given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.MODIFY,
        model=model,
        input_model=input,
        form=form,
        description=description,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def terminate_workflow(
    model: type[SubscriptionModel],
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # the word its users know
    form: FormFunction | None = None,
    description: str | None = None,
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow that ends a subscription. Two steps are added: TERMINATED, and in sync.

    Args:
        model: Any class of the subscription's family.
        input: What starts it; without a form it is the only page.
        form: The wizard that asks for the input.
        description: What people read; the function's docstring unless given.
        usable_in: The statuses the subscription may have when it starts; ACTIVE or PROVISIONING unless given.
        usable_out_of_sync: Whether it starts although the subscription, or a related one, is out of sync;
            not unless given.
        blocked_by_users: Whether it is refused while other subscriptions use this one; it is unless
            given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.TERMINATE,
        model=model,
        input_model=input,
        form=form,
        description=description,
        final_status=TERMINATED,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def validate_workflow(
    model: type[SubscriptionModel],
    *,
    description: str | None = None,
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow that compares a subscription with the world. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        description: What people read; the function's docstring unless given.
        usable_in: The statuses the subscription may have when it starts; ACTIVE unless given.
        usable_out_of_sync: Whether it starts although the subscription, or a related one, is out of sync;
            it does unless given.
        blocked_by_users: Whether it is refused while other subscriptions use this one; not unless
            given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.VALIDATE,
        model=model,
        description=description,
        is_task=True,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )


def reconcile_workflow(
    model: type[SubscriptionModel],
    *,
    description: str | None = None,
    usable_in: Collection[SubscriptionStatus] | None = None,
    usable_out_of_sync: bool | None = None,
    blocked_by_users: bool | None = None,
    authorizer: Authorizer | None = None,
    retry_authorizer: Authorizer | None = None,
    run_predicate: Predicate | RunPredicate | None = None,
    replaces: Mapping[str, str | None] | None = None,
) -> Decorator:
    """Make a workflow that makes the world what a subscription says. A last step marks it in sync.

    Args:
        model: Any class of the subscription's family.
        description: What people read; the function's docstring unless given.
        usable_in: The statuses the subscription may have when it starts; ACTIVE unless given.
        usable_out_of_sync: Whether it starts although the subscription, or a related one, is out of sync;
            it does unless given.
        blocked_by_users: Whether it is refused while other subscriptions use this one; not unless
            given.
        authorizer: Who may start it and, unless said otherwise, resume and retry it; everybody unless given.
        retry_authorizer: Who may retry it, unless a step says otherwise; who may start it unless given.
        run_predicate: Whether it may start now; always unless given.
        replaces: For each key of a step that it had in an earlier release: the key of the step that stands
            for it, or None if it is not needed any more.
    """
    return partial(
        define,
        target=Target.RECONCILE,
        model=model,
        description=description,
        usable_in=usable_in,
        usable_out_of_sync=usable_out_of_sync,
        blocked_by_users=blocked_by_users,
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        run_predicate=run_predicate,
        replaces=replaces,
    )
