"""Which authorizers are asked: the whole table."""

import pytest

from engine.authorizers import Authorization, AuthorizedAction, Authorizer
from engine.definition_errors import FunctionNotAsync
from engine.errors import DefinitionError
from engine.forms import Ask, FormPage
from engine.policy import authorizers_of
from engine.predicates import PredicateContext, Refused, exclusive, no_unfinished_process
from engine.step_lists import StepList, begin, done
from engine.steps import input_step, step
from engine.workflow_decorators import task, workflow
from engine.workflows import Workflow
from engine.wrappers import conditional, focus
from tests.parity import parity

A = AuthorizedAction


async def starter(_authorization: Authorization) -> bool:
    return True


async def retrier(_authorization: Authorization) -> bool:
    return True


async def resumer(_authorization: Authorization) -> bool:
    return True


async def repairer(_authorization: Authorization) -> bool:
    return True


class Page(FormPage):
    text: str


@step("Plain")
async def plain() -> None: ...


@step("Guarded", retry_authorizer=repairer)
async def repaired() -> None: ...


@input_step("Ask", assignee="NOC", resume_authorizer=resumer)
async def resumed(ask: Ask) -> Page:
    return await ask(Page)


@input_step("Ask both", assignee="NOC", resume_authorizer=resumer, retry_authorizer=repairer)
async def both(ask: Ask) -> Page:
    return await ask(Page)


def always() -> bool:
    return True


def declared(*, authorizer: Authorizer | None = None, retry_authorizer: Authorizer | None = None) -> Workflow:
    @workflow(
        authorizer=authorizer,
        retry_authorizer=retry_authorizer,
        replaces={"asked": "resumed", "unneeded": None},
    )
    def some() -> StepList:
        return (
            begin >> plain >> resumed >> plain.with_key("later") >> repaired >> both.with_key("last") >> done
        )

    return some


@parity("WE-34")
@pytest.mark.parametrize(
    ("step_key", "action", "expected"),
    [
        (None, A.START, [starter]),
        ("plain", A.RESUME, [starter]),
        ("resumed", A.RESUME, [resumer]),
        ("later", A.RESUME, [resumer]),
        ("repaired", A.RESUME, [resumer]),
        ("last", A.RESUME, [resumer]),
        ("plain", A.RETRY, [retrier]),
        ("resumed", A.RETRY, [resumer]),
        ("later", A.RETRY, [resumer]),
        ("repaired", A.RETRY, [repairer]),
        ("last", A.RETRY, [repairer]),
        ("plain", A.ABORT, [retrier]),
        ("later", A.ABORT, [resumer]),
        ("repaired", A.ABORT, [repairer]),
        ("plain", A.SKIP, [starter, retrier]),
        ("resumed", A.SKIP, [resumer]),
        ("repaired", A.SKIP, [resumer, repairer]),
        ("last", A.SKIP, [resumer, repairer]),
        (None, A.DELETE, [retrier]),
        ("last", A.DELETE, [retrier]),
        ("gone", A.RESUME, [starter]),
        ("gone", A.RETRY, [retrier]),
        ("asked", A.RESUME, [resumer]),
        ("asked", A.SKIP, [resumer]),
        ("unneeded", A.RESUME, [starter]),
    ],
)
def test_the_last_explicit_authorizer_counts(
    step_key: str | None, action: AuthorizedAction, expected: list[Authorizer]
) -> None:
    some = declared(authorizer=starter, retry_authorizer=retrier)

    assert list(authorizers_of(some, step_key, action)) == expected


@parity("WE-34")
@pytest.mark.parametrize("action", [A.RESUME, A.RETRY, A.ABORT, A.SKIP, A.DELETE])
def test_who_may_start_may_do_the_rest_unless_something_is_said(action: AuthorizedAction) -> None:
    assert authorizers_of(declared(authorizer=starter), "plain", action) == (starter,)
    assert authorizers_of(declared(), "plain", action) == ()


@parity("WE-34", mends="dropped-by-wrappers")
@parity("WE-06", mends="authorizers")
@parity("W-08")
def test_a_wrapped_step_keeps_its_authorizers() -> None:
    @task(authorizer=starter)
    def wrapped() -> StepList:
        return begin >> conditional(always)(resumed) >> focus("site")(repaired) >> done

    assert authorizers_of(wrapped, "resumed", A.RESUME) == (resumer,)
    assert authorizers_of(wrapped, "repaired", A.RETRY) == (repairer,)


def plain_authorizer(_authorization: Authorization) -> bool:
    return True


class Directory:
    async def __call__(self, authorization: Authorization) -> bool:
        return authorization.actor == "ada"


@parity("WE-34", mends="not-awaited")
@parity("W-07")
def test_an_authorizer_whose_answer_nobody_would_wait_for_is_refused() -> None:
    with pytest.raises(FunctionNotAsync, match="an authorizer must be an async function"):
        declared(authorizer=plain_authorizer)  # pyright: ignore[reportArgumentType]  # wrong on purpose
    with pytest.raises(DefinitionError):
        step("Wrong", retry_authorizer=plain_authorizer)(plain.function)  # pyright: ignore[reportArgumentType]  # wrong on purpose

    directory = Directory()
    assert authorizers_of(declared(authorizer=directory), None, A.START) == (directory,)


def test_a_predicate_must_be_async_too() -> None:
    def plain_predicate(_context: PredicateContext) -> Refused | None:
        return None

    def some() -> StepList:
        return begin >> plain >> done

    with pytest.raises(FunctionNotAsync, match="a run predicate must be an async function"):
        task(run_predicate=plain_predicate)(some)  # pyright: ignore[reportArgumentType]  # wrong on purpose
    kept = task(run_predicate=no_unfinished_process)(some).run_predicate
    assert kept is no_unfinished_process
    assert exclusive(no_unfinished_process.check).exclusive
