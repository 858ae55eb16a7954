"""One attempt at a step: loading what it takes, calling its function, collecting what it gives.

No connection and no transaction is held while the function runs.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from domain.errors import DomainError
from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue, encode
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from engine.conditions import Condition
from engine.context import CallbackContext, StepContext
from engine.errors import EngineError, failure_kind
from engine.focus import part_of
from engine.injection import StepDelta, bind, collect, collect_callback, subscription_ids
from engine.progress import readable, within_bounds
from engine.run.calls import Cut, OutOfTime, Raised, Returned
from engine.run.environment import RunEnvironment
from engine.run.outage import through_outages
from engine.run.outcomes import (
    AttemptOutcome,
    Failed,
    Given,
    Interrupted,
    NeedsCallback,
    NeedsInput,
    Skipped,
    Succeeded,
)
from engine.states import StepKind
from engine.step_errors import OutputUnusable, StepTookTooLong
from engine.steps import Step
from engine.store import callbacks
from engine.store.json_edge import as_object
from engine.store.progress import ReportedProgress
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
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._token: str | None = None

    def interrupt(self) -> None:
        """Cancel the function in flight, if it is an async one: a thread can only be waited for."""
        if not self._cut.done():
            self._cut.set_result(None)

    async def carry_out(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        """What the attempt comes to. Never raises because of what the step does."""
        try:
            return await self._carry_out(attempt, state)
        except _StepRaised as raised:
            return self._failed(attempt, raised.error)
        except (EngineError, DomainError) as error:
            return Failed(error=error, kind=failure_kind(error), secret=self._token)

    async def _carry_out(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        if not attempt.parked:
            refused = await self._ask_conditions(attempt, state)
            if refused is not None:
                return refused
        match attempt.step.kind:
            case StepKind.INPUT:
                return _take_input(attempt)
            case StepKind.CALLBACK:
                return await self._carry_out_callback(attempt, state)
            case StepKind.STEP | StepKind.RESYNC:
                context = self._context(attempt)
                result = await self._call(attempt.step, state, context, timeout_s=attempt.step.timeout_s)
                if isinstance(result, Cut):
                    return Interrupted(given_up=result.given_up)
                return Succeeded(given=_given(attempt.step, result))

    async def _ask_conditions(
        self, attempt: Attempt, state: Mapping[str, JsonValue]
    ) -> Skipped | Interrupted | None:
        """None if all of the step's conditions hold; asked from the outermost to the first that does not."""
        for condition in attempt.step.conditions:
            arguments = await self._bind(condition, state, self._context(attempt))
            end = await self._run(condition.function, arguments, step=attempt.step)
            if isinstance(end, Cut):
                return Interrupted(given_up=end.given_up)
            if not isinstance(end.value, bool):
                found = type(end.value).__name__
                reason = f"its condition {condition.key!r} gave {found}, expected bool"
                raise OutputUnusable(attempt.step.key, output=None, reason=reason)
            if not end.value:
                return Skipped(reason=f"the condition {condition.key!r} does not hold")
        return None

    async def _carry_out_callback(self, attempt: Attempt, state: Mapping[str, JsonValue]) -> AttemptOutcome:
        step = attempt.step
        part = part_of(step.focus, state)
        given = Given(values={name: part[name] for name in step.outputs if name in part}, focus=step.focus)
        timeout_s = step.timeout_s or self._environment.settings.callback_timeout_s
        if not attempt.parked:
            context = await self._issue_token(attempt, timeout_s=timeout_s)
            if context is None:
                return Interrupted(lost=True)
            result = await self._call(step, state, context)
            if isinstance(result, Cut):
                return Interrupted(given_up=result.given_up)
            given = _given(step, result)
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
        plain = self._context(attempt)
        return CallbackContext(
            process_id=plain.process_id,
            step_key=plain.step_key,
            attempt=plain.attempt,
            idempotency_key=plain.idempotency_key,
            actor=plain.actor,
            reporter=plain.reporter,
            on_progress=plain.on_progress,
            callback_url=f"{self._environment.public_url}/callbacks/{token}",
        )

    def _refuse_secret(self, step: Step, given: Given) -> None:
        """Keep the token out of everything that many may read."""
        recorded = [encode(given.values), *(encode(patch.after) for patch in given.patches)]
        if self._token is not None and any(self._token in text for text in recorded):
            raise OutputUnusable(step.key, output=None, reason="gave its callback's address, which is secret")

    async def _call(
        self,
        step: Step,
        state: Mapping[str, JsonValue],
        context: StepContext,
        *,
        timeout_s: float | None = None,
    ) -> StepDelta | Cut:
        """What the step's function gave, or that it was cut short."""
        arguments = await self._bind(step, state, context)
        end = await self._run(step.function, arguments, step=step, timeout_s=timeout_s)
        return end if isinstance(end, Cut) else collect(step, end.value)

    async def _bind(
        self, taker: Step | Condition, state: Mapping[str, JsonValue], context: StepContext
    ) -> dict[str, object]:
        return bind(
            taker,
            state,
            context=context,
            services=self._environment.services,
            catalog=self._environment.catalog,
            subscriptions=await self._load(subscription_ids(taker, state)),
        )

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

    async def _run(
        self,
        function: Callable[..., object],
        arguments: Mapping[str, object],
        *,
        step: Step,
        timeout_s: float | None = None,
    ) -> Returned | Cut:
        """What the function gave, or that it was cut short."""
        if self._cut.done():
            return Cut()
        end = await self._environment.calls.carry_out(
            function, arguments, name=step.key, cut=self._cut, timeout_s=timeout_s
        )
        match end:
            case Returned() | Cut():
                return end
            case Raised(error=error):
                raise _StepRaised(error)
            case OutOfTime(given_up=given_up):
                assert timeout_s is not None, "only a limited time can be over"
                raise _StepRaised(StepTookTooLong(step.key, timeout_s=timeout_s, given_up=given_up))

    def _context(self, attempt: Attempt) -> StepContext:
        def tell(*, percent: float | None, message: str | None) -> None:
            self._environment.progress.report(
                ReportedProgress(
                    process_id=attempt.process_id,
                    epoch=attempt.epoch,
                    step_key=attempt.step.key,
                    percent=within_bounds(percent),
                    message=readable(message, secret=self._token),
                )
            )

        return StepContext(
            process_id=attempt.process_id,
            step_key=attempt.step.key,
            attempt=attempt.number,
            idempotency_key=f"{attempt.process_id}:{attempt.step.key}",
            actor=attempt.actor,
            reporter=attempt.reporter,
            on_progress=tell,
        )

    def _failed(self, attempt: Attempt, error: BaseException) -> Failed:
        policy = attempt.step.retry
        retry_after_s = None
        if policy is not None and policy.applies(error, attempt.budget_attempt, attempt.budget_elapsed_s):
            retry_after_s = policy.delay_s(attempt.budget_attempt, self._environment.random)
        return Failed(error=error, kind=failure_kind(error), retry_after_s=retry_after_s, secret=self._token)


def token_hash(token: str) -> bytes:
    """What is stored of a callback's token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def with_callback(given: Given, step: Step, arrived: InboxItem) -> Given:
    """What a callback step gave, with what was posted to it."""
    posted = collect_callback(step, arrived.payload)
    return replace(given, values=given.values | posted.values)


class _StepRaised(Exception):  # carries what a step raised past our own code
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _take_input(attempt: Attempt) -> AttemptOutcome:
    if attempt.arrived is None:
        return NeedsInput(assignee=attempt.step.assignee)
    return Succeeded(given=Given(values=as_object(attempt.arrived.payload), focus=attempt.step.focus))


def _given(step: Step, delta: StepDelta) -> Given:
    patches = tuple(to_patch(model) for model in delta.subscriptions)
    return Given(
        values=delta.values,
        focus=step.focus,
        patches=tuple(patch for patch in patches if not patch.is_empty),
        subscriptions=tuple(model.id for model in delta.subscriptions),
    )
