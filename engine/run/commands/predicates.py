"""Asking a workflow's run predicate: before its form, and in the transaction that starts it."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg
import structlog

from domain.ids import SubscriptionId
from domain.json import JsonValue
from engine.errors import PredicateFailed
from engine.predicates import CountProcesses, PredicateContext, Refused
from engine.run.commands.context import CommandContext
from engine.states import ProcessStatus
from engine.store import starts
from engine.workflows import Workflow

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who wants to start what."""

    workflow: str
    actor: str
    claims: Mapping[str, JsonValue]
    subscription_id: SubscriptionId | None


async def check_early(context: CommandContext, workflow: Workflow, question: Question) -> None:
    """Ask with no transaction open, so that nobody fills in a form for nothing.

    Raises:
        PredicateFailed: if the predicate says no.
    """

    async def count(counted: str, statuses: Collection[ProcessStatus]) -> int:
        async with context.database.writer() as connection:
            return await starts.count_processes(connection, counted, statuses)

    await _check(context, workflow, question, count=count)


async def check_locked(
    connection: asyncpg.Connection, context: CommandContext, workflow: Workflow, question: Question
) -> None:
    """Ask in the transaction that starts the process, before it locks any row.

    Locks: if the predicate is exclusive, the starts of the workflow, until the transaction ends.

    Raises:
        PredicateFailed: if the predicate says no.
    """
    if workflow.run_predicate is not None and workflow.run_predicate.exclusive:
        await starts.lock_workflow(connection, workflow.name)

    async def count(counted: str, statuses: Collection[ProcessStatus]) -> int:
        return await starts.count_processes(connection, counted, statuses)

    await _check(context, workflow, question, count=count)


async def _check(
    context: CommandContext, workflow: Workflow, question: Question, *, count: CountProcesses
) -> None:
    predicate = workflow.run_predicate
    if predicate is None:
        return
    asked = PredicateContext(
        workflow=question.workflow,
        actor=question.actor,
        claims=question.claims,
        subscription_id=question.subscription_id,
        count_processes=count,
    )
    try:
        async with asyncio.timeout(context.settings.predicate_timeout_s):
            refused = await predicate.check(asked)
    except Exception:  # noqa: BLE001  # the edge to the application's code: closed when in doubt
        _log.exception("predicate.failed", workflow=workflow.name)
        refused = Refused(reason="its run predicate failed, expected an answer", code="PREDICATE_FAILED")
    if refused is not None:
        raise PredicateFailed(workflow.name, reason=refused.reason, code=refused.code)
