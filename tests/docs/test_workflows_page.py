"""The page about workflows is true: its code runs, its errors are raised, its plays are really played."""

import inspect
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Callable, Iterator
from itertools import zip_longest
from types import ModuleType

import pytest

from domain.errors import DomainError
from domain.model.lifecycle import SubscriptionStatus
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from engine.authorizers import AuthorizedAction
from engine.errors import ApiUnavailable, EngineError, InconsistentData, WorkflowChanged, failure_kind
from engine.start_rules import StartRules
from engine.states import FailureKind
from engine.step_lists import StepList, begin, done
from engine.steps import Step
from engine.workflow_decorators import (
    Decorator,
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
)
from tests.docs.project import ROOT, Block, blocks, table_column, table_rows
from tests.docs.workflow_plays import ID, SOME_ID, Player
from tests.engine.run.application import Port

PAGE = ROOT / "docs" / "workflows.md"
DECORATORS: dict[Callable[..., Decorator], Decorator] = {
    create_workflow: create_workflow(Port),
    modify_workflow: modify_workflow(Port),
    terminate_workflow: terminate_workflow(Port),
    validate_workflow: validate_workflow(Port),
    reconcile_workflow: reconcile_workflow(Port),
    task: task(),
}
KINDS = {
    FailureKind.INCONSISTENT_DATA: [InconsistentData(), AssertionError()],
    FailureKind.API_UNAVAILABLE: [ApiUnavailable()],
    FailureKind.TIMEOUT: [TimeoutError()],
    FailureKind.WORKFLOW_CHANGED: [WorkflowChanged("mount")],
    FailureKind.ERROR: [ValueError()],
}


async def test_the_code_of_the_page_runs_and_its_plays_go_as_it_tells(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ModuleType("docs_workflows")
    monkeypatch.setitem(sys.modules, page.__name__, page)
    monkeypatch.setattr(page, "DSN", database.dsn, raising=False)
    player = Player(database, page)
    wrong: list[tuple[str | None, str | None]] = []

    for block, told in _pieces():
        found = await (_run(page, block) if block.language == "python" else _play(player, block))
        if found != told:
            wrong.append((told, found))

    assert wrong == []


def test_the_page_tells_on_what_each_kind_of_workflow_starts_and_what_it_adds() -> None:
    assert table_rows(PAGE, "decorator") == [
        _decorator_row(decorator.__name__, decorate) for decorator, decorate in DECORATORS.items()
    ]


def test_the_page_tells_of_each_command_who_is_asked() -> None:
    told = ", ".join(table_column(PAGE, "to")).split(", ")

    assert sorted(told) == sorted(action.lower() for action in AuthorizedAction)


def test_the_page_tells_each_kind_of_failure_by_what_is_raised() -> None:
    assert table_column(PAGE, "kind") == list(KINDS)
    assert [(kind, failure_kind(error)) for kind in FailureKind for error in KINDS[kind]] == [
        (kind, kind) for kind in FailureKind for _ in KINDS[kind]
    ]


def _pieces() -> Iterator[tuple[Block, str | None]]:
    """The pieces of Python, each with the error that the next block tells, and the plays as they are told."""
    found = blocks(PAGE)
    for block, following in zip_longest(found, found[1:]):
        if block.language == "python":
            yield block, _told(following)
        elif block.language == "play":
            yield block, block.text


def _told(following: Block | None) -> str | None:
    if following is None or following.language != "text":
        return None
    return following.text.strip()


async def _run(page: ModuleType, piece: Block) -> str | None:
    """The error that a piece of code raises; None if it raises none."""
    code = compile(piece.text, str(PAGE), "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)
    try:
        outcome = eval(code, page.__dict__)  # noqa: S307  # the page is ours
        if inspect.isawaitable(outcome):
            await outcome
    except (DomainError, EngineError, TypeError) as error:
        return f"{type(error).__name__}: {ID.sub(SOME_ID, str(error))}"
    return None


async def _play(player: Player, play: Block) -> str:
    await sync(player.database, player.page.CATALOG)
    return await player.play(play.text)


def _decorator_row(name: str, decorate: Decorator) -> str:
    def nothing() -> StepList:
        return begin >> done

    workflow = decorate(nothing)
    steps = ", ".join(map(_step_cell, workflow.steps)) or "none"
    is_task = "yes" if workflow.is_task else "no"
    return f"| `{name}` | {' | '.join(_rule_cells(workflow.rules))} | {steps} | {is_task} |"


def _rule_cells(rules: StartRules | None) -> tuple[str, str, str]:
    if rules is None:
        return "-", "-", "-"
    return (
        " or ".join(status for status in SubscriptionStatus if status in rules.usable_in),
        "any" if rules.usable_out_of_sync else "yes",
        "no" if rules.blocked_by_users else "any",
    )


def _step_cell(step: Step) -> str:
    status = step.name.removeprefix("Set status ")
    return f"`{step.key}`" if status == step.name else f"`{step.key}` to {status}"
