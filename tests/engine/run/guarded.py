"""Workflows of which not everybody may do everything, and some that do not always start."""

import asyncio
from dataclasses import dataclass, field

from domain.json import JsonValue
from domain.storage.database import Database
from engine.authorizers import Authorization, Authorizer
from engine.forms import Ask
from engine.predicates import PredicateContext, Refused, no_unfinished_process
from engine.registry import Registry
from engine.states import TERMINAL, ProcessStatus
from engine.step_lists import StepList, begin, done
from engine.steps import input_step
from engine.workflow_decorators import modify_workflow, task
from engine.workflows import Workflow
from tests.engine.run.application import (
    Confirmed,
    ConfirmPage,
    Note,
    Port,
    SpeedChange,
    Stage,
    change,
    first,
    new_registry,
    order,
    third,
)
from tests.engine.run.house import House


def claims_of(*roles: str) -> dict[str, JsonValue]:
    return {"roles": list(roles)}


@dataclass(slots=True)
class Directory:
    """Who has which role: as the caller's claims say. Keeps what it was asked.

    Attributes:
        away: Whether it fails instead of answering.
        answer: What it says instead of a bool.
    """

    asked: list[tuple[str, Authorization]] = field(default_factory=list[tuple[str, Authorization]])
    away: bool = False
    answer: object = None
    called: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event | None = None

    def has(self, role: str) -> Authorizer:
        """Says yes to those whose claims have the role."""

        async def authorize(authorization: Authorization) -> bool:
            self.asked.append((role, authorization))
            self.called.set()
            if self.held is not None:
                await self.held.wait()
            if self.away:
                raise RuntimeError("the directory is away")
            if self.answer is not None:
                return self.answer  # pyright: ignore[reportReturnType]  # wrong on purpose
            roles = authorization.claims.get("roles")
            return isinstance(roles, list) and role in roles

        return authorize


@dataclass(slots=True)
class Rules:
    """What the predicate of the workflow `ruled` says.

    Attributes:
        refusal: Its no.
        held: What it waits for before it answers.
    """

    refusal: Refused | None = None
    error: Exception | None = None
    asked: list[PredicateContext] = field(default_factory=list[PredicateContext])
    held: asyncio.Event | None = None

    async def check(self, context: PredicateContext) -> Refused | None:
        self.asked.append(context)
        if self.held is not None:
            await self.held.wait()
        if self.error is not None:
            raise self.error
        return self.refusal


def new_workflows(directory: Directory, rules: Rules) -> tuple[Workflow, ...]:
    starter, retrier, approver = (directory.has(role) for role in ("starter", "retrier", "approver"))

    @input_step("Approve", assignee="NOC", resume_authorizer=approver)
    async def approve(ask: Ask, text: str) -> Confirmed:
        page = await ask(ConfirmPage)
        return {"confirmed": page.sure and bool(text)}

    @task(input=Note, authorizer=starter, retry_authorizer=retrier)
    def guarded() -> StepList:
        return begin >> first >> approve >> order >> third >> done

    @modify_workflow(Port, input=SpeedChange, authorizer=starter)
    def guarded_change() -> StepList:
        return begin >> change >> done

    @task(input=Note, run_predicate=no_unfinished_process)
    def alone() -> StepList:
        return begin >> first >> done

    @task(input=Note, run_predicate=rules.check)
    def ruled() -> StepList:
        return begin >> first >> done

    @modify_workflow(Port, input=SpeedChange, run_predicate=no_unfinished_process)
    def change_alone() -> StepList:
        return begin >> change >> done

    return (guarded, guarded_change, alone, ruled, change_alone)


class GuardedHouse(House):
    """An engine with these workflows beside the usual ones."""

    def __init__(self, database: Database) -> None:
        self.directory, self.rules = Directory(), Rules()
        stage = Stage()
        usual = new_registry(stage)
        workflows = (*usual.workflows, *new_workflows(self.directory, self.rules))
        super().__init__(database, registry=Registry(workflows, usual.services), stage=stage)


UNFINISHED = frozenset(ProcessStatus) - TERMINAL - {ProcessStatus.FAILED}
