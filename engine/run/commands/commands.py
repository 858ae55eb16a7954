"""The only way in: what GraphQL, the command line and schedules all call."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.model.catalog import Catalog
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.subscriptions import SubscriptionRepository
from engine.actions import Action
from engine.errors import Refusal
from engine.forms import FormPageView
from engine.registry import Registry
from engine.run.commands import (
    abort,
    actions,
    callback,
    delete,
    note,
    outlook,
    pause,
    progress,
    repair,
    resume,
    retry,
    skip,
    start,
    start_many,
    start_outlook,
)
from engine.run.commands.abort import AbortResult
from engine.run.commands.context import CommandContext
from engine.run.commands.delete import DeleteResult
from engine.run.commands.outlook import Prospect
from engine.run.commands.permits import NO_CLAIMS
from engine.run.commands.preparation import StartRequest
from engine.run.commands.repair import RepairResult
from engine.run.commands.resume import WaitingForm
from engine.run.commands.retry import RetryResult
from engine.run.commands.start import StartedProcess
from engine.run.commands.start_many import StartResult, StartSubject
from engine.run.commands.start_outlook import StartProspect
from engine.run.dispatcher import PgQueuerDispatcher
from engine.run.runs import Dispatcher
from engine.settings import EngineSettings
from engine.states import ProcessStatus
from engine.store.pauses import EngineView


class Commands:
    """The commands of one application. Each is one transaction, which checks everything it depends on itself.

    Args:
        database: Open.
        catalog: What is sold.
        registry: What can be started.
        settings: Timings and limits.
        dispatcher: Whom to ask for runs; PgQueuer on the same database unless given.
    """

    def __init__(
        self,
        database: Database,
        *,
        catalog: Catalog,
        registry: Registry,
        settings: EngineSettings | None = None,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        settings = settings or EngineSettings()
        self._context = CommandContext(
            database=database,
            subscriptions=SubscriptionRepository(database),
            catalog=catalog,
            registry=registry,
            dispatcher=dispatcher
            or PgQueuerDispatcher(
                database.dsn, concurrent_runs=settings.concurrent_runs, poll_s=settings.poll_s
            ),
            settings=settings,
        )

    async def start(
        self,
        workflow: str,
        *,
        pages: Sequence[JsonValue] | None = None,
        values: JsonValue = None,
        subscription_id: SubscriptionId | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> StartedProcess:
        """Start a process, by a form's pages or by the workflow's input as one object.

        `claims` are what is known of the caller beside the name, here and below: authorizers read them.

        Raises:
            Refusal: see `engine.run.commands.start.start`.
        """
        request = StartRequest(
            workflow=workflow,
            pages=pages,
            values={} if values is None else values,
            subscription_id=subscription_id,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
            actor=actor,
            scope=scope,
            claims=claims,
        )
        return await start.start(self._context, request)

    async def start_many(
        self,
        workflow: str,
        subjects: Sequence[StartSubject],
        *,
        pages: Sequence[JsonValue] = (),
        idempotency_key: str | None = None,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[SubscriptionId, StartResult]:
        """Start a workflow on several subscriptions, each named once; for each that, or why not."""
        request = StartRequest(
            workflow=workflow,
            pages=pages,
            idempotency_key=idempotency_key,
            actor=actor,
            scope=scope,
            claims=claims,
        )
        return await start_many.start_many(self._context, request, subjects)

    async def find_actions(
        self,
        subscription_ids: Collection[SubscriptionId],
        *,
        scope: Scope,
        actor: str | None = None,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[SubscriptionId, tuple[Action, ...]]:
        """The workflows made for each subscription, with what blocks each; out of scope there is no entry.

        Whether the workflows' authorizers let a caller start them is said of one who is named.
        """
        return await actions.find_actions(
            self._context, subscription_ids, scope=scope, actor=actor, claims=claims
        )

    async def find_start_refusals(
        self,
        prospects: Collection[StartProspect],
        *,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[StartProspect, Refusal]:
        """Why starts would be refused now, whatever their input; of one that would not, there is no entry."""
        return await start_outlook.find_start_refusals(
            self._context, prospects, actor=actor, scope=scope, claims=claims
        )

    async def view_start_forms(
        self, prospects: Collection[StartProspect], *, scope: Scope
    ) -> Mapping[StartProspect, FormPageView]:
        """The first pages of what starts would ask for, whether or not they would be refused."""
        return await start_outlook.view_start_forms(self._context, prospects, scope=scope)

    async def resume(
        self,
        process_id: ProcessId,
        *,
        pages: Sequence[JsonValue],
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> None:
        """Fill in the form of a suspended process.

        Raises:
            Refusal: see `engine.run.commands.resume.resume`.
        """
        await resume.resume(self._context, process_id, pages=pages, actor=actor, scope=scope, claims=claims)

    async def form(self, process_id: ProcessId, *, scope: Scope) -> FormPageView:
        """The first page of a suspended process's form.

        Raises:
            Refusal: see `engine.run.commands.resume.view_form`.
        """
        return await resume.view_form(self._context, process_id, scope=scope)

    async def find_forms(
        self, process_ids: Sequence[ProcessId], *, scope: Scope
    ) -> dict[ProcessId, WaitingForm]:
        """What the forms of those of these processes need that are in scope and suspended, read at once."""
        return await resume.find_forms(self._context, process_ids, scope=scope)

    async def view_form(self, form: WaitingForm) -> FormPageView:
        """The first page of a form that was found; reads nothing.

        Raises:
            Refusal: see `engine.run.commands.resume.view_waiting_form`.
        """
        return await resume.view_waiting_form(self._context, form)

    async def retry(
        self,
        process_id: ProcessId,
        *,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> None:
        """Try a failed process again, or a waiting one at once.

        Raises:
            Refusal: see `engine.run.commands.retry.retry`.
        """
        await retry.retry(self._context, process_id, actor=actor, scope=scope, claims=claims)

    async def retry_many(
        self,
        process_ids: Collection[ProcessId] | None,
        *,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[ProcessId, RetryResult]:
        """Try several failed processes again, or all tasks that failed; for each that, or why not."""
        return await retry.retry_many(self._context, process_ids, actor=actor, scope=scope, claims=claims)

    async def abort(
        self,
        process_id: ProcessId,
        *,
        reason: str | None = None,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> ProcessStatus:
        """End a process.

        Raises:
            Refusal: see `engine.run.commands.abort.abort`.
        """
        return await abort.abort(
            self._context, process_id, reason=reason, actor=actor, scope=scope, claims=claims
        )

    async def abort_many(
        self,
        process_ids: Collection[ProcessId],
        *,
        reason: str | None = None,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[ProcessId, AbortResult]:
        """End several processes; for each that, or why not."""
        return await abort.abort_many(
            self._context, process_ids, reason=reason, actor=actor, scope=scope, claims=claims
        )

    async def skip(
        self,
        process_id: ProcessId,
        step_key: str,
        *,
        reason: str,
        values: Mapping[str, JsonValue] = MappingProxyType({}),
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> None:
        """Leave out the step at which a process is parked or has failed; it goes on behind it.

        Raises:
            Refusal: see `engine.run.commands.skip.skip`.
        """
        await skip.skip(
            self._context,
            process_id,
            step_key,
            reason=reason,
            values=values,
            actor=actor,
            scope=scope,
            claims=claims,
        )

    async def delete(
        self,
        process_ids: Collection[ProcessId],
        *,
        actor: str,
        scope: Scope,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[ProcessId, DeleteResult]:
        """Delete tasks that have ended, with all that was recorded of them; for each that, or why not."""
        return await delete.delete(self._context, process_ids, actor=actor, scope=scope, claims=claims)

    async def find_refusals(
        self,
        prospects: Collection[Prospect],
        *,
        actor: str,
        claims: Mapping[str, JsonValue] = NO_CLAIMS,
    ) -> Mapping[Prospect, Refusal]:
        """Why commands to processes would be refused now; of one that would not, there is no entry."""
        return await outlook.find_refusals(self._context, prospects, actor=actor, claims=claims)

    async def repair(self, subscription_id: SubscriptionId, *, actor: str, scope: Scope) -> bool:
        """Put a subscription back in sync that no process will give back; whether it was out of sync.

        Raises:
            Refusal: see `engine.run.commands.repair.repair`.
        """
        return await repair.repair(self._context, subscription_id, actor=actor, scope=scope)

    async def repair_many(
        self, subscription_ids: Collection[SubscriptionId], *, actor: str, scope: Scope
    ) -> Mapping[SubscriptionId, RepairResult]:
        """Put several subscriptions back in sync; for each that, or why not."""
        return await repair.repair_many(self._context, subscription_ids, actor=actor, scope=scope)

    async def set_note(
        self, process_id: ProcessId, text: str | None, *, expected_version: int | None = None, scope: Scope
    ) -> int:
        """Replace the note of a process; the note's version.

        Raises:
            Refusal: see `engine.run.commands.note.set_note`.
        """
        return await note.set_note(
            self._context, process_id, text, expected_version=expected_version, scope=scope
        )

    async def pause(self, *, actor: str, scope: Scope) -> EngineView:
        """Let every worker stop before its next step.

        Raises:
            Refusal: see `engine.run.commands.pause.pause`.
        """
        return await pause.pause(self._context, actor=actor, scope=scope)

    async def unpause(self, *, actor: str, scope: Scope) -> EngineView:
        """Let the workers go on.

        Raises:
            Refusal: see `engine.run.commands.pause.unpause`.
        """
        return await pause.unpause(self._context, actor=actor, scope=scope)

    async def engine(self) -> EngineView:
        """The engine with its workers, as of one moment."""
        return await pause.view(self._context)

    async def receive_callback(self, token: str, body: JsonValue) -> None:
        """Take in what was posted to a callback's address.

        Raises:
            Refusal: see `engine.run.commands.callback.receive_callback`.
        """
        await callback.receive_callback(self._context, token, body)

    async def receive_progress(self, token: str, body: JsonValue) -> None:
        """Take in what was posted about how far a callback is.

        Raises:
            Refusal: see `engine.run.commands.progress.receive_progress`.
        """
        await progress.receive_progress(self._context, token, body)
