"""Random rules that drive the engine and its model alike, and compare them whenever the engine is at rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from domain.ids import ProcessId, SubscriptionId
from engine.errors import ActionBlocked, EnginePaused, Refusal
from engine.run.commands import StartedProcess
from engine.states import EngineStatus, ProcessStatus
from tests.engine.machine.comparison import find_difference, find_wrong_answer
from tests.engine.machine.history import verify_history
from tests.engine.machine.loops import BackgroundLoop
from tests.engine.machine.model import ModelPort, ModelProcess, new_process
from tests.engine.machine.orders import (
    COMMANDS,
    RACING,
    Abort,
    Callback,
    LetTimePass,
    Order,
    Pause,
    Skip,
    natural,
)
from tests.engine.machine.plans import BEGINNINGS, CHANGES, Deed, WorkflowPlan
from tests.engine.machine.plant import WORKERS, Plant
from tests.engine.machine.races import End, possible_ends
from tests.engine.machine.views import PortView, ProcessView, look_at_ports

_FOLLOWING: st.SearchStrategy[Sequence[Order]] = st.sampled_from(
    [(), (), (), (Abort(),), (Pause(),), (Abort(), Abort()), (Abort(), Pause())]
)
_FEW = 3
_COPIES = st.integers(1, 3)
_WITHOUT_TRAIL = (Deed.CHANGE, Deed.CONSTRUCT)


@dataclass(slots=True)
class Tracked:
    """A process, in the model and as it was seen last."""

    id: ProcessId
    model: ModelProcess
    view: ProcessView | None = None


class EngineMachine(RuleBasedStateMachine):
    """The rules. Each begins and ends with an engine at rest.

    Which rules there are must not depend on how a race ended: hypothesis plays stories again.
    """

    def __init__(self, plant: Plant, loop: BackgroundLoop) -> None:
        super().__init__()
        self._plant = plant
        self._loop = loop
        self._tracked: list[Tracked] = []
        self._ports: dict[SubscriptionId, ModelPort] = {}
        self._is_whole = True

    @initialize(plan=BEGINNINGS, copies=_COPIES, orders=_FOLLOWING)
    def begin(self, plan: WorkflowPlan, copies: int, orders: Sequence[Order]) -> None:
        """Start the first process."""
        self._start(plan, copies=copies, orders=orders)

    @rule(plan=BEGINNINGS, copies=_COPIES, orders=_FOLLOWING)
    def start(self, plan: WorkflowPlan, copies: int, orders: Sequence[Order]) -> None:
        """Start a process, perhaps several times at once, and perhaps do something before it is at rest."""
        self._start(plan, copies=copies, orders=orders)

    @rule(plan=CHANGES, copies=_COPIES, which=st.integers(0, 2), aborts=st.integers(0, 2))
    def modify(self, plan: WorkflowPlan, copies: int, which: int, aborts: int) -> None:
        """Start a process about a subscription that is in service, if there is one."""
        ports = [port_id for port_id, port in self._ports.items() if port.status == "ACTIVE"]
        if ports:
            port_id = ports[which % len(ports)]
            self._start(plan, copies=copies, orders=[Abort()] * aborts, port_id=port_id)

    @rule(which=st.integers(0, 3), early=st.booleans())
    def go_on(self, which: int, early: bool) -> None:
        """Do what a process waits for, or will."""
        tracked = self._choose(which)
        order = natural(tracked.model, early=early)
        if order is not None:
            self._give(tracked, (order,))

    @rule(which=st.integers(0, 3), gives=st.booleans())
    def skip(self, which: int, gives: bool) -> None:
        """Leave out the step at which a process stands, if that can be."""
        self._give(self._choose(which), (Skip(gives),))

    @rule(which=st.integers(0, 3), order=COMMANDS)
    def command(self, which: int, order: Order) -> None:
        """Give one command, sensible or not."""
        self._give(self._choose(which), (order,))

    @rule(which=st.integers(0, 3), orders=st.lists(RACING, min_size=1, max_size=2))
    def race(self, which: int, orders: list[Order]) -> None:
        """Give several commands at once, one of which lets the process go on."""
        tracked = self._choose(which)
        order = natural(tracked.model)
        first = () if order is None or tracked.model.status is ProcessStatus.WAITING else (order,)
        self._give(tracked, (*first, *orders))

    @rule(which=st.integers(0, 3), copies=st.integers(2, 3), early=st.booleans())
    def repeat(self, which: int, copies: int, early: bool) -> None:
        """Do what a process waits for, or will, several times at once, and once more."""
        tracked = self._choose(which)
        order = natural(tracked.model, early=early)
        if order is not None and not isinstance(order, LetTimePass):
            self._give(tracked, (order,) * copies)
            self._give(tracked, (order,))

    @precondition(lambda self: not self._plant.is_paused)
    @rule(which=st.integers(0, 3))
    def go_on_in_a_pause(self, which: int) -> None:
        """Do what a process waits for while the engine is paused."""
        self.pause(waiting=False)
        self.go_on(which=which, early=True)
        self.unpause()

    @precondition(lambda self: not self._plant.is_paused)
    @rule(waiting=st.booleans())
    def pause(self, waiting: bool) -> None:
        """Pause the engine, and perhaps wait until it says that it is paused."""
        _tell("pause")
        self._loop.call(self._plant.pause())
        self._settle(checks_engine=waiting)

    @precondition(lambda self: self._plant.is_paused)
    @rule()
    def unpause(self) -> None:
        """Let the engine go on."""
        _tell("unpause")
        self._loop.call(self._plant.unpause())
        self._advance()
        self._settle()

    @precondition(lambda self: self._plant.hired)
    @rule(number=st.integers(0, WORKERS - 1))
    def dismiss(self, number: int) -> None:
        """Stop a worker, also in the middle of steps."""
        if number not in self._plant.hired:
            return
        _tell(f"dismiss worker {number}")
        owner = self._loop.call(self._plant.dismiss(number))
        for tracked in self._tracked:
            if tracked.model.held and tracked.view is not None and tracked.view.owner == owner:
                tracked.model.hand_back()
        self._advance()
        self._settle()

    @precondition(lambda self: len(self._plant.hired) < WORKERS)
    @rule()
    def hire(self) -> None:
        """Start a worker."""
        _tell("hire a worker")
        self._hire_one()
        self._advance()
        self._settle()

    def teardown(self) -> None:
        """Let everything come to its end, and look at the whole history."""
        if not self._is_whole:
            self._loop.call(self._plant.reset())
            return
        if self._plant.is_paused:
            self.unpause()
        while len(self._plant.hired) < WORKERS:
            self.hire()
        for number, tracked in enumerate(self._tracked):
            while (order := natural(tracked.model, early=number % 2 == 0)) is not None:
                self._give(tracked, (order,))
        for tracked in self._tracked:
            assert tracked.model.ended
            assert tracked.view is not None
            self._loop.call(verify_history(self._plant, tracked.view, tracked.model.plan))

    def _start(
        self,
        plan: WorkflowPlan,
        *,
        copies: int,
        orders: Sequence[Order],
        port_id: SubscriptionId | None = None,
    ) -> None:
        port = None if port_id is None else self._ports[port_id]
        name = f"p{len(self._tracked) + 1}"
        _tell(f"start {name} {plan}")
        self._is_whole = False
        started = self._loop.call(
            self._plant.start(
                self._plant.registry.add(plan),
                plan=plan,
                key=f"key {self._plant.next_number()}",
                copies=copies,
                port=port_id,
            )
        )
        expected = self._refusal(port)
        if expected is not None:
            assert [type(each) for each in started] == [expected] * copies
            self._settle()
            return
        tracked = Tracked(_only(started), new_process(name, plan, port=port))
        self._tracked.append(tracked)
        self._give(tracked, orders, began=True)

    def _give(self, tracked: Tracked, orders: Sequence[Order], *, began: bool = False) -> None:
        """Give orders all at once, and find what became of them among what may."""
        model = tracked.model
        stood_at = model.key
        orders = [self._resolved(tracked, order) for order in orders]
        _tell(f"{model.name} {model.status} at {stood_at}: {orders}")
        ends_before = self._plant.is_paused
        self._is_whole = False
        answers = self._loop.call(self._plant.obey(tracked.id, orders, stood_at=stood_at))
        views = self._look()
        ends = possible_ends(
            model, orders, paused=ends_before, working=bool(self._plant.hired), stood_at=stood_at
        )
        strict = len(orders) == 1 and not began
        self._adopt(tracked, views[tracked.id], ends, answers=answers, strict=strict)
        self._compare(views)

    def _adopt(
        self,
        tracked: Tracked,
        view: ProcessView,
        ends: Sequence[End],
        *,
        answers: Sequence[Refusal | None],
        strict: bool,
    ) -> None:
        """Take over the end that took place."""
        complaints: list[str] = []
        for end in ends:
            wrong = find_wrong_answer(end.answers, answers, strict=strict)
            wrong = wrong or self._find_difference(end.process, view)
            if wrong is None:
                tracked.model = end.process
                self._keep_port(tracked.model, view)
                return
            complaints.append(wrong)
        closest = sorted(set(complaints), key=len)[:_FEW]
        raise AssertionError("\n".join(["what happened is nothing that may happen:", *closest, f"{view}"]))

    def _advance(self) -> None:
        """Let the model's processes go on as far as they can by themselves."""
        for tracked in self._tracked:
            (end,) = possible_ends(
                tracked.model, (), paused=self._plant.is_paused, working=bool(self._plant.hired)
            )
            tracked.model = end.process

    def _settle(self, *, checks_engine: bool = True) -> None:
        self._is_whole = False
        self._compare(self._look(), checks_engine=checks_engine)

    def _look(self) -> dict[ProcessId, ProcessView]:
        return self._loop.call(self._plant.rest([tracked.id for tracked in self._tracked]))

    def _compare(self, views: dict[ProcessId, ProcessView], *, checks_engine: bool = True) -> None:
        """Fail unless everything is as the model says."""
        for tracked in self._tracked:
            tracked.view = views[tracked.id]
            self._keep_port(tracked.model, tracked.view)
            difference = self._find_difference(tracked.model, tracked.view)
            assert difference is None, f"{difference}\n{tracked.view}"
        found = self._loop.call(look_at_ports(self._plant.database, list(self._ports)))
        expected = {port_id: (port.status, port.speed, port.in_sync) for port_id, port in self._ports.items()}
        assert {port_id: _scalars(view) for port_id, view in found.items()} == expected
        if checks_engine:
            self._loop.call(self._plant.until_engine_is(self._engine_status()))
        self._is_whole = True

    def _find_difference(self, model: ModelProcess, view: ProcessView) -> str | None:
        port = None if view.port_id is None else self._ports.get(view.port_id)
        return find_difference(model, view, port_name=model.name if port is None else port.name)

    def _keep_port(self, model: ModelProcess, view: ProcessView) -> None:
        """What a process makes of its subscription holds, as long as it holds that."""
        if model.port is None:
            return
        assert view.port_id is not None
        self._ports[view.port_id] = model.port
        if model.port.in_sync:
            model.port = None

    def _resolved(self, tracked: Tracked, order: Order) -> Order:
        """The order, about what is there at this moment."""
        match order:
            case Callback(token=token):
                given = {
                    key: len(tokens)
                    for key, _ in tracked.model.plan.keyed
                    if (tokens := self._plant.script.tokens.get((tracked.id, key)))
                }
                if not given:
                    return replace(order, token=None)
                key = list(given)[-1]
                return replace(order, step=key, token=range(given[key])[token or 0])
            case Skip(gives=True) if tracked.model.step_plan.deed in _WITHOUT_TRAIL:
                return Skip()
            case _:
                return order

    def _choose(self, which: int) -> Tracked:
        """One of the processes that have not ended, or any if all have."""
        living = [tracked for tracked in self._tracked if not tracked.model.ended]
        chosen = living or self._tracked
        return chosen[which % len(chosen)]

    def _refusal(self, port: ModelPort | None) -> type[Refusal] | None:
        """Why a start is refused, if it is."""
        if port is not None and not port.in_sync:
            return ActionBlocked
        return EnginePaused if self._plant.is_paused else None

    def _engine_status(self) -> EngineStatus:
        if not self._plant.is_paused:
            return EngineStatus.RUNNING
        busy = any(tracked.model.held for tracked in self._tracked)
        return EngineStatus.PAUSING if busy else EngineStatus.PAUSED

    def _hire_one(self) -> None:
        number = next(number for number in range(WORKERS) if number not in self._plant.hired)
        self._loop.call(self._plant.hire(number))


def _tell(what: str) -> None:
    """Say what happens, for a story that ends badly."""
    if currently_in_test_context():
        note(what)


def _only(started: Sequence[StartedProcess | Refusal]) -> ProcessId:
    """The process that all of the starts led to, one of which created it."""
    found = [each for each in started if isinstance(each, StartedProcess)]
    assert len(found) == len(started), f"expected all starts to be accepted, found {started}"
    assert [each.created for each in found].count(True) == 1
    (process_id,) = {each.process_id for each in found}
    return process_id


def _scalars(view: PortView) -> tuple[str, int, bool]:
    return view.status, view.speed, view.in_sync
