"""What several orders at once may lead to: every way in which they and the engine may take turns."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Conflict
from tests.engine.machine.model import ModelProcess
from tests.engine.machine.orders import Answer, Order, Pause, Resume, Skip, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One way it may end: what each order was answered, and where the process came to rest."""

    process: ModelProcess
    paused: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    process: ModelProcess
    paused: bool
    answers: tuple[tuple[int, Answer], ...] = ()
    changed: bool


def possible_ends(
    process: ModelProcess,
    orders: Sequence[Order],
    *,
    paused: bool,
    working: bool,
    stood_at: str | None = None,
) -> list[End]:
    """All of them; without orders, where the process comes to rest by itself."""
    place = stood_at or process.key
    begun = _Branch(process=process, paused=paused, changed=False)
    open_branches, seen, ends = [begun], {repr(begun)}, list[End]()
    while open_branches:
        branch = open_branches.pop()
        following = _following(branch, orders, place=place, working=working)
        if not following:
            answers = tuple(answer for _, answer in sorted(branch.answers, key=lambda item: item[0]))
            ends.append(End(process=branch.process, paused=branch.paused, answers=answers))
        for each in following:
            if repr(each) not in seen:
                seen.add(repr(each))
                open_branches.append(each)
    return ends


def _following(branch: _Branch, orders: Sequence[Order], *, place: str, working: bool) -> list[_Branch]:
    moved = [
        _Branch(process=process, paused=branch.paused, answers=branch.answers, changed=True)
        for process in branch.process.advance(paused=branch.paused, working=working)
    ]
    given = dict(branch.answers)
    for number, order in enumerate(orders):
        if number not in given:
            moved += _obeyed(branch, number, order, place=place)
    return moved


def _obeyed(branch: _Branch, number: int, order: Order, *, place: str) -> list[_Branch]:
    process = branch.process.clone()
    answer = carry_out(order, process, stood_at=place)
    obeyed = _Branch(
        process=process,
        paused=branch.paused or isinstance(order, Pause),
        answers=(*branch.answers, (number, answer)),
        changed=branch.changed or answer is None,
    )
    if answer is None and branch.changed and isinstance(order, Resume | Skip):
        # They name the version they were decided on.
        outdated = _Branch(
            process=branch.process,
            paused=branch.paused,
            answers=(*branch.answers, (number, Conflict)),
            changed=True,
        )
        return [obeyed, outdated]
    return [obeyed]
