"""What the workers ask of the database for one five-step process, read from the server's log."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.backlog import Backlog, worker

LONE = 10

_LOGGED = "log_statement=all&log_parameter_max_length=0"
# Before it a worker looks whether the database is prepared.
_REGISTRATION = "INSERT INTO worker"

_ENTRY = re.compile(
    r"^[^\n]*? LOG:  (?:statement|execute [^:\n]*): (?P<text>[^\n]*(?:\n\t[^\n]*)*)", re.MULTILINE
)
# What the drivers ask once of each connection, about types and settings.
_SET_UP = re.compile(r"pg_catalog\.|typeinfo_tree|set_config\('jit'|^show ", re.IGNORECASE)

_KINDS: Mapping[str, re.Pattern[str]] = {
    "checkpoints": re.compile(r"checkpoint_no = p\.checkpoint_no \+ 1"),
    "claims": re.compile(r"epoch = p\.epoch \+ 1"),
    "queue": re.compile(r"pgqueuer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Statements by what they are for, in all.

    Attributes:
        other: What a worker asks from time to time, however much it has to do: heartbeats, reconciling.
    """

    processes: int
    checkpoints: int
    claims: int
    queue: int
    other: int

    @property
    def per_process(self) -> float:
        """Statements for one process, of all kinds."""
        return (self.checkpoints + self.claims + self.queue + self.other) / self.processes


async def count_statements(
    backlog: Backlog, dsn: str, log: Path, *, processes: int, lease_s: float
) -> tuple[Asked, Asked]:
    """What one worker asks for each process of a backlog, and for each of some that come one by one."""
    await backlog.start_many(processes)
    begin = _size(log)
    async with worker(f"{dsn}&{_LOGGED}", lease_s=lease_s):
        await backlog.carried_out()
        middle = _size(log)
        for _ in range(LONE):
            await backlog.start()
            await backlog.carried_out()
        end = _size(log)
    _, registration, of_backlog = _part(log, begin, middle).partition(_REGISTRATION)
    return (
        _asked(registration + of_backlog, processes=processes),
        _asked(_part(log, middle, end), processes=LONE),
    )


def _size(log: Path) -> int:
    return log.stat().st_size


def _part(log: Path, begin: int, end: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        return file.read(end - begin).decode(errors="replace")


def _asked(text: str, *, processes: int) -> Asked:
    kinds = Counter(
        next((kind for kind, mark in _KINDS.items() if mark.search(entry["text"])), "other")
        for entry in _ENTRY.finditer(text)
        if not _SET_UP.search(entry["text"])
    )
    return Asked(
        processes=processes,
        checkpoints=kinds["checkpoints"],
        claims=kinds["claims"],
        queue=kinds["queue"],
        other=kinds["other"],
    )
