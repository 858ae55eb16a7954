"""Plays on the page about workflows: what somebody does, and what the engine really records of it."""

import json
import re
from dataclasses import dataclass, field
from types import ModuleType
from uuid import UUID

import httpx
from starlette.applications import Starlette

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import FormPageNeeded, Refusal
from engine.registry import Registry
from engine.states import ProcessStatus, StepStatus
from engine.store.records import ProcessRecord, StepRecord
from engine.workflows import Workflow
from graph.plain.callbacks import callback_routes
from orchestrion import Application
from tests.engine.run.house import IMPATIENT, House

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SOME_ID = "…"
AT_REST = frozenset(
    {
        ProcessStatus.SUSPENDED,
        ProcessStatus.AWAITING_CALLBACK,
        ProcessStatus.FAILED,
        ProcessStatus.COMPLETED,
        ProcessStatus.ABORTED,
    }
)

_COMMAND = re.compile(r"(?P<actor>\w+)> (?P<verb>\w+) ?(?P<rest>.*)")
_START = re.compile(r"(?P<workflow>\w+)(?: on (?P<subject>\w+))? ?(?P<given>.*)")
_STEP_WIDTH, _STATUS_WIDTH = 18, 9


@dataclass(slots=True)
class Player:
    """Plays the page's plays on one database, one after the other.

    Attributes:
        page: Where the page's code has been executed so far: the application is what it has by then.
        known: The last id that stood under each name of a process's state.
        process_id: The process that the play is about.
        shown: Its steps as they were told last.
        told_version: Its version by then.
    """

    database: Database
    page: ModuleType
    known: dict[str, str] = field(default_factory=dict[str, str])
    process_id: ProcessId | None = None
    shown: dict[str, StepRecord] = field(default_factory=dict[str, StepRecord])
    told_version: int = 0

    async def play(self, text: str) -> str:
        """The play as it really goes, in the form of the page."""
        house = self._new_house()
        lines: list[str] = []
        async with house.working(IMPATIENT):
            for line in text.splitlines():
                command = _COMMAND.fullmatch(line)
                if command is not None:
                    actor, verb, rest = command.groups()
                    lines += [line, *await self._carry_out(house, verb, rest, actor=actor)]
        return "\n".join([*lines, ""])

    def _new_house(self) -> House:
        """The application as the page has it so far; of two workflows of one name, the later."""
        found = {each.name: each for each in vars(self.page).values() if isinstance(each, Workflow)}
        registry = Registry(found.values(), self.page.SERVICES)
        application = Application(catalog=self.page.CATALOG, registry=registry)
        return House(self.database, registry=application.registry, catalog=application.catalog)

    async def _carry_out(self, house: House, verb: str, rest: str, *, actor: str) -> list[str]:
        try:
            answer = await self._command(house, verb, rest, actor=actor)
        except FormPageNeeded as needed:
            schema = needed.page.schema
            assert isinstance(schema, dict)
            fields = schema["properties"]
            assert isinstance(fields, dict)
            return [f"page {needed.page.page_index}: {needed.page.title} ({', '.join(fields)})"]
        except Refusal as refusal:
            return [_public(f"{type(refusal).__name__}: {refusal}")]
        assert self.process_id is not None
        process = await self._until_at_rest(house, self.process_id)
        assert isinstance(process.state, dict)
        self.known |= {
            name: value
            for name, value in process.state.items()
            if isinstance(value, str) and ID.fullmatch(value)
        }
        return [*answer, *await self._told(house, process)]

    async def _command(self, house: House, verb: str, rest: str, *, actor: str) -> list[str]:
        if verb == "start":
            await self._start(house, rest, actor=actor)
            return []
        process_id, commands, scope = self.process_id, house.commands, Scope.all()
        assert process_id is not None, "a play begins with a start"
        match verb:
            case "resume":
                pages = self._filled_in(json.loads(rest))
                assert isinstance(pages, list)
                await commands.resume(process_id, pages=pages, actor=actor, scope=scope)
            case "retry":
                await commands.retry(process_id, actor=actor, scope=scope)
            case "skip":
                step, reason, values = json.loads(f"[{rest}]")
                await commands.skip(process_id, step, reason=reason, values=values, actor=actor, scope=scope)
            case "abort":
                await commands.abort(process_id, reason=json.loads(rest), actor=actor, scope=scope)
            case "post":
                return [await self._post(house, self.page.SUPPLIER.callback_url, rest)]
            case "report":
                return [await self._post(house, f"{self.page.SUPPLIER.callback_url}/progress", rest)]
            case _:
                raise AssertionError(f"found {verb!r}, expected what is done in a play")
        return []

    async def _start(self, house: House, rest: str, *, actor: str) -> None:
        told = _START.fullmatch(rest)
        assert told is not None, rest
        subject = told["subject"]
        given = self._filled_in(json.loads(told["given"] or "{}"))
        started = await house.commands.start(
            told["workflow"],
            values=None if isinstance(given, list) else given,
            pages=given if isinstance(given, list) else None,
            subscription_id=None if subject is None else SubscriptionId(UUID(self.known[subject])),
            actor=actor,
            scope=Scope.all(),
        )
        self.process_id, self.shown, self.told_version = started.process_id, {}, 0

    async def _post(self, house: House, url: str, body: str) -> str:
        """Post to the server, and tell its answer."""
        routes = callback_routes(house.commands, max_body_bytes=10_000, body_timeout_s=10)
        transport = httpx.ASGITransport(app=Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.post(url, content=body, headers={"Content-Type": "application/json"})
        return f"{answer.status_code} {_said(answer.json())}"

    async def _until_at_rest(self, house: House, process_id: ProcessId) -> ProcessRecord:
        """The process when it goes on no more by itself; a callback is waited for if it is due soon."""
        process = await house.until(process_id, *AT_REST)
        if process.status is ProcessStatus.AWAITING_CALLBACK:
            assert process.current_step is not None
            step = house.registry.workflow(process.workflow).step(process.current_step)
            if step.timeout_s is not None and step.timeout_s < 1:
                return await house.until(process_id, *AT_REST - {ProcessStatus.AWAITING_CALLBACK})
        return process

    async def _told(self, house: House, process: ProcessRecord) -> list[str]:
        """The steps that have changed since they were told last, and where the process stands."""
        if self.told_version == process.version:
            return []
        self.told_version = process.version
        steps = await house.steps(process.id)
        changed = [step for key, step in steps.items() if self.shown.get(key) != step]
        self.shown = steps
        attempts = await house.processes.attempts_of([(process.id, step.key) for step in changed])
        lines = [_step_line(step, attempts[process.id, step.key][-1].error) for step in changed]
        remark = {
            ProcessStatus.FAILED: f" {process.failure_kind}: {process.failure_reason}",
            ProcessStatus.SUSPENDED: f" for {process.assignee}",
        }.get(process.status, "")
        return [*lines, _public(f"{'process':<{_STEP_WIDTH}} {process.status}{remark}")]

    def _filled_in(self, value: JsonValue, name: str = "") -> JsonValue:
        """The value, with the id that was last known under its name for each that the page has shortened."""
        match value:
            case dict():
                return {key: self._filled_in(item, key) for key, item in value.items()}
            case list():
                return [self._filled_in(item, name) for item in value]
            case _:
                return self.known[name] if value == SOME_ID else value


def _step_line(step: StepRecord, error: str | None) -> str:
    parts = [f"{step.key:<{_STEP_WIDTH}} {step.status:<{_STATUS_WIDTH}}"]
    if step.attempts > 1:
        parts.append(f"attempt {step.attempts}")
    if step.status is StepStatus.SKIPPED:
        parts.append(f"{step.skipped_by}: {step.skip_reason}" if step.skipped_by else str(error))
    if step.delta:
        parts.append(json.dumps(step.delta, ensure_ascii=False))
    return _public(" ".join(parts).rstrip())


def _said(answer: dict[str, JsonValue]) -> str:
    """What a post to a callback's address was answered, in short."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return str(answer["status"])
    problems = error.get("errors", [])
    assert isinstance(problems, list)
    return " ".join([str(error["code"]), *map(_problem, problems)])


def _problem(problem: JsonValue) -> str:
    assert isinstance(problem, dict)
    path = problem["path"]
    assert isinstance(path, list)
    return f"{'.'.join(map(str, path))}: {problem['message']}"


def _public(text: str) -> str:
    return ID.sub(SOME_ID, text)
