"""One attempt at a step: loading what it takes, calling its function, collecting what it gives.

No connection and no transaction is held while the function runs.
"""

import asyncio
import hashlib
import inspect
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from domain.errors import DomainError
from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue, encode
from domain.model.mapping import to_model, to_patch
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from engine.context import CallbackContext, StepContext
from engine.errors import EngineError, failure_kind
from engine.injection import StepDelta, bind, collect, collect_callback, subscription_ids
from engine.run.environment import RunEnvironment
from engine.run.outage import through_outages
from engine.run.outcomes import (
    AttemptOutcome,
    Failed,
    Given,
    Interrupted,
    NeedsCallback,
    NeedsInput,
    Succeeded,
)
from engine.states import StepKind
from engine.step_errors import OutputUnusable
from engine.steps import Step
from engine.store import callbacks
from engine.store.json_edge import as_object
from engine.store.records import InboxItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Which attempt at which step, by whom.

    Attributes:
        budget_attempt: The attempt's number since a person last started or retried the step.
        budget_elapsed_s: Seconds since the first of those attempts began.
        arrived: What arrived for the step and was not taken in yet.
        parked: Whether the step's function has done its part, so that only what it waited for is missing.
    """

    process_id: ProcessId
    epoch: int
    step: Step
    number: int
    budget_attempt: int
    budget_elapsed_s: float
    actor: str
    reporter: str
    arrived: InboxItem | None
    parked: bool


class StepRunner:
    """Carries out attempts, and can cut the one in flight short."""

    def __init__(self, environment: RunEnvironment) -> None:
        self._environment = environment
        self._in_flight: asyncio.Task[object] | None = None
        self._interrupted = False
        self._token: str | None = None

    def interrupt(self) -> None:
        """Cancel the function in flight, if it is an async one: a thread can only be waited for."""
        self._interrupted = True
        if self._in_flight is not None:
            self._in_flight.cancel()

    async def carry_out(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        """What the attempt comes to. Never raises because of what the step does."""
        try:
            return await self._carry_out(attempt, state)
        except _StepRaised as raised:
            return self._failed(attempt, raised.error)
        except (EngineError, DomainError) as error:
            return Failed(error=error, kind=failure_kind(error), secret=self._token)

    async def _carry_out(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        match attempt.step.kind:
            case StepKind.INPUT:
                return _take_input(attempt)
            case StepKind.CALLBACK:
                return await self._carry_out_callback(attempt, state)
            case StepKind.STEP | StepKind.RESYNC:
                context = _context(attempt)
                result = await self._call(attempt.step, state, context)
                return Interrupted() if result is None else Succeeded(given=_given(result))

    async def _carry_out_callback(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        step = attempt.step
        given = Given(values={name: state[name] for name in step.outputs if name in state})
        timeout_s = step.timeout_s or self._environment.settings.callback_timeout_s
        if not attempt.parked:
            context = await self._issue_token(attempt, timeout_s=timeout_s)
            if context is None:
                return Interrupted(lost=True)
            result = await self._call(step, state, context)
            if result is None:
                return Interrupted()
            given = _given(result)
            self._refuse_secret(step, given)
        if attempt.arrived is None:
            return NeedsCallback(given=given, timeout_s=timeout_s)
        return Succeeded(given=with_callback(given, step, attempt.arrived))

    async def _issue_token(self, attempt: Attempt, *, timeout_s: float | None) -> CallbackContext | None:
        """Commit a token before the step can give it away; None if the run has lost the process."""
        token = secrets.token_urlsafe(self._environment.settings.callback_token_bytes)
        self._token = token
        async for trial in through_outages():
            with trial:
                async with self._environment.database.writer() as connection:
                    issued = await callbacks.issue(
                        connection,
                        token_hash(token),
                        process_id=attempt.process_id,
                        epoch=attempt.epoch,
                        step_key=attempt.step.key,
                        attempt=attempt.number,
                        timeout_s=timeout_s,
                    )
                if not issued:
                    return None
        plain = _context(attempt)
        return CallbackContext(
            process_id=plain.process_id,
            step_key=plain.step_key,
            attempt=plain.attempt,
            idempotency_key=plain.idempotency_key,
            actor=plain.actor,
            reporter=plain.reporter,
            callback_url=f"{self._environment.public_url}/callbacks/{token}",
        )

    def _refuse_secret(self, step: Step, given: Given) -> None:
        """Keep the token out of everything that many may read."""
        recorded = [encode(given.values), *(encode(patch.after) for patch in given.patches)]
        if self._token is not None and any(self._token in text for text in recorded):
            raise OutputUnusable(step.key, output=None, reason="gave its callback's address, which is secret")

    async def _call(
        self, step: Step, state: Mapping[str, JsonValue], context: StepContext
    ) -> StepDelta | None:
        """What the step's function gave; None if it was interrupted."""
        arguments = bind(
            step,
            state,
            context=context,
            services=self._environment.services,
            catalog=self._environment.catalog,
            subscriptions=await self._load(subscription_ids(step, state)),
        )
        result = await self._run_function(step, arguments)
        return None if isinstance(result, _Cut) else collect(step, result)

    async def _load(self, ids: tuple[SubscriptionId, ...]) -> dict[SubscriptionId, SubscriptionModel]:
        if not ids:
            return {}
        models: dict[SubscriptionId, SubscriptionModel] = {}
        async for trial in through_outages():
            with trial:
                trees = await self._environment.subscriptions.trees(Scope.all(), ids)
                models = {
                    subscription_id: to_model(self._environment.catalog, tree)
                    for subscription_id, tree in trees.items()
                }
        return models

    async def _run_function(self, step: Step, arguments: Mapping[str, object]) -> object:
        if self._interrupted:
            return _Cut()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._guarded(step, arguments), name=f"step {step.key}")
            self._in_flight = task if step.is_async else None
        self._in_flight = None
        if task.cancelled():
            if self._interrupted:
                return _Cut()
            raise _StepRaised(RuntimeError("the step cancelled itself"))
        result = task.result()
        if isinstance(result, _Raised):
            raise _StepRaised(result.error)
        return result

    async def _guarded(self, step: Step, arguments: Mapping[str, object]) -> object:
        """The function's result, or what it raised; so nothing a step does reaches the worker's own tasks."""
        try:
            if step.is_async:
                return await _awaitable(step.function(**arguments))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._environment.threads, partial(_call_plainly, step.function, arguments)
            )
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # the step's edge: KeyboardInterrupt would end the worker
            return _Raised(error=error)

    def _failed(self, attempt: Attempt, error: BaseException) -> Failed:
        policy = attempt.step.retry
        retry_after_s = None
        if policy is not None and policy.applies(error, attempt.budget_attempt, attempt.budget_elapsed_s):
            retry_after_s = policy.delay_s(attempt.budget_attempt, self._environment.random)
        return Failed(error=error, kind=failure_kind(error), retry_after_s=retry_after_s, secret=self._token)


def token_hash(token: str) -> bytes:
    """What is stored of a callback's token."""
    return hashlib.sha256(token.encode()).digest()


def with_callback(given: Given, step: Step, arrived: InboxItem) -> Given:
    """What a callback step gave, with what was posted to it."""
    posted = collect_callback(step, arrived.payload)
    return Given(
        values=given.values | posted.values, patches=given.patches, subscriptions=given.subscriptions
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    pass


class _StepRaised(Exception):  # carries what a step raised past our own code
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _call_plainly(function: Callable[..., object], arguments: Mapping[str, object]) -> object:
    """What the function gave, or raised: a future cannot carry a StopIteration, and would never be done."""
    try:
        return function(**arguments)
    except BaseException as error:  # noqa: BLE001  # the step's edge
        return _Raised(error=error)


def _awaitable(coroutine: object) -> Awaitable[object]:
    assert inspect.isawaitable(coroutine), "an async function gives an awaitable"
    return coroutine


def _take_input(attempt: Attempt) -> AttemptOutcome:
    if attempt.arrived is None:
        return NeedsInput(assignee=attempt.step.assignee)
    return Succeeded(given=Given(values=as_object(attempt.arrived.payload)))


def _given(delta: StepDelta) -> Given:
    patches = tuple(to_patch(model) for model in delta.subscriptions)
    return Given(
        values=delta.values,
        patches=tuple(patch for patch in patches if not patch.is_empty),
        subscriptions=tuple(model.id for model in delta.subscriptions),
    )


def _context(attempt: Attempt) -> StepContext:
    return StepContext(
        process_id=attempt.process_id,
        step_key=attempt.step.key,
        attempt=attempt.number,
        idempotency_key=f"{attempt.process_id}:{attempt.step.key}",
        actor=attempt.actor,
        reporter=attempt.reporter,
    )
