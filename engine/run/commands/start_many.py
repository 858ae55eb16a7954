"""Starting a workflow on several subscriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import asyncpg

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from engine.actions import RelatedFacts, SubjectFacts
from engine.errors import InvalidInput, Refusal, SubjectChanged, SubjectNotFound
from engine.named_subscriptions import NamedSubscription, named_in
from engine.run.commands import subjects
from engine.run.commands.checks import check_key
from engine.run.commands.context import CommandContext
from engine.run.commands.permits import ask_to_start
from engine.run.commands.preparation import (
    Models,
    StartRequest,
    load_models,
    prepare,
    stored_key,
    with_page,
)
from engine.run.commands.start import StartedProcess, repeated, start, why_not_inserted
from engine.run.runs import Run, RunRequest
from engine.store import starts
from engine.store import subjects as stored_subjects
from engine.store.starts import EarlierStart, NewProcess
from engine.workflows import Workflow

StartResult: TypeAlias = StartedProcess | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubject:
    """One of several subscriptions that a workflow is to be started on.

    Attributes:
        expected_version: The version the caller has seen.
        pages: The form's pages for this one; None if those for all hold for it.
    """

    subscription_id: SubscriptionId
    expected_version: int | None = None
    pages: Sequence[JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A start that nothing has stood in the way of so far."""

    request: StartRequest
    facts: SubjectFacts
    process: NewProcess
    named: tuple[NamedSubscription, ...]


async def start_many(
    context: CommandContext, request: StartRequest, given: Sequence[StartSubject]
) -> dict[SubscriptionId, StartResult]:
    """Start a workflow on each subscription that it can be started on; what became of each.

    Each is decided as if it were started by itself, after those before it: one whose subject an earlier one
    has put out of sync is blocked. They are written in one transaction, with the same number of statements
    for any number; but one after the other, each in its own, if the workflow has a run predicate, which may
    look at what was started before. Under an idempotency key each is recognised by itself, so the whole can
    be repeated after an answer was lost.

    Locks: as `start`, the rows of all in the order of their ids.

    Args:
        context: What every command needs.
        request: What is the same for all.
        given: The subscriptions, each once.
    """
    requests = {each.subscription_id: _request(request, each) for each in given}
    try:
        check_key(request.idempotency_key)
        workflow = context.registry.workflow(request.workflow)
    except Refusal as refusal:
        return dict.fromkeys(requests, refusal)
    if workflow.rules is None or workflow.run_predicate is not None:
        return {subject: await _start_alone(context, each) for subject, each in requests.items()}
    answers = await _start_together(context, workflow, requests) if requests else {}
    return {subject: answers[subject] for subject in requests}


def _request(request: StartRequest, subject: StartSubject) -> StartRequest:
    return replace(
        request,
        subscription_id=subject.subscription_id,
        expected_version=subject.expected_version,
        pages=request.pages if subject.pages is None else subject.pages,
        key_part=str(subject.subscription_id),
    )


async def _start_alone(context: CommandContext, request: StartRequest) -> StartResult:
    try:
        return await start(context, request)
    except Refusal as refusal:
        return refusal


async def _start_together(
    context: CommandContext, workflow: Workflow, requests: Mapping[SubscriptionId, StartRequest]
) -> dict[SubscriptionId, StartResult]:
    scope = next(iter(requests.values())).scope
    async with context.database.writer() as connection:
        found = await stored_subjects.facts(connection, requests, catalog=context.catalog, scope=scope)
    earlier = await _find_earlier(context, requests)
    admitted, answers = await _ask(workflow, requests, found, earlier)
    models = await load_models(context, workflow, list(admitted.values()), scope=scope)
    going: list[_Prepared] = []
    for subject, facts in admitted.items():
        try:
            prepared = await _prepare(context, workflow, requests[subject], facts, models)
            if subject in earlier:
                answers[subject] = repeated(earlier[subject], digest=prepared.process.start_digest)
            else:
                going.append(prepared)
        except Refusal as refusal:
            answers[subject] = refusal
    if going:
        answers |= await _settle(context, workflow, going, models=models)
    return answers


async def _ask(
    workflow: Workflow,
    requests: Mapping[SubscriptionId, StartRequest],
    found: Mapping[SubscriptionId, SubjectFacts],
    earlier: Mapping[SubscriptionId, EarlierStart],
) -> tuple[dict[SubscriptionId, SubjectFacts], dict[SubscriptionId, StartResult]]:
    """The subjects that nothing stands in the way of so far, and why not the others."""
    admitted: dict[SubscriptionId, SubjectFacts] = {}
    refused: dict[SubscriptionId, StartResult] = {}
    for subject, request in requests.items():
        try:
            facts = subjects.of_kind(workflow, found.get(subject), subject)
            await ask_to_start(workflow, facts, actor=request.actor, claims=request.claims)
            if subject not in earlier:
                subjects.refuse_blocked(workflow, facts, request.scope)
            admitted[subject] = facts
        except Refusal as refusal:
            refused[subject] = refusal
    return admitted, refused


async def _prepare(
    context: CommandContext,
    workflow: Workflow,
    request: StartRequest,
    facts: SubjectFacts,
    models: Models,
) -> _Prepared:
    process = await prepare(context, workflow, request, subject=facts, models=models)
    named = named_in(workflow.inputs, process.values, pages=request.pages)
    return _Prepared(request=request, facts=facts, process=process, named=named)


async def _settle(
    context: CommandContext, workflow: Workflow, going: Sequence[_Prepared], *, models: Models
) -> dict[SubscriptionId, StartResult]:
    """Write those that can be; one that lost the race to the same request is answered as a repetition."""
    async with context.database.write() as connection:
        answers = await _carry_out(connection, context, workflow, going)
    left = [each for each in going if not isinstance(answers.get(each.facts.id), StartedProcess)]
    earlier = await _find_earlier(context, {each.facts.id: each.request for each in left})
    stopped: Refusal | None = None
    for each in left:
        refusal = answers.get(each.facts.id)
        if each.facts.id in earlier:
            answers[each.facts.id] = _repeated(earlier[each.facts.id], each.process)
        elif isinstance(refusal, InvalidInput):
            answers[each.facts.id] = await with_page(
                context, workflow, each.request, refusal, subject=each.facts, models=models
            )
        elif refusal is None:
            stopped = stopped or await why_not_inserted(context)
            answers[each.facts.id] = stopped
    return answers


def _repeated(earlier: EarlierStart, process: NewProcess) -> StartResult:
    try:
        return repeated(earlier, digest=process.start_digest)
    except Refusal as refusal:
        return refusal


async def _find_earlier(
    context: CommandContext, requests: Mapping[SubscriptionId, StartRequest]
) -> dict[SubscriptionId, EarlierStart]:
    """What was started under the same keys before; no statement without keys."""
    keys = {subject: key for subject, each in requests.items() if (key := stored_key(each)) is not None}
    if not keys:
        return {}
    scope = next(iter(requests.values())).scope
    async with context.database.writer() as connection:
        found = await starts.find_earlier(connection, list(keys.values()), scope=scope)
    return {subject: found[key] for subject, key in keys.items() if key in found}


async def _carry_out(
    connection: asyncpg.Connection, context: CommandContext, workflow: Workflow, going: Sequence[_Prepared]
) -> dict[SubscriptionId, StartResult]:
    """What became of each, in the transaction that acts; nothing of those that could not be written."""
    ids = [each.facts.id for each in going]
    locked = await stored_subjects.locked_facts(
        connection,
        ids,
        beside=sorted({named.id for each in going for named in each.named}),
        catalog=context.catalog,
        scope=going[0].request.scope,
    )
    now = _Now(found=dict(locked.found), uses=await stored_subjects.uses_among(connection, ids))
    answers: dict[SubscriptionId, StartResult] = {}
    writing: list[NewProcess] = []
    for each in going:
        try:
            if each.facts.id in locked.changed:
                raise SubjectChanged(each.facts.id)
            writing.append(now.admit(workflow, each))
        except Refusal as refusal:
            answers[each.facts.id] = refusal
    written = await starts.insert(connection, writing) if writing else frozenset[ProcessId]()
    if written:
        runs = [RunRequest(run=Run(process_id=process_id, run_no=1)) for process_id in sorted(written)]
        await context.dispatcher.enqueue(connection, runs)
    started = {process.subject: process.id for process in writing if process.id in written}
    return answers | {
        subject: StartedProcess(process_id=process_id, created=True)
        for subject, process_id in started.items()
        if subject is not None
    }


class _Now:
    """The subscriptions as they are found by each start, after those before it have been admitted."""

    def __init__(
        self,
        *,
        found: dict[SubscriptionId, SubjectFacts],
        uses: frozenset[tuple[SubscriptionId, SubscriptionId]],
    ) -> None:
        self._found = found
        self._uses = uses

    def admit(self, workflow: Workflow, prepared: _Prepared) -> NewProcess:
        """The process to write.

        Raises:
            Refusal: as `subjects.admit`.
        """
        request = prepared.request
        facts = subjects.judge(
            workflow,
            request.subscription_id,
            self._found,
            expected_version=request.expected_version,
            named=prepared.named,
            scope=request.scope,
        )
        if facts is None:
            raise SubjectNotFound(prepared.facts.id)
        if not facts.in_sync:
            return prepared.process
        self._take(facts, prepared.process.id)
        return replace(prepared.process, holds=True)

    def _take(self, facts: SubjectFacts, holder: ProcessId) -> None:
        """From now on it is out of sync, and those that it is related to see that."""
        self._found[facts.id] = replace(facts, in_sync=False, held_by=holder)
        taken = RelatedFacts(
            id=facts.id, customer_id=facts.customer_id, status=facts.status, in_sync=False, held_by=holder
        )
        for user, used in self._uses:
            if user == facts.id and used in self._found:
                other = self._found[used]
                self._found[used] = replace(other, users=_with(other.users, taken))
            elif used == facts.id and user in self._found:
                other = self._found[user]
                self._found[user] = replace(other, used=_with(other.used, taken))


def _with(related: tuple[RelatedFacts, ...], taken: RelatedFacts) -> tuple[RelatedFacts, ...]:
    others = (each for each in related if each.id != taken.id)
    return tuple(sorted((*others, taken), key=lambda each: each.id))
